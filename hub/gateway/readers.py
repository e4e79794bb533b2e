"""Reading a party's deliveries from where it stands, as often as it asks.

The one rule: what lies between two cursors never changes. Only committed records are read, in the order of the log, and
a reader that is asked again from the same place reads the same.

What a party has acknowledged is the committed offset of the group ``<party>.pull``: any gateway answers for it, and it
shows up as lag like every other reader's. Kafka forgets it when a party was away for ``offsets.retention.minutes``;
then reading begins at the oldest delivery kept, which is late but loses nothing.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import Counter, OrderedDict
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any, Final

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError, OffsetOutOfRangeError
from aiokafka.structs import ConsumerRecord

from hub.gateway.problem import Problem
from hub.log import get_logger
from hub.topics import Topics

log = get_logger(__name__)

Found = ConsumerRecord[Any, Any]

#: Records looked at for one answer, matching or not: a fixed number, so that the same cursor gives the same answer.
_MOST_LOOKED_AT: Final = 20_000
_FETCH_MS: Final = 200
_STUCK_SECONDS: Final = 5.0


class Reader:
    """One party's consumer of its delivery topic. One read at a time."""

    def __init__(self, bootstrap: str, party: str, topic: str, partitions: int) -> None:
        self.lock = asyncio.Lock()
        self.places = [TopicPartition(topic, number) for number in range(partitions)]
        self._consumer: Any = AIOKafkaConsumer(
            bootstrap_servers=bootstrap,
            group_id=f"{party.lower()}.pull",
            enable_auto_commit=False,
            isolation_level="read_committed",
            auto_offset_reset="none",
            fetch_max_wait_ms=_FETCH_MS,
            max_partition_fetch_bytes=4 * 1024 * 1024,
        )

    async def open(self) -> None:
        """Connect; nothing is fetched until asked."""
        await self._consumer.start()
        self._consumer.assign(self.places)
        self._consumer.pause(*self.places)

    async def close(self) -> None:
        """Disconnect."""
        with contextlib.suppress(Exception):
            async with asyncio.timeout(3.0):
                await self._consumer.stop()

    async def ends(self) -> dict[int, int]:
        """Behind the last committed record of each partition."""
        return {place.partition: end for place, end in (await self._consumer.end_offsets(self.places)).items()}

    async def oldest(self) -> dict[int, int]:
        """The oldest record kept of each partition."""
        kept = await self._consumer.beginning_offsets(self.places)
        return {place.partition: kept[place] for place in self.places}

    async def acknowledged(self) -> dict[int, int]:
        """Where the party stands: what it acknowledged, else the oldest kept. Raise HUB-1402 if what came next is gone."""
        stands = await self.oldest()
        for place in self.places:
            known = await self._consumer.committed(place)
            if known is None:
                continue
            if known < stands[place.partition]:
                raise Problem("HUB-1402")
            stands[place.partition] = known
        return stands

    async def acknowledge(self, offsets: Mapping[int, int]) -> dict[int, int]:
        """Move the party forward to *offsets*, never back; where it stands then."""
        wanted = {}
        stands = {}
        for place in self.places:
            known = await self._consumer.committed(place)
            offset = offsets.get(place.partition, 0)
            stands[place.partition] = max(offset, known or 0)
            if known is None or offset > known:
                wanted[place] = offset
        if wanted:
            await self._consumer.commit(wanted)
        return stands

    async def read(
        self, offsets: Mapping[int, int], ends: Mapping[int, int], most: int, wanted: Callable[[Found], bool]
    ) -> tuple[list[Found], dict[int, int]]:
        """Up to *most* wanted records between *offsets* and *ends*, partition after partition, and where reading stopped."""
        found: list[Found] = []
        stopped = dict(offsets)
        looked_at = 0
        for place in self.places:
            number = place.partition
            if stopped[number] >= ends[number]:
                continue
            self._consumer.seek(place, stopped[number])
            self._consumer.resume(place)
            try:
                async for record in self._records(place, ends[number]):
                    if record is None:
                        stopped[number] = ends[number]
                        break
                    looked_at += 1
                    stopped[number] = record.offset + 1
                    if wanted(record):
                        found.append(record)
                    if len(found) >= most or looked_at >= _MOST_LOOKED_AT:
                        return found, stopped
            finally:
                self._consumer.pause(place)
        return found, stopped

    async def _records(self, place: TopicPartition, end: int) -> AsyncIterator[Found | None]:
        """Records up to *end*, then None: the log may end with markers of transactions, which are no records."""
        deadline = time.monotonic() + _STUCK_SECONDS
        while True:
            try:
                batch = (await self._consumer.getmany(place, timeout_ms=_FETCH_MS, max_records=1000)).get(place, ())
            except OffsetOutOfRangeError:
                raise Problem("HUB-1402") from None
            for record in batch:
                if record.offset >= end:
                    yield None
                    return
                yield record
                deadline = time.monotonic() + _STUCK_SECONDS
            if await self._consumer.position(place) >= end:
                yield None
                return
            if time.monotonic() > deadline:
                raise KafkaError(f"{place.topic} does not go on")


