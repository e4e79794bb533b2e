"""Bytewax: a dataflow from Kafka over a stateful map to Kafka, with a recovery store for offsets and state.

The one rule: what a resumed dataflow must know is in the recovery store alone; Kafka's group commits are not used.
"""

from __future__ import annotations

from typing import Any

import bytewax.operators as op
import work
from bytewax.connectors.kafka import KafkaSink, KafkaSinkMessage, KafkaSource, KafkaSourceMessage
from bytewax.dataflow import Dataflow
from told import told

bench = told()

Message = KafkaSinkMessage[bytes, bytes]
Read = tuple[str, work.Plan | Message]


def read(batch: list[KafkaSourceMessage[bytes, bytes]]) -> list[Read]:
    """Each record under its key, the enterprise: read, or on its way to the refused topic."""
    return [(message.key.decode(), _read(message)) for message in batch]


def _read(message: KafkaSourceMessage[bytes, bytes]) -> work.Plan | Message:
    try:
        return work.read(message.value, message.timestamp[1])
    except work.Refused as why:
        return KafkaSinkMessage(message.key, message.value, bench.refused, [("reason", str(why).encode())])


def decide(
    accepted: list[work.Accepted] | None, read: work.Plan | Message
) -> tuple[list[work.Accepted] | None, Message | None]:
    """The step that keeps state. A refused record passes through, so that there is one stream and one sink."""
    if isinstance(read, KafkaSinkMessage):
        return accepted, read
    accepted = accepted or []
    overlaps = work.decide(read, accepted)
    if overlaps is None:
        return accepted, None
    headers = work.written_headers(read, overlaps)
    return accepted, KafkaSinkMessage(read.uscc.encode(), work.encode(read), bench.output, headers)


def unkeyed(batch: list[tuple[str, Message | None]]) -> list[Message]:
    """The messages alone; a repeat left none."""
    return [message for _, message in batch if message is not None]


_CONSUMER: dict[str, Any] = {
    "fetch.wait.max.ms": 100,
    "queued.min.messages": 20_000,
    "isolation.level": "read_committed",
}
_PRODUCER: dict[str, Any] = {
    "acks": "all", "enable.idempotence": True, "linger.ms": 5, "batch.size": 1024**2, "partitioner": "murmur2_random",
}  # fmt: skip

flow = Dataflow("plans")
records = op.input("records", flow, KafkaSource([bench.bootstrap], [bench.input], add_config=_CONSUMER))
plans = op.flat_map_batch("read", records, read)
decided = op.stateful_map("decide", plans, decide)
messages = op.flat_map_batch("unkeyed", decided, unkeyed)
op.output("messages", messages, KafkaSink([bench.bootstrap], None, add_config=_PRODUCER))
