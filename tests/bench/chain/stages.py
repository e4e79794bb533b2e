"""Where the time of an event goes: read afterwards from the timestamps that each stage's own records bear.

The one rule: nothing is added to the hub for it. A record's timestamp is the moment its stage laid it into its transaction, in whole
milliseconds; what is left until the next stage has laid its own is the commit, the fetch and the wait for a batch.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from statistics import median

from confluent_kafka import Consumer, Message, TopicPartition

from hub.topics import Topics
from tests.bench.chain.load import DECIDED, RECEIVER

_FACT = b"cn.guiyang.hub.inspection.plan.submitted.v1"


def read(
    bootstrap: str, topics: Topics, accepted_ns: Mapping[str, int], came_ns: Mapping[str, int]
) -> dict[str, dict[str, float]]:
    """Median and 99th percentile of each part of the way, in milliseconds; moments are of the monotonic clock."""
    wall = time.time_ns() - time.monotonic_ns()
    translated = _laid(bootstrap, topics.aggregate("inspection").name, _FACT, "ce_id")
    decided = _laid(bootstrap, topics.outgoing.name, DECIDED, "ce_causationid")
    projected = _laid(bootstrap, topics.delivery(RECEIVER).name, DECIDED, "ce_causationid")
    parts: dict[str, list[float]] = {name: [] for name in ("translate", "inspections", "deliver", "receiver")}
    for one, at in accepted_ns.items():
        if one not in came_ns or not (one in translated and one in decided and one in projected):
            continue
        moments = ((at + wall) / 1e6, translated[one], decided[one], projected[one], (came_ns[one] + wall) / 1e6)
        for name, before, after in zip(parts, moments, moments[1:], strict=False):
            parts[name].append(after - before)
    return {
        name: {"p50": round(median(times), 1), "p99": round(sorted(times)[len(times) * 99 // 100], 1)}
        for name, times in parts.items()
        if times
    }


def _laid(bootstrap: str, topic: str, event_type: bytes, named_by: str) -> dict[str, float]:
    return {
        bytes(headers[named_by]).decode(): float(message.timestamp()[1])
        for message in _records(bootstrap, topic)
        if (headers := dict(message.headers() or ())).get("ce_type") == event_type
    }


def _records(bootstrap: str, topic: str) -> Iterator[Message]:
    consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": "stages", "enable.partition.eof": True})
    try:
        partitions = consumer.list_topics(topic, timeout=20).topics[topic].partitions
        consumer.assign([TopicPartition(topic, number, 0) for number in partitions])
        ended = 0
        while ended < len(partitions):
            for message in consumer.consume(2000, timeout=1.0):
                if message.error() is not None:
                    ended += 1
                else:
                    yield message
    finally:
        consumer.close()
