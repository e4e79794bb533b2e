"""The fetcher: reads the logs of all lanes, through one fetch session with each broker (KIP-227).

A fetch of the library names every partition it reads and the broker answers for every one of them. `translate` reads some 250,
nearly all silent at any moment: such a fetch costs 1.6 ms here and as much in the broker, for each record that comes alone. In a
session the broker remembers what is read; a request names only what has changed, and an answer only what has come.

One rule: what is read of a partition goes to the lane that reads it now, in order and without a gap. A lane begins a partition
where its commits ended; an answer to a question of an earlier reader is dropped.

The library still keeps the group; its own fetches are paused for ever.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

from aiokafka.errors import (
    CorruptRecordException,
    FetchSessionIdNotFound,
    InvalidFetchSessionEpoch,
    KafkaError,
    OffsetOutOfRangeError,
    TopicAuthorizationFailedError,
    for_code,
)
from aiokafka.protocol.api import Request
from aiokafka.protocol.fetch import FetchRequest_v11

from hub.engine.client import TopicPartition, new_client
from hub.engine.committed import READ_COMMITTED, batches, committed, records_of
from hub.engine.record import Record, headers_of
from hub.engine.settings import EngineSettings
from hub.log import get_logger

#: How long the broker may hold a fetch while some lane is full and may want more before the answer comes.
_SHORT_WAIT_MS: Final = 10
#: How long to wait when there is nothing to ask of a broker, or after it failed to answer.
_IDLE_SECONDS: Final = 0.005
_NO_PARTITION_SECONDS: Final = 0.05
_FAILED_SECONDS: Final = 0.1
#: What asking again does not mend. All else passes, as when a leader moves, or the watch over progress ends the process.
_BEYOND_REPAIR: Final = (OffsetOutOfRangeError, TopicAuthorizationFailedError, CorruptRecordException)
_LAST_EPOCH: Final = 2**31 - 1
_MOST_BYTES: Final = 50 * 1024 * 1024

_log = get_logger("hub.engine")


class Taker(Protocol):
    """Where records go: a lane."""

    @property
    def wants(self) -> bool:
        """Whether there is room for more."""

    def feed(self, at: TopicPartition, records: Sequence[Record], end: int) -> None:
        """Take *records* of *at*; *end* is where the reader stands after them."""


@dataclass(slots=True, eq=False)
class _Reading:
    """A partition as one lane reads it."""

    at: TopicPartition
    offset: int
    taker: Taker


_NOBODY: Final = (None, 0)


class _Fetch(Request[FetchRequest_v11]):
    """A fetch within a session: what is new or elsewhere than before, and what is read no more."""

    API_KEY = 1

    def __init__(
        self,
        session: tuple[int, int],
        wait_ms: int,
        partition_bytes: int,
        asked: Mapping[TopicPartition, int],
        forgotten: Collection[TopicPartition],
    ) -> None:
        self._session = session
        self._wait_ms = wait_ms
        self._partition_bytes = partition_bytes
        self._asked = asked
        self._forgotten = forgotten

    def build(self, request_struct_class: type[FetchRequest_v11]) -> FetchRequest_v11:
        asked: dict[str, list[tuple[int, int, int, int, int]]] = {}
        for at, offset in self._asked.items():
            asked.setdefault(at.topic, []).append((at.partition, -1, offset, -1, self._partition_bytes))
        forgotten: dict[str, list[int]] = {}
        for at in self._forgotten:
            forgotten.setdefault(at.topic, []).append(at.partition)
        return request_struct_class(
            -1,
            self._wait_ms,
            1,
            _MOST_BYTES,
            READ_COMMITTED,
            *self._session,
            list(asked.items()),
            list(forgotten.items()),
            "",
        )


class Session:
    """What one broker remembers of our fetches. Not knowing is no harm: then everything is named again."""

    def __init__(self) -> None:
        self._id = 0
        self._epoch = 0  #: 0 begins a session, and ends the one of that id
        self._known: dict[TopicPartition, int] = {}

    def request(self, wanted: Mapping[TopicPartition, int], wait_ms: int, partition_bytes: int) -> _Fetch:
        """The next fetch, so that the broker answers for all of *wanted* and nothing else."""
        if self._epoch == 0:
            self._known.clear()
        known = self._known
        asked = {at: offset for at, offset in wanted.items() if known.get(at) != offset}
        known.update(asked)
        forgotten = [at for at in known if at not in wanted] if len(known) > len(wanted) else []
        for at in forgotten:
            del known[at]
        return _Fetch((self._id, self._epoch), wait_ms, partition_bytes, asked, forgotten)

    def answered(self, answer: Any) -> bool:
        """Whether the broker knew the session. Raise any other error of the whole answer."""
        if answer.error_code:
            error = for_code(answer.error_code)
            self.lost()
            if error is FetchSessionIdNotFound:
                self._id = 0
            elif error is not InvalidFetchSessionEpoch:
                raise error
            return False
        self._id = answer.session_id
        # Without an id the broker has no room for a session, and each fetch has to name everything.
        self._epoch = 0 if not self._id else self._epoch + 1 if self._epoch < _LAST_EPOCH else 1
        return True

    def lost(self) -> None:
        """Begin anew. The broker, which may still have the session, is told to end it."""
        self._epoch = 0


class Fetcher:
    def __init__(self, *, bootstrap: str, client_id: str, topics: Sequence[str], settings: EngineSettings) -> None:
        self._topics = topics
        self._settings = settings
        self._client = new_client(
            bootstrap_servers=bootstrap, client_id=client_id, request_timeout_ms=settings.request_timeout_ms
        )
        self._readings: dict[TopicPartition, _Reading] = {}
        self._by_node: dict[int, list[_Reading]] | None = None  #: None: to be worked out again
        self._failing: set[int] = set()
        self._homeless = False  #: some partition has no leader that is known

    async def start(self) -> None:
        await self._client.bootstrap()
        await self._client.set_topics(list(self._topics))
        self._client.cluster.add_listener(self._moved)

    async def stop(self) -> None:
        await self._client.close()

    def begin(self, starts: Mapping[TopicPartition, int], taker: Taker) -> None:
        """Read on from *starts*, for *taker*."""
        self._readings.update({at: _Reading(at, offset, taker) for at, offset in starts.items()})
        self._by_node = None

    def end(self, partitions: Collection[TopicPartition]) -> None:
        """Read *partitions* no more."""
        for at in partitions:
            self._readings.pop(at, None)
        self._by_node = None

    def position(self, at: TopicPartition) -> int | None:
        """Up to where *at* is read; None if it is not."""
        reading = self._readings.get(at)
        return None if reading is None else reading.offset

    async def run(self) -> None:
        """Read until cancelled. Raise what cannot be mended by asking again, such as an offset the log no longer has."""
        async with asyncio.TaskGroup() as group:
            served: set[int] = set()
            while True:
                for node in self._nodes().keys() - served:
                    served.add(node)
                    group.create_task(self._serve(node))
                if self._homeless:
                    self._client.force_metadata_update()
                    self._by_node = None
                await asyncio.sleep(_NO_PARTITION_SECONDS)

    async def _serve(self, node: int) -> None:
        """Fetch from one broker, one request after the other."""
        session, loop = Session(), asyncio.get_running_loop()
        while True:
            readings = self._nodes().get(node)
            if not readings:
                await asyncio.sleep(_NO_PARTITION_SECONDS)
                continue
            asked = {each.at: (each, each.offset) for each in readings if each.taker.wants}
            if not asked:
                await asyncio.sleep(_IDLE_SECONDS)
                continue
            wait_ms = self._settings.fetch_wait_ms if len(asked) == len(readings) else _SHORT_WAIT_MS
            began = loop.time()
            try:
                wanted = {at: offset for at, (_, offset) in asked.items()}
                request = session.request(wanted, wait_ms, self._settings.max_fetch_bytes)
                answer = await self._client.send(node, request)
                if not session.answered(answer):
                    continue
            except KafkaError as error:
                if not error.retriable:
                    raise
                session.lost()
                await self._failed(error, node)
                continue
            await self._take(asked, answer.topics, node)
            # Records that come one by one would cost a fetch each; within a transaction's time they can as well share one.
            if (early := began + self._settings.fetch_pause_ms / 1000 - loop.time()) > 0:
                await asyncio.sleep(early)

    async def _take(
        self, asked: Mapping[TopicPartition, tuple[_Reading, int]], topics: Sequence[Any], node: int
    ) -> None:
        """Hand on what *topics* of an answer hold."""
        failed: KafkaError | None = None
        for topic, parts in topics:
            for partition, error_code, _, _, _, aborted, _, data in parts:
                at = TopicPartition(topic, partition)
                reading, offset = asked.get(at, _NOBODY)
                if reading is None or self._readings.get(at) is not reading or reading.offset != offset:
                    continue  # read no more, by another lane from a place of its own, or answered by the next leader already
                if error_code:
                    error = for_code(error_code)
                    failed = error(f"{topic}-{partition} at {reading.offset}")
                    if error in _BEYOND_REPAIR:
                        raise failed
                elif data:
                    _feed(reading, data, aborted or ())
        if failed is not None:
            await self._failed(failed, node)
        elif node in self._failing:
            self._failing.discard(node)
            _log.info("fetch.resumed", node=node)

    async def _failed(self, error: KafkaError, node: int) -> None:
        """Ask again a little later, of whoever leads by then. Said once until it is over."""
        if node not in self._failing:
            self._failing.add(node)
            _log.warning("fetch.failed", node=node, error=repr(error))
        self._client.force_metadata_update()
        self._by_node = None
        await asyncio.sleep(_FAILED_SECONDS)

    def _moved(self, _: object) -> None:
        self._by_node = None

    def _nodes(self) -> dict[int, list[_Reading]]:
        """What is read, by the broker that leads it."""
        if self._by_node is None:
            self._by_node, self._homeless = {}, False
            for at, reading in self._readings.items():
                node = self._client.cluster.leader_for_partition(at)
                if node is None or node < 0:
                    self._homeless = True
                else:
                    self._by_node.setdefault(node, []).append(reading)
        return self._by_node


def _feed(reading: _Reading, data: bytes, aborted: Sequence[tuple[int, int]]) -> None:
    """Hand on what is committed in *data*, which may begin before the offset asked for."""
    topic, partition = reading.at
    begin = reading.offset
    found = batches(data)
    if not found:
        return
    records = [
        Record(topic, partition, raw.offset, raw.timestamp, raw.key, raw.value, headers_of(raw.headers))
        for batch in committed(found, aborted)
        for raw in records_of(batch, data)
        if raw.offset >= begin
    ]
    reading.offset = found[-1].next_offset
    if records:
        reading.taker.feed(reading.at, records, reading.offset)
