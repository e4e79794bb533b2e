"""A loop over aiokafka: fetch, do the work, send, commit; with transactions, or after a flush.

The one rule: offsets, outputs and state of one turn go together, and nothing is read while a turn's commit is unsure.
"""

from __future__ import annotations

import asyncio
import logging
import signal
import time
from typing import Any

import orjson
import uvloop
import work
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord, TopicPartition
from restored import Kept, Partitions
from told import Told, told

_BATCH = 500
_BATCH_BYTES = 256 * 1024


class Outgoing:
    """What a turn sends: whole record batches, built here and handed over per partition."""

    def __init__(self, producer: AIOKafkaProducer) -> None:
        self._producer = producer
        self._open: dict[tuple[str, int], Any] = {}
        self._sent: list[asyncio.Future[Any]] = []

    async def add(self, topic: str, partition: int, key: bytes, value: bytes, headers: list[tuple[str, bytes]]) -> None:
        """Append to the batch of that partition; hand it over once it is full."""
        batch = self._open.get((topic, partition))
        if batch is None or batch.append(timestamp=None, key=key, value=value, headers=headers) is None:
            if batch is not None:
                self._sent.append(await self._producer.send_batch(batch, topic, partition=partition))
            batch = self._open[topic, partition] = self._producer.create_batch()
            batch.append(timestamp=None, key=key, value=value, headers=headers)

    async def hand_over(self) -> None:
        """Hand over what is left."""
        for (topic, partition), batch in self._open.items():
            self._sent.append(await self._producer.send_batch(batch, topic, partition=partition))
        self._open.clear()

    async def acknowledged(self) -> None:
        """Wait until the broker has all of it."""
        await asyncio.gather(*self._sent)
        self._sent.clear()


async def do(records: list[ConsumerRecord], kept: Kept, out: Outgoing, bench: Told) -> None:
    """The work of one partition's records. Input, outputs and state have the same keys and as many partitions: a record's
    partition is the one that the partitioner would choose for what becomes of it."""
    changed: set[bytes] = set()
    for record in records:
        try:
            plan = work.read(record.value, record.timestamp)
        except work.Refused as why:
            reason = [("reason", str(why).encode())]
            await out.add(bench.refused, record.partition, record.key, record.value, reason)
            continue
        key = plan.uscc.encode()
        overlaps = work.decide(plan, kept.setdefault(key, []))
        if overlaps is None:
            continue
        changed.add(key)
        headers = work.written_headers(plan, overlaps)
        await out.add(bench.output, record.partition, key, work.encode(plan), headers)
    for key in changed:
        await out.add(bench.state, records[0].partition, key, orjson.dumps(kept[key]), [])


async def turn(
    consumer: AIOKafkaConsumer, partitions: Partitions, out: Outgoing, bench: Told
) -> dict[TopicPartition, int]:
    """Read and work until the commit interval is over; the offsets to commit."""
    offsets: dict[TopicPartition, int] = {}
    ends = time.monotonic() + bench.commit_seconds
    while (left := ends - time.monotonic()) > 0:
        fetched = await consumer.getmany(timeout_ms=int(left * 1000), max_records=_BATCH)
        for place, records in fetched.items():
            await do(records, await partitions.kept(place.partition), out, bench)
            offsets[place] = records[-1].offset + 1
    await out.hand_over()
    return offsets


async def run(bench: Told, ended: asyncio.Event) -> None:
    settings: dict[str, Any] = {"transactional_id": bench.group} if bench.exactly_once else {"enable_idempotence": True}
    producer = AIOKafkaProducer(
        bootstrap_servers=bench.bootstrap, acks="all", linger_ms=5, max_batch_size=_BATCH_BYTES, **settings
    )
    # First the producer: its id fences a predecessor and ends its transaction, then there is something sure to read.
    await producer.start()
    consumer = AIOKafkaConsumer(
        bootstrap_servers=bench.bootstrap, group_id=bench.group, auto_offset_reset="earliest", enable_auto_commit=False,
        isolation_level="read_committed", session_timeout_ms=6_000, heartbeat_interval_ms=1_000,
        fetch_max_bytes=8 * 1024**2, max_partition_fetch_bytes=2 * 1024**2,
    )  # fmt: skip
    partitions = Partitions(bench.bootstrap, bench.state)
    consumer.subscribe([bench.input], listener=partitions)
    await consumer.start()
    out = Outgoing(producer)
    try:
        while not ended.is_set():
            if bench.exactly_once:
                async with producer.transaction():
                    offsets = await turn(consumer, partitions, out, bench)
                    if offsets:
                        await out.acknowledged()
                        await producer.send_offsets_to_transaction(offsets, bench.group)
            elif offsets := await turn(consumer, partitions, out, bench):
                await out.acknowledged()
                await consumer.commit(offsets)
    finally:
        await consumer.stop()
        await producer.stop()


async def main() -> None:
    ended = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ended.set)
    await run(told(), ended)


if __name__ == "__main__":
    logging.basicConfig(level=logging.WARNING)
    uvloop.run(main())
