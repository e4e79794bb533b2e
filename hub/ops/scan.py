"""Read logs from somewhere to where they end now, without joining any group.

The one rule: looking changes nothing: no offset is committed, no group is formed.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from typing import Any, Final, TypeVar

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaConnectionError

from hub.engine.record import Headers, Record, headers_of

T = TypeVar("T")

#: How long a broker may be silent before it is asked anew, and how often a scan that stands still starts again.
_PATIENCE_SECONDS: Final = 10.0
_STALLS: Final = 4


def consumer(bootstrap: str, isolation_level: str = "read_committed") -> AIOKafkaConsumer:
    """A consumer outside any group; the caller starts and stops it."""
    return AIOKafkaConsumer(
        bootstrap_servers=bootstrap,
        isolation_level=isolation_level,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        max_partition_fetch_bytes=4 * 1024 * 1024,
    )


def hold(reader: AIOKafkaConsumer, partitions: Iterable[TopicPartition]) -> None:
    """Assign without fetching: offsets of topics that are not assigned would be looked up one by one, with a pause after each."""
    assigned = list(partitions)
    reader.assign(assigned)
    reader.pause(*assigned)


def header_text(headers: Headers, name: str) -> str:
    """The last header of that name, "" if there is none. Whoever looks at foreign records must bear bytes that are no text."""
    return next((value.decode("utf-8", "replace") for key, value in reversed(headers) if key == name), "")


async def partitions_of(bootstrap: str, topics: Iterable[str]) -> list[TopicPartition]:
    """Every partition of those of *topics* that the cluster has."""
    wanted = set(topics)
    described = await patiently(lambda: _describe(bootstrap))
    return sorted(
        TopicPartition(topic["topic"], partition["partition"])
        for topic in described
        if topic["topic"] in wanted
        for partition in topic["partitions"]
    )


async def _describe(bootstrap: str) -> list[Any]:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        return list(await admin.describe_topics())
    finally:
        await admin.close()


async def patiently(ask: Callable[[], Awaitable[T]]) -> T:
    """Ask again what does not answer: a client was seen to wait for ever while processes around it were killed."""
    for last in (False, False, True):
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                return await ask()
        except TimeoutError:
            if last:
                raise KafkaConnectionError(f"no answer within {3 * _PATIENCE_SECONDS:.0f} s") from None
    raise AssertionError("unreachable")


async def records(
    bootstrap: str,
    topics: Iterable[str],
    *,
    since_ms: int | None = None,
    after: Mapping[TopicPartition, int] | None = None,
) -> AsyncIterator[Record]:
    """Every committed record of *topics* up to their present ends, from *after* or from *since_ms* (milliseconds since 1970) on.

    Order holds within a partition only.
    """
    partitions = await partitions_of(bootstrap, topics)
    if not partitions:
        return
    reader, starts, ends = await patiently(lambda: _opened(bootstrap, partitions, since_ms, after or {}))
    stalls = 0
    try:
        left = _begin(reader, starts, ends)
        moved_at = time.monotonic()
        while left:
            for tp, batch in (await reader.getmany(timeout_ms=200, max_records=2000)).items():
                for message in batch:
                    starts[tp] = message.offset + 1
                    if message.offset < ends[tp]:
                        yield Record(
                            tp.topic,
                            tp.partition,
                            message.offset,
                            message.timestamp,
                            message.key,
                            message.value,
                            headers_of(message.headers),
                        )
                moved_at = time.monotonic()
            # A log may end in a transaction marker, which is never handed out: the position tells, not the last record.
            done = {tp for tp in left if await reader.position(tp) >= ends[tp]}
            if done:
                left -= done
                moved_at = time.monotonic()
            elif time.monotonic() - moved_at > _PATIENCE_SECONDS:
                stalls += 1
                if stalls == _STALLS:
                    raise KafkaConnectionError(f"{len(left)} partitions do not move")
                await closed(reader)
                # Where it stood still, a fresh reader goes on from the record it got last.
                reader, _, ends = await patiently(lambda: _opened(bootstrap, partitions, None, starts))
                left = _begin(reader, starts, ends)
                moved_at = time.monotonic()
    finally:
        await closed(reader)


async def _opened(
    bootstrap: str, partitions: list[TopicPartition], since_ms: int | None, after: Mapping[TopicPartition, int]
) -> tuple[AIOKafkaConsumer, dict[TopicPartition, int], dict[TopicPartition, int]]:
    """A reader that holds *partitions*, where each begins for this scan, and where it ends now."""
    reader = consumer(bootstrap)
    await reader.start()
    try:
        hold(reader, partitions)
        ends = await reader.end_offsets(partitions)
        starts = dict(await reader.beginning_offsets(partitions))
        if since_ms is not None:
            found = await reader.offsets_for_times(dict.fromkeys(partitions, since_ms))
            starts = {tp: found[tp].offset if found.get(tp) else ends[tp] for tp in partitions}
        return reader, {tp: max(offset, after.get(tp, 0)) for tp, offset in starts.items()}, ends
    except BaseException:
        await closed(reader)
        raise


def _begin(
    reader: AIOKafkaConsumer, starts: Mapping[TopicPartition, int], ends: Mapping[TopicPartition, int]
) -> set[TopicPartition]:
    """Fetch what lies between *starts* and *ends*; the partitions that have something there."""
    left = {tp for tp in starts if starts[tp] < ends[tp]}
    reader.assign(list(left))
    for tp in left:
        reader.seek(tp, starts[tp])
    return left


async def closed(reader: AIOKafkaConsumer) -> None:
    """Stop *reader*; one that does not stop is left to the end of the process."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(3.0):
            await reader.stop()
