"""FastStream over aiokafka: a batch subscriber that publishes what its batch becomes, then has the batch committed.

The one rule: the handler returns only when everything it published is acknowledged; FastStream commits after that.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import orjson
import uvloop
import work
from aiokafka import ConsumerRecord
from faststream import AckPolicy, FastStream
from faststream.kafka import KafkaBroker, KafkaMessage
from restored import Partitions
from told import told

_BATCH = 500

bench = told()
partitions = Partitions(bench.bootstrap, bench.state)
# The handler takes the records as they are: without apply_types nothing is validated or converted a second time.
broker = KafkaBroker(
    bench.bootstrap, acks="all", enable_idempotence=True, linger_ms=5, max_batch_size=256 * 1024, apply_types=False,
    logger=None,
)  # fmt: skip
app = FastStream(broker, logger=None)


async def as_it_came(message: KafkaMessage) -> tuple[ConsumerRecord, ...]:
    """A decoder of our own: the work reads the records' bytes, keys and timestamps itself."""
    return message.raw_message


@broker.subscriber(
    bench.input, batch=True, max_records=_BATCH, batch_timeout_ms=int(bench.commit_seconds * 1000),
    group_id=bench.group, auto_offset_reset="earliest", ack_policy=AckPolicy.NACK_ON_ERROR, listener=partitions,
    decoder=as_it_came, isolation_level="read_committed", session_timeout_ms=6_000, heartbeat_interval_ms=1_000,
    fetch_max_bytes=8 * 1024**2, max_partition_fetch_bytes=2 * 1024**2,
)  # fmt: skip
async def translate(records: tuple[ConsumerRecord, ...]) -> None:
    """The work of one batch, and its state. Keys and partitions of what goes out are those of what came in."""
    sent: list[asyncio.Future[Any]] = []
    changed: dict[tuple[int, bytes], list[work.Accepted]] = {}
    for record in records:
        partition = record.partition
        try:
            plan = work.read(record.value, record.timestamp)
        except work.Refused as why:
            refusal = {"reason": str(why)}
            sent.append(await publish(record.value, bench.refused, record.key, partition, refusal))
            continue
        key = plan.uscc.encode()
        accepted = (await partitions.kept(partition)).setdefault(key, [])
        overlaps = work.decide(plan, accepted)
        if overlaps is None:
            continue
        changed[partition, key] = accepted
        headers = work.headers(plan, overlaps)
        sent.append(await publish(work.encode(plan), bench.output, key, partition, headers))
    for (partition, key), accepted in changed.items():
        sent.append(await publish(orjson.dumps(accepted), bench.state, key, partition, {}))
    await asyncio.gather(*sent)


async def publish(value: bytes, topic: str, key: bytes, partition: int, headers: dict[str, str]) -> Any:
    """Hand a message over; the future is its acknowledgement. publish_batch would give all of them the same headers."""
    return await broker.publish(value, topic, key=key, partition=partition, headers=headers, no_confirm=True)


if __name__ == "__main__":
    logging.basicConfig(level=logging.WARNING)
    uvloop.run(app.run())
