"""Read logs from somewhere to where they end now, without joining any group.

The one rule: looking changes nothing: no offset is committed, no group is formed.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from hub.engine.record import Record


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


async def partitions_of(bootstrap: str, topics: Iterable[str]) -> list[TopicPartition]:
    """Every partition of those of *topics* that the cluster has."""
    wanted = set(topics)
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        described = await admin.describe_topics()
    finally:
        await admin.close()
    return sorted(
        TopicPartition(topic["topic"], partition["partition"])
        for topic in described
        if topic["topic"] in wanted
        for partition in topic["partitions"]
    )


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
    reader = consumer(bootstrap)
    await reader.start()
    try:
        hold(reader, partitions)
        ends = await reader.end_offsets(partitions)
        starts = dict(await reader.beginning_offsets(partitions))
        if since_ms is not None:
            found = await reader.offsets_for_times(dict.fromkeys(partitions, since_ms))
            starts = {tp: found[tp].offset if found.get(tp) else ends[tp] for tp in partitions}
        for tp, offset in (after or {}).items():
            if tp in starts:
                starts[tp] = max(starts[tp], offset)
        left = {tp for tp in partitions if starts[tp] < ends[tp]}
        reader.assign(list(left))
        for tp in left:
            reader.seek(tp, starts[tp])
        while left:
            for tp, batch in (await reader.getmany(timeout_ms=200, max_records=2000)).items():
                for message in batch:
                    if message.offset < ends[tp]:
                        yield Record(
                            tp.topic,
                            tp.partition,
                            message.offset,
                            message.timestamp,
                            message.key,
                            message.value,
                            tuple(message.headers),
                        )
            # A log may end in a transaction marker, which is never handed out: the position tells, not the last record.
            for tp in [tp for tp in left if await reader.position(tp) >= ends[tp]]:
                left.discard(tp)
    finally:
        await reader.stop()