class Readers:
    """Open readers by party; the least recently used gives way."""

    def __init__(self, bootstrap: str, topics: Topics, most: int, watch_ms: int) -> None:
        self._bootstrap = bootstrap
        self._topics = topics
        self._most = most
        self._pause = watch_ms / 1000
        self._readers: OrderedDict[str, Reader] = OrderedDict()
        self._opening = asyncio.Lock()
        self._watcher: Any = None
        self._watched: Counter[TopicPartition] = Counter()
        self._round: asyncio.Future[Mapping[TopicPartition, int]] | None = None
        self._watching: asyncio.Task[None] | None = None
        self.stopping = asyncio.Event()

    async def close(self) -> None:
        """Close everything."""
        if self._watching is not None:
            self._watching.cancel()
        for reader in self._readers.values():
            await reader.close()
        if self._watcher is not None:
            with contextlib.suppress(Exception):
                async with asyncio.timeout(3.0):
                    await self._watcher.stop()

    @contextlib.asynccontextmanager
    async def of(self, party: str) -> AsyncIterator[Reader]:
        """The party's reader, for one reading."""
        reader = await self._open(party)
        async with reader.lock:
            yield reader

    async def _open(self, party: str) -> Reader:
        async with self._opening:
            reader = self._readers.get(party)
            if reader is None:
                topic = self._topics.delivery(party)
                reader = Reader(self._bootstrap, party, topic.name, topic.partitions)
                try:
                    await reader.open()
                except BaseException:
                    await reader.close()
                    raise
                self._readers[party] = reader
                for old, idle in list(self._readers.items()):
                    if len(self._readers) <= self._most:
                        break
                    if idle is not reader and not idle.lock.locked():
                        del self._readers[old]
                        await idle.close()
            self._readers.move_to_end(party)
            return reader

    async def wait(self, party: str, offsets: Mapping[int, int], until: float) -> bool:
        """Wait until something is committed behind *offsets*: True. The loop's time is *until*, or the gateway stops: False."""
        topic = self._topics.delivery(party).name
        places = {TopicPartition(topic, number): offset for number, offset in offsets.items()}
        self._watched.update(places.keys())
        try:
            async with asyncio.timeout_at(until):
                while not self.stopping.is_set():
                    ends = await self._next_round()
                    if any(ends.get(place, 0) > offset for place, offset in places.items()):
                        return True
        except TimeoutError:
            pass
        finally:
            self._watched.subtract(places.keys())
            self._watched = +self._watched
        return False

    async def _next_round(self) -> Mapping[TopicPartition, int]:
        if self._round is None:
            self._round = asyncio.get_running_loop().create_future()
        if self._watching is None or self._watching.done():
            self._watching = asyncio.create_task(self._watch())
        return await asyncio.shield(self._round)

    async def _watch(self) -> None:
        """Ask for the ends of everything that is waited for, with one question per round, while anybody waits."""
        while self._watched:
            ends: Mapping[TopicPartition, int] = {}
            try:
                if self._watcher is None:
                    self._watcher = AIOKafkaConsumer(
                        bootstrap_servers=self._bootstrap, isolation_level="read_committed"
                    )
                    await self._watcher.start()
                ends = await self._watcher.end_offsets(list(self._watched))
            except KafkaError as error:
                log.warning("watch.failed", error_type=type(error).__name__)
            if self._round is not None:
                self._round.set_result(ends)
                self._round = None
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._pause):
                    await self.stopping.wait()
