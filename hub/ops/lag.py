"""How far each reader is behind, in records and in seconds.

The one rule: a lag in seconds is the age of a record that really waits, the one at the committed offset; it is never
interpolated, and where nothing waits there is none.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from hub.ops.scan import consumer, hold, partitions_of, patiently


@dataclass(frozen=True, slots=True)
class Lag:
    """One reader on one partition. *records* counts offsets, transaction markers among them, and is 0 if none waits."""

    group: str
    topic: str
    partition: int
    committed: int | None  #: next offset the group will read; None = it has never committed
    end: int
    records: int
    seconds: float | None  #: age of the oldest waiting record; None if none waits


async def read(bootstrap: str, readers: Mapping[str, Iterable[str]]) -> list[Lag]:
    """The lag of each group of *readers* (group → its topics), partitions in order."""
    return await patiently(lambda: _read(bootstrap, readers))


async def _read(bootstrap: str, readers: Mapping[str, Iterable[str]]) -> list[Lag]:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    reader = consumer(bootstrap)
    await admin.start()
    await reader.start()
    try:
        topics = sorted({topic for names in readers.values() for topic in names})
        partitions = await partitions_of(bootstrap, topics)
        hold(reader, partitions)
        ends = await reader.end_offsets(partitions)
        begins = await reader.beginning_offsets(partitions)
        found: list[Lag] = []
        for group, names in readers.items():
            wanted = set(names)
            offsets = await admin.list_consumer_group_offsets(group)
            for tp in partitions:
                if tp.topic not in wanted:
                    continue
                known = offsets.get(tp)
                committed = known.offset if known is not None and known.offset >= 0 else None
                start = max(begins[tp], committed or 0)
                found.append(Lag(group, tp.topic, tp.partition, committed, ends[tp], max(0, ends[tp] - start), None))
        return await _with_ages(reader, found, begins)
    finally:
        await reader.stop()
        await admin.close()


async def _with_ages(reader, found: list[Lag], begins: Mapping[TopicPartition, int]) -> list[Lag]:  # type: ignore[no-untyped-def]
    """Look at the record that waits first; if only markers wait, nothing does."""
    behind: dict[TopicPartition, set[int]] = {}
    for lag in found:
        if lag.records:
            tp = TopicPartition(lag.topic, lag.partition)
            behind.setdefault(tp, set()).add(max(begins[tp], lag.committed or 0))
    ages: dict[tuple[TopicPartition, int], float | None] = {}
    while behind:  # one start a partition and round: two groups may read one topic
        starts = {tp: offsets.pop() for tp, offsets in behind.items()}
        behind = {tp: offsets for tp, offsets in behind.items() if offsets}
        for tp, age in (await _first_ages(reader, starts)).items():
            ages[tp, starts[tp]] = age
    result = []
    for lag in found:
        tp = TopicPartition(lag.topic, lag.partition)
        age = ages.get((tp, max(begins[tp], lag.committed or 0))) if lag.records else None
        waits = lag.records if age is not None else 0
        result.append(Lag(lag.group, lag.topic, lag.partition, lag.committed, lag.end, waits, age))
    return result


async def _first_ages(reader, starts: Mapping[TopicPartition, int]) -> dict[TopicPartition, float | None]:  # type: ignore[no-untyped-def]
    ends = await reader.end_offsets(list(starts))
    reader.assign(list(starts))
    for tp, offset in starts.items():
        reader.seek(tp, offset)
    ages: dict[TopicPartition, float | None] = {}
    while len(ages) < len(starts):
        batches = await reader.getmany(
            *(tp for tp in starts if tp not in ages), timeout_ms=200, max_records=1 + len(starts)
        )
        now = time.time()
        for tp, batch in batches.items():
            if batch and tp not in ages:
                ages[tp] = max(0.0, now - batch[0].timestamp / 1000)
        for tp in starts:
            if tp not in ages and await reader.position(tp) >= ends[tp]:
                ages[tp] = None
    return ages
