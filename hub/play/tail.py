"""What a running hub says, read from its topics while scenarios or the sample day play.

The one rule: only what a party or an operator could read is read; nothing is asked of the hub's processes.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import Mapping
from typing import Final

from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import GroupCoordinatorNotAvailableError

from hub.engine.record import Record, headers_of
from hub.ops.readers import AGENTS, hub_readers
from hub.ops.scan import consumer, partitions_of
from hub.topics import Topics
from hub.wire import envelope

#: How often committed offsets are asked for.
_PAUSE_SECONDS: Final = 0.02

Places = Mapping[TopicPartition, int]


class Behind(Exception):
    """The hub has not dealt with what it was sent in time."""


class Tail:
    """Records of realms, by realm, from the moment of `open` on; and how far the hub's readers are.

    *real*: keep what happens in real life too, the realm without a name.
    """

    def __init__(self, bootstrap: str, topics: Topics, *, timeout_seconds: float, real: bool = False) -> None:
        self._bootstrap = bootstrap
        self._topics = topics
        self._timeout = timeout_seconds
        self._real = real
        self._reader = consumer(bootstrap)
        self._admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
        self._last: dict[TopicPartition, int] = {}
        self._task: asyncio.Task[None]
        self.told: dict[str, list[Record]] = defaultdict(list)

    async def open(self) -> None:
        """Begin to read at the present ends."""
        topics = self._topics
        watched = [
            *(topic.name for topic in topics.aggregates.values()),
            topics.clock.name,
            topics.receipt.name,
            topics.outgoing.name,
        ]
        watched += [topics.delivery(party).name for party in topics.parties()]
        await self._reader.start()
        await self._admin.start()
        partitions = await partitions_of(self._bootstrap, watched)
        self._reader.assign(partitions)
        await self._reader.seek_to_end(*partitions)
        for partition in partitions:  # the seek is lazy: only asking for the position makes it happen now
            await self._reader.position(partition)
        self._task = asyncio.create_task(self._read())

    async def close(self) -> None:
        """Stop reading."""
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task
        await self._reader.stop()
        await self._admin.close()

    async def decided(self, sent: Places) -> None:
        """Return when the facts at *sent* (ingress partitions → offsets) are translated and decided, and what they caused too."""
        async with self._patience("translate"):
            while not self._reached(await self._committed("hub.translate"), sent):
                await asyncio.sleep(_PAUSE_SECONDS)
        before: dict[TopicPartition, int] | None = None
        async with self._patience("the aggregates"):
            while True:  # an aggregate may address another one, hence until nothing more was written
                target = await self._seen([self._topics.aggregate(name).name for name in AGENTS.values()])
                committed: dict[TopicPartition, int] = {}
                for agent in AGENTS:
                    committed |= await self._committed(f"hub.{agent}")
                if target == before and self._reached(committed, target):
                    return
                before = target
                await asyncio.sleep(_PAUSE_SECONDS)

    async def delivered(self) -> None:
        """Return when everything routed so far stands on its parties' topics and has been read."""
        async with self._patience("deliver"):
            routed = await self._seen(hub_readers(self._topics)["hub.deliver"])
            while not self._reached(await self._committed("hub.deliver"), routed):
                await asyncio.sleep(_PAUSE_SECONDS)
            await self._seen(None)

    async def _read(self) -> None:
        while True:
            for partition, batch in (await self._reader.getmany(timeout_ms=100, max_records=5000)).items():
                for message in batch:
                    headers = headers_of(message.headers)
                    realm = envelope.header(headers, "ce_realm")
                    if realm or self._real:
                        record = Record(
                            partition.topic,
                            partition.partition,
                            message.offset,
                            message.timestamp,
                            message.key,
                            message.value,
                            headers,
                        )
                        self.told[realm].append(record)
                    self._last[partition] = message.offset

    async def _seen(self, names: list[str] | tuple[str, ...] | None) -> dict[TopicPartition, int]:
        """Read up to the ends of *names* (None: of everything) as they are now; the last record's offset of each."""
        partitions = [one for one in self._reader.assignment() if names is None or one.topic in names]
        ends = await self._reader.end_offsets(partitions)
        while any([await self._reader.position(one) < ends[one] for one in partitions]):
            await asyncio.sleep(_PAUSE_SECONDS / 4)
        return {one: self._last[one] for one in partitions if one in self._last}

    async def _committed(self, group: str) -> dict[TopicPartition, int]:
        try:
            offsets = await self._admin.list_consumer_group_offsets(group)
        except GroupCoordinatorNotAvailableError:  # a busy broker says so for a moment: whoever waits asks again
            return {}
        return {partition: known.offset for partition, known in offsets.items()}

    @staticmethod
    def _reached(committed: Places, target: Places) -> bool:
        return all(committed.get(partition, -1) > offset for partition, offset in target.items())

    @contextlib.asynccontextmanager
    async def _patience(self, whom: str):  # type: ignore[no-untyped-def]
        if self._task.done():
            self._task.result()
        try:
            async with asyncio.timeout(self._timeout):
                yield
        except TimeoutError:
            raise Behind(
                f"{whom} did not get on within {self._timeout:.0f} s: is the hub healthy? see `hub lag`"
            ) from None
