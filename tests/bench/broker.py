"""The broker of the bench: started on its core, given topics, filled once, asked for its ends, read back.

The one rule: while a processor runs, nothing is asked of the broker but end offsets, five times a second.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, cast

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, Producer, TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from hub.local.kafka import LocalKafka
from hub.settings import Settings
from tests.bench.cores import on_core
from tests.bench.judge import Read
from tests.bench.work.plans import Sent

PARTITIONS: Final = 4
#: The name under which the hub reads the brigade's dialect; to everybody else it is a name like any other.
INPUT: Final = "evt.gy-zd.brigade-json.v1"

_HEAP_MB: Final = 2048
_SECONDS: Final = 60.0
#: Stamps are the broker's: nobody's clock but one says when an output was there.
_STAMPED: Final = {"message.timestamp.type": "LogAppendTime"}
_WARM_UP_BATCH: Final = 2_000
#: What goes wrong is raised; the library's own lines would stand between the table's.
_QUIET: Final[Mapping[str, Any]] = {"log_level": 0}


@asynccontextmanager
async def local_broker(home: Path, core: int) -> AsyncIterator[LocalKafka]:
    """A Kafka with its full compiler on *core*, gone with its records afterwards."""
    settings = Settings()
    broker = LocalKafka(home, java=settings.local.java, libs=settings.kafka_libs, jvm="fast", heap_mb=_HEAP_MB)
    with on_core(core):
        await broker.start()
    try:
        yield broker
    finally:
        await broker.stop()


class Topics:
    """The broker's topics, and what is in them."""

    def __init__(self, bootstrap: str) -> None:
        self._bootstrap = bootstrap
        self._admin = AdminClient({"bootstrap.servers": bootstrap, **_QUIET})
        self._reader = _consumer(bootstrap)

    def create(self, name: str, **config: str) -> str:
        """A topic whose records the broker stamps."""
        topic = NewTopic(name, PARTITIONS, 1, config=_STAMPED | {key.replace("_", "."): config[key] for key in config})
        self._admin.create_topics([topic])[name].result(_SECONDS)
        _until(lambda: self._led(name), f"{name} has leaders")
        return name

    def _led(self, name: str) -> bool:
        """The controller has answered before the broker leads, and before the library has heard of it."""
        self._reader.list_topics(name, timeout=_SECONDS)
        try:
            return self.ends(name) == 0
        except KafkaException:
            return False

    def names(self) -> set[str]:
        """All but Kafka's own."""
        return {name for name in self._admin.list_topics(timeout=_SECONDS).topics if not name.startswith("__")}

    def delete(self, names: Iterable[str]) -> None:
        if doomed := sorted(names):
            for deleted in self._admin.delete_topics(doomed).values():
                deleted.result(_SECONDS)
            _until(lambda: self.names().isdisjoint(doomed), f"{', '.join(doomed)} are gone")

    def ends(self, name: str) -> int:
        """Sum of the partitions' ends for a reader of committed records: records, and the ends of transactions."""
        return sum(self._end(TopicPartition(name, each)) for each in range(PARTITIONS))

    def _end(self, partition: TopicPartition) -> int:
        marks = self._reader.get_watermark_offsets(partition, timeout=_SECONDS)
        if marks is None:
            raise TimeoutError(f"no end of {partition.topic} in {_SECONDS:.0f} s")
        return marks[1]

    def load(self, name: str, records: Sequence[Sent]) -> datetime:
        """Write *records* in their order; the time at which they were all there."""
        producer = _producer(self._bootstrap)
        _write(producer, name, records)
        if left := producer.flush(_SECONDS):
            raise TimeoutError(f"{left} records were not written in {_SECONDS:.0f} s")
        return datetime.now(UTC)

    def warm(self, records: Sequence[Sent]) -> None:
        """Let the broker's compiler see transactions and reading before anybody is measured."""
        name = self.create("warm-up")
        producer = _producer(self._bootstrap, **{"transactional.id": "warm-up"})
        producer.init_transactions(_SECONDS)
        for first in range(0, len(records), _WARM_UP_BATCH):
            producer.begin_transaction()
            _write(producer, name, records[first : first + _WARM_UP_BATCH])
            producer.commit_transaction(_SECONDS)
        for _ in self.read(name):
            pass
        self.delete([name])

    def read(self, name: str) -> Iterator[Read]:
        """What is committed, partition by partition as it comes, to the end."""
        consumer = _consumer(self._bootstrap)
        try:
            consumer.assign([TopicPartition(name, each, 0) for each in range(PARTITIONS)])
            yield from _until_ends(consumer)
        finally:
            consumer.close()


def _until(true: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + _SECONDS
    while not true():
        if time.monotonic() > deadline:
            raise TimeoutError(f"not after {_SECONDS:.0f} s: {what}")
        time.sleep(0.02)


def _until_ends(consumer: Consumer) -> Iterator[Read]:
    at_end: set[int] = set()
    deadline = time.monotonic() + _SECONDS
    while len(at_end) < PARTITIONS:
        for message in consumer.consume(5_000, timeout=0.5):
            deadline = time.monotonic() + _SECONDS
            if (error := message.error()) is None:
                yield _read(message)
            elif error.code() == KafkaError._PARTITION_EOF:  # the library's public name for it
                at_end.add(message.partition() or 0)
            else:
                raise KafkaException(error)
        if time.monotonic() > deadline:
            raise TimeoutError(f"a topic was not read to its end in {_SECONDS:.0f} s: an open transaction?")


def _read(message: Message) -> Read:
    headers = cast("list[tuple[str, bytes | None]]", message.headers() or [])
    return Read(message.partition() or 0, message.timestamp()[1], message.key(), message.value(), headers)


def _consumer(bootstrap: str) -> Consumer:
    return Consumer(
        {
            "bootstrap.servers": bootstrap,
            **_QUIET,
            "group.id": "judge",
            "isolation.level": "read_committed",
            "enable.auto.commit": False,
            "enable.partition.eof": True,
        }
    )


def _producer(bootstrap: str, **more: str) -> Producer:
    return Producer(
        {
            "bootstrap.servers": bootstrap,
            **_QUIET,
            "partitioner": "murmur2_random",  # as Java's, and aiokafka's
            "enable.idempotence": True,
            "linger.ms": 20,
            "queue.buffering.max.messages": 500_000,
            **more,
        }
    )


def _write(producer: Producer, topic: str, records: Sequence[Sent]) -> None:
    for record in records:
        while True:
            try:
                producer.produce(topic, record.value, record.key)
            except BufferError:
                producer.poll(0.1)
            else:
                break
        producer.poll(0)


def partitions_of(read: Iterable[Read], records: Sequence[Sent]) -> Mapping[bytes, int]:
    """The partition of each key, read back. Raise ValueError unless *records* are there, in their order in each."""
    home: dict[bytes, int] = {}
    there: dict[int, list[tuple[bytes, bytes]]] = {each: [] for each in range(PARTITIONS)}
    for each in read:
        key, value = each.key or b"", each.value or b""
        home[key] = each.partition
        there[each.partition].append((key, value))
    wanted: dict[int, list[tuple[bytes, bytes]]] = {each: [] for each in range(PARTITIONS)}
    for record in records:
        wanted[home[record.key]].append((record.key, record.value))
    if there != wanted:
        raise ValueError("the input topic does not hold the plans in their order")
    return home
