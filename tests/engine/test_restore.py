"""A state is restored exactly as it was committed, from whatever its log looks like by then, and faster than a consumer reads."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer
from confluent_kafka import KafkaException, Producer
from confluent_kafka.admin import (
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    NewTopic,
    ResourceType,
)

from hub.engine.client import TopicPartition
from hub.engine.restore import restore
from hub.engine.state import Change, State
from hub.local.kafka import LocalKafka
from tests.engine.broker import read_all, unique
from tests.engine.stores import KINDS, Kind, settings

Committed = dict[bytes, tuple[bytes, int | None]]


def create_log(bootstrap: str, name: str, **config: str) -> None:
    admin = AdminClient({"bootstrap.servers": bootstrap})
    topic = NewTopic(name, 1, 1, config={"cleanup.policy": "compact", **config})
    admin.create_topics([topic])[name].result(30)


@dataclass
class Writer:
    """A transactional writer of state records, and what it knows to be committed."""

    bootstrap: str
    topic: str
    committed: Committed = field(default_factory=dict)
    written: int = 0

    def __post_init__(self) -> None:
        self.start()

    def start(self) -> None:
        """Fence whoever wrote before; what that one had open is aborted."""
        self._producer = Producer(
            {"bootstrap.servers": self.bootstrap, "transactional.id": self.topic, "linger.ms": 5, "batch.size": 65_536}
        )
        self._producer.init_transactions(30)

    def transaction(self, changes: dict[bytes, tuple[bytes, int | None] | None], end: str = "commit") -> None:
        self._producer.begin_transaction()
        for key, said in changes.items():
            value, due_ms = said or (None, None)
            headers = [] if due_ms is None else [("other", b"x"), ("due", b"%d" % due_ms)]
            self._producer.produce(self.topic, value, key, partition=0, headers=headers)
        self._producer.flush(30)
        if end == "abort":
            self._producer.abort_transaction(30)
        if end == "commit":
            self._producer.commit_transaction(30)
            self.written += len(changes)
            self.committed |= {key: said for key, said in changes.items() if said is not None}
            for key in [key for key, said in changes.items() if said is None]:
                self.committed.pop(key, None)

    def history(self, seed: int, transactions: int, keys: int = 400) -> None:
        rng = random.Random(seed)
        for number in range(transactions):
            changes: dict[bytes, tuple[bytes, int | None] | None] = {}
            for _ in range(rng.randint(1, 60)):
                due_ms = rng.choice([None, None, rng.randint(1, 10**12)])
                said = (b"%d-" % number + rng.randbytes(rng.randint(0, 300)), due_ms)
                changes[b"key-%d" % rng.randrange(keys)] = None if rng.random() < 0.15 else said
            self.transaction(changes, "abort" if rng.random() < 0.15 else "commit")


def same(state: State, committed: Committed) -> None:
    assert {key: state.get(key) for key in state.keys(b"")} == {key: value for key, (value, _) in committed.items()}
    due = {key: at for key, (_, at) in committed.items() if at is not None}
    assert {key: state.timers.due_ms(key) for key in state.timers.among(committed.keys())} == due
    assert len(state.timers) == len(due)
    assert state.timers.next_ms() == min(due.values(), default=None)


@pytest.fixture
def eager_cleaner(kafka: LocalKafka) -> Iterator[None]:
    """Have the broker compact at once."""
    admin = AdminClient({"bootstrap.servers": kafka.bootstrap})

    (broker,) = admin.list_topics(timeout=30).brokers

    def set_to(operation: AlterConfigOpType) -> None:
        entry = ConfigEntry("log.cleaner.backoff.ms", "100", incremental_operation=operation)
        resource = ConfigResource(ResourceType.BROKER, str(broker), incremental_configs=[entry])
        for done in admin.incremental_alter_configs([resource]).values():
            done.result(30)

    set_to(AlterConfigOpType.SET)
    yield
    set_to(AlterConfigOpType.DELETE)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.usefixtures("eager_cleaner")
async def test_a_compacted_log_with_gaps_and_an_open_tail_is_restored_to_the_last_commit(
    kafka: LocalKafka, tmp_path: Path, kind: Kind
) -> None:
    name = unique("compacted")
    create_log(kafka.bootstrap, name, **{"segment.bytes": "1048576", "min.cleanable.dirty.ratio": "0.01"})
    writer = Writer(kafka.bootstrap, name)
    until = time.monotonic() + 60
    while len(read_all(kafka.bootstrap, [name])) > writer.written * 3 // 4:  # until compaction has bitten
        assert time.monotonic() < until, "the broker never compacted"
        writer.history(seed=writer.written, transactions=120)
    writer.transaction({b"key-%d" % n: (b"never", 1) for n in range(300)} | {b"new": (b"never", 1)}, "leave open")
    writer.start()

    state = await restore(kafka.bootstrap, TopicPartition(name, 0), settings(kind, tmp_path))

    same(state, writer.committed)
    assert state.get(b"new") is None
    state.close()


async def test_a_copy_on_disk_is_read_on_from_where_it_stopped(kafka: LocalKafka, tmp_path: Path) -> None:
    name = unique("onward")
    create_log(kafka.bootstrap, name)
    writer, at = Writer(kafka.bootstrap, name), TopicPartition(name, 0)
    writer.history(1, 60)
    first = await restore(kafka.bootstrap, at, settings("rocksdb", tmp_path))
    stopped = first.end
    first.close()
    writer.history(2, 5)
    pieces: list[int] = []
    again = await restore(kafka.bootstrap, at, settings("rocksdb", tmp_path), lambda: pieces.append(1))
    same(again, writer.committed)
    again.close()

    # That it was the copy and not the log all over again: what stands only in the copy is still seen.
    spoiled = await restore(kafka.bootstrap, at, settings("rocksdb", tmp_path))
    spoiled.load({b"only in the copy": b"1"}, {}, spoiled.end)
    spoiled.close()
    onward = await restore(kafka.bootstrap, at, settings("rocksdb", tmp_path))
    assert onward.get(b"only in the copy") == b"1"
    assert onward.end > stopped
    onward.close()


async def test_a_topic_made_anew_under_the_same_name_is_not_mixed_with_the_copy_of_the_old(
    kafka: LocalKafka, tmp_path: Path
) -> None:
    name = unique("again")
    create_log(kafka.bootstrap, name)
    Writer(kafka.bootstrap, name).history(1, 20)
    old = await restore(kafka.bootstrap, TopicPartition(name, 0), settings("rocksdb", tmp_path))
    old.close()
    admin = AdminClient({"bootstrap.servers": kafka.bootstrap})
    admin.delete_topics([name])[name].result(30)
    until = time.monotonic() + 30
    while True:
        try:
            create_log(kafka.bootstrap, name)
            break
        except KafkaException:  # the old one is still being removed
            assert time.monotonic() < until
            time.sleep(0.2)
    writer = Writer(kafka.bootstrap, name)
    writer.history(2, 60, keys=10)  # longer than the old one: the offset alone would fit

    state = await restore(kafka.bootstrap, TopicPartition(name, 0), settings("rocksdb", tmp_path))

    same(state, writer.committed)
    state.close()


async def test_a_copy_that_knows_more_than_the_log_is_thrown_away(kafka: LocalKafka, tmp_path: Path) -> None:
    name = unique("beyond")
    create_log(kafka.bootstrap, name)
    writer, at = Writer(kafka.bootstrap, name), TopicPartition(name, 0)
    writer.history(1, 10)
    ahead = await restore(kafka.bootstrap, at, settings("rocksdb", tmp_path))
    ahead.load({b"lost": b"1"}, {b"lost": 1}, ahead.end + 1_000)
    ahead.close()

    state = await restore(kafka.bootstrap, at, settings("rocksdb", tmp_path))

    same(state, writer.committed)
    state.close()


async def test_a_restore_costs_at_most_two_thirds_of_what_a_bare_consumer_costs(
    kafka: LocalKafka, tmp_path: Path
) -> None:
    """Processor time of both, in turns, the best of each: the machine's other work does not count."""
    name, records = unique("fast"), 60_000
    create_log(kafka.bootstrap, name)
    writer = Writer(kafka.bootstrap, name)
    for first in range(0, records, 2_000):
        writer.transaction({b"91520102MA%08d" % n: (b"x" * 200, n or 1) for n in range(first, first + 2_000)})
    at = TopicPartition(name, 0)

    async def restored() -> int:
        return len(await restore(kafka.bootstrap, at, settings("memory", tmp_path)))

    async def consumed() -> int:
        consumer = AIOKafkaConsumer(
            bootstrap_servers=kafka.bootstrap,
            enable_auto_commit=False,
            isolation_level="read_committed",
            auto_offset_reset="earliest",
            max_partition_fetch_bytes=4 * 1024 * 1024,
        )
        await consumer.start()
        values: dict[bytes | None, bytes | None] = {}
        try:
            consumer.assign([at])
            while len(values) < records:
                for batch in (await consumer.getmany(at, timeout_ms=200)).values():
                    values.update((record.key, record.value) for record in batch)
        finally:
            await consumer.stop()
        return len(values)

    best = {restored: float("inf"), consumed: float("inf")}
    ratio = 0.0
    for turn in range(12):  # what the machine's other work does to one turn it does not do to all
        for read in (restored, consumed):
            began = time.process_time()
            assert await asyncio.wait_for(read(), 60) == records
            best[read] = min(best[read], time.process_time() - began)
        ratio = best[consumed] / best[restored]
        if turn >= 2 and ratio > 1.5:
            break
    print(f"keys/s of processor time: restore {records / best[restored]:.0f}, consumer {records / best[consumed]:.0f}")
    assert ratio > 1.5


async def test_what_the_copy_holds_as_its_own_must_stand_in_the_log_where_it_says(
    kafka: LocalKafka, tmp_path: Path
) -> None:
    """A commit that was answered with yes and lost all the same: `tests/engine/test_late_end.py` shows how."""
    name = unique("doubtful")
    create_log(kafka.bootstrap, name)
    writer, at = Writer(kafka.bootstrap, name), TopicPartition(name, 0)
    writer.history(1, 20)
    for lost in (True, False):
        copy = await restore(kafka.bootstrap, at, settings("rocksdb", tmp_path))
        stands_at = copy.end
        writer.transaction({b"of the last batch": (b"1", None)}, "abort" if lost else "commit")
        copy.apply({b"of the last batch": Change(b"1"), b"only in the copy": Change(b"1")})
        copy.committed(stands_at)
        copy.close()

        state = await restore(kafka.bootstrap, at, settings("rocksdb", tmp_path))

        assert state.get(b"only in the copy") == (None if lost else b"1")
        assert state.get(b"of the last batch") == (None if lost else b"1")
        state.close()
