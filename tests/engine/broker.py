"""What every test here needs of a real broker: topics of its own, records in, committed records out.

The reading and writing is confluent-kafka's, so that nothing of what is tested also judges.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import count

from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

_numbers = count(1)


def unique(name: str) -> str:
    """A name no other test has."""
    return f"{name}{next(_numbers)}-{time.time_ns() % 10**9}"


def create_topics(bootstrap: str, partitions: dict[str, int], compacted: Iterable[str] = ()) -> None:
    compact = set(compacted)
    admin = AdminClient({"bootstrap.servers": bootstrap})
    made = admin.create_topics(
        [
            NewTopic(topic, number, 1, config={"cleanup.policy": "compact"} if topic in compact else {})
            for topic, number in partitions.items()
        ]
    )
    for future in made.values():
        future.result(30)


def owners(bootstrap: str, group: str) -> dict[str, set[int]]:
    """Which partitions each member of *group* holds, by the name of its slot."""
    admin = AdminClient({"bootstrap.servers": bootstrap})
    described = admin.describe_consumer_groups([group])[group].result(30)
    return {
        member.group_instance_id: {at.partition for at in member.assignment.topic_partitions}
        for member in described.members
        if member.assignment is not None
    }


def producer(bootstrap: str, settings: Mapping[str, str | int] | None = None) -> Producer:
    """An idempotent producer that spreads keys as the hub does, with further *settings*."""
    own = {"bootstrap.servers": bootstrap, "partitioner": "murmur2_random", "linger.ms": 1, "enable.idempotence": True}
    return Producer({**own, **(settings or {})})


@dataclass(frozen=True, slots=True)
class Seen:
    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...]
    timestamp_ms: int


def read_all(bootstrap: str, topics: Sequence[str], *, isolation: str = "read_committed") -> list[Seen]:
    """Every record of *topics* up to where they end now, in the order of each partition."""
    consumer = Consumer(
        {
            "bootstrap.servers": bootstrap,
            "group.id": unique("audit"),
            "enable.auto.commit": False,
            "isolation.level": isolation,
            "auto.offset.reset": "earliest",
            "enable.partition.eof": True,
        }
    )
    seen: list[Seen] = []
    try:
        metadata = consumer.list_topics(timeout=30)
        parts = [TopicPartition(topic, number, 0) for topic in topics for number in metadata.topics[topic].partitions]
        consumer.assign(parts)
        open_parts = {(part.topic, part.partition) for part in parts}
        deadline = time.monotonic() + 60
        while open_parts:
            assert time.monotonic() < deadline, f"never reached the end of {open_parts}"
            for message in consumer.consume(1000, timeout=0.5):
                if message.error() is not None:
                    open_parts.discard((message.topic(), message.partition()))
                    continue
                seen.append(
                    Seen(
                        message.topic(),
                        message.partition(),
                        message.offset(),
                        message.key(),
                        message.value(),
                        tuple(message.headers() or ()),
                        message.timestamp()[1],
                    )
                )
    finally:
        consumer.close()
    return seen
