"""The log of a state, read as fast as this language can: whole record batches, no object per record.

One rule: what is handed out is what a reader of committed records would see, in order, and the position after it. The library's
consumer says the same, but makes an object with eleven fields of every record, which costs more than all the rest.

The end is asked for by `ListOffsets`, not taken from a fetch: a new leader answers the former only once it knows how far the
log really goes.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any

from aiokafka.errors import KafkaError, OffsetOutOfRangeError, for_code
from aiokafka.protocol.fetch import FetchRequest
from aiokafka.protocol.offset import OffsetRequest

from hub.engine.client import TopicPartition, new_client
from hub.engine.committed import READ_COMMITTED, batches, committed
from hub.engine.settings import EngineSettings
from hub.engine.store import DUE_HEADER
from hub.engine.topic_id import TopicIdRequest

_READ_UNCOMMITTED = 0  # of ListOffsets: where the log really ends
_EARLIEST, _LATEST = -2, -1
_RETRY_PAUSE_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class Part:
    """The last values of the keys of one piece of the log, which ends before *end*."""

    values: dict[bytes, bytes | None]
    due_ms: dict[bytes, int]
    #: Offset of its first record, if it has any.
    first: int | None
    end: int


@dataclass(frozen=True, slots=True)
class Bounds:
    begin: int
    end: int


class StateLog:
    """The log *at*. Whoever reads it has fenced its writer, so nothing of it is open."""

    def __init__(self, bootstrap: str, at: TopicPartition, settings: EngineSettings) -> None:
        self._at = at
        self._settings = settings
        self._client = new_client(
            bootstrap_servers=bootstrap, request_timeout_ms=settings.request_timeout_ms, client_id="hub-restore"
        )
        self._moved_at = time.monotonic()

    async def start(self) -> None:
        await self._client.bootstrap()
        await self._client.set_topics([self._at.topic])
        self._moved_at = time.monotonic()

    async def stop(self) -> None:
        await self._client.close()

    async def name(self) -> str:
        """What no other log is called, ever: a topic made anew under the same name has another id."""
        answer = await self._client.send(self._client.get_random_node(), TopicIdRequest(self._at.topic))
        return f"{answer.topic_id()}-{self._at.partition}"

    async def bounds(self) -> Bounds:
        """From where to where the log goes."""
        return Bounds(await self._offset(_EARLIEST), await self._offset(_LATEST))

    async def read(self, begin: int, end: int) -> AsyncIterator[Part]:
        """What is committed from *begin* on, in order, up to *end* at least. Raises `OffsetOutOfRangeError`."""
        fetching = asyncio.ensure_future(self._fetch(begin))
        try:
            while begin < end:
                records, aborted = await fetching
                found = batches(records)
                if not found:
                    self._check_moving()
                    fetching = asyncio.ensure_future(self._fetch(begin))
                    continue
                self._moved_at = time.monotonic()
                after = found[-1].next_offset
                if after < end:  # asked for before this is worked through, so that the broker works meanwhile
                    fetching = asyncio.ensure_future(self._fetch(after))
                    await asyncio.sleep(0)
                yield _part(found, aborted, begin)
                begin = after
        finally:
            fetching.cancel()

    async def _fetch(self, begin: int) -> tuple[bytes, list[tuple[int, int]]]:
        size = self._settings.restore_fetch_bytes
        asked = (self._at.partition, begin, size)
        wait = self._settings.fetch_wait_ms

        def request() -> Any:
            return FetchRequest(wait, 1, size, READ_COMMITTED, [(self._at.topic, [asked])])

        part = await self._ask(request, error_at=1)
        return part[-1] or b"", list(part[5] or ())

    async def _offset(self, which: int) -> int:
        def request() -> Any:
            return OffsetRequest(-1, _READ_UNCOMMITTED, [(self._at.topic, [(self._at.partition, which)])])

        return int((await self._ask(request, error_at=1))[3])

    async def _ask(self, request: Callable[[], Any], error_at: int) -> Any:
        """Ask the leader until it answers; what one partition said."""
        while True:
            try:
                node = self._client.cluster.leader_for_partition(self._at)
                if node is not None and node >= 0:
                    answer = await self._client.send(node, request())
                    ((_, (part,)),) = answer.topics
                    error = for_code(part[error_at])
                    if error is OffsetOutOfRangeError or (part[error_at] and not error.retriable):
                        raise error
                    if not part[error_at]:
                        return part
            except KafkaError as error:
                if not error.retriable:
                    raise
            self._check_moving()
            await asyncio.sleep(_RETRY_PAUSE_SECONDS)
            await self._client.force_metadata_update()

    def _check_moving(self) -> None:
        if time.monotonic() - self._moved_at > self._settings.open_step_timeout_ms / 1000:
            raise TimeoutError(f"{self._at.topic}-{self._at.partition} gave nothing more")


def _part(found: list[Any], aborted: list[tuple[int, int]], begin: int) -> Part:
    values: dict[bytes, bytes | None] = {}
    due_ms: dict[bytes, int] = {}
    first: int | None = None
    for batch in committed(found, aborted):
        for record in batch:
            key = record.key
            if key is None or record.offset < begin:
                continue
            if first is None:
                first = record.offset
            values[key] = record.value
            headers = record.headers
            if headers and (due := _due(headers)) is not None:
                due_ms[key] = due
            elif key in due_ms:
                del due_ms[key]
    return Part(values, due_ms, first, found[-1].next_offset)


def _due(headers: list[tuple[str, bytes]]) -> int | None:
    for name, text in headers:
        if name == DUE_HEADER:
            return int(text)
    return None
