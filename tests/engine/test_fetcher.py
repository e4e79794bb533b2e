"""The fetcher: what it asks of a broker, and what it hands on of what comes."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaStorageError, OffsetOutOfRangeError
from aiokafka.protocol.fetch import FetchRequest_v11
from aiokafka.record.default_records import DefaultRecordBatchBuilder
from aiokafka.record.util import calc_crc32c
from confluent_kafka import Producer

from hub.engine.client import TopicPartition
from hub.engine.fetcher import Fetcher, Session
from hub.engine.record import Record
from hub.engine.settings import EngineSettings
from hub.local.kafka import LocalKafka
from tests.engine.broker import create_topics, producer, unique

#: Where a record batch holds its checksum, of all that follows it.
_CRC_AT = 17
A, B, C = (TopicPartition("topic", number) for number in range(3))


def asked(session: Session, wanted: dict[TopicPartition, int]) -> dict[str, Any]:
    """The next request in words: session, what it names with offsets, what it forgets."""
    made: Any = session.request(wanted, 100, 1000).build(FetchRequest_v11)
    return {
        "session": (made.session_id, made.session_epoch),
        "asked": {
            TopicPartition(topic, number): offset for topic, parts in made.topics for number, _, offset, _, _ in parts
        },
        "forgotten": {TopicPartition(topic, n) for topic, numbers in made.forgotten_topics_data for n in numbers},
    }


def answer(session_id: int, error_code: int = 0) -> Any:
    return SimpleNamespace(error_code=error_code, session_id=session_id)


def test_a_session_names_everything_once_and_then_what_changed() -> None:
    session = Session()
    assert asked(session, {A: 1, B: 2}) == {"session": (0, 0), "asked": {A: 1, B: 2}, "forgotten": set()}
    assert session.answered(answer(7))
    assert asked(session, {A: 1, B: 2}) == {"session": (7, 1), "asked": {}, "forgotten": set()}
    assert session.answered(answer(7))
    assert asked(session, {A: 5, C: 3}) == {"session": (7, 2), "asked": {A: 5, C: 3}, "forgotten": {B}}
    assert session.answered(answer(7))
    assert asked(session, {A: 5, B: 2, C: 3}) == {"session": (7, 3), "asked": {B: 2}, "forgotten": set()}


def test_an_answer_that_did_not_come_begins_the_session_anew_and_ends_the_old() -> None:
    session = Session()
    asked(session, {A: 1, B: 2})
    session.answered(answer(7))
    asked(session, {A: 4, B: 2})
    session.lost()  # the broker may have taken the 4, or not
    assert asked(session, {A: 4, B: 2}) == {"session": (7, 0), "asked": {A: 4, B: 2}, "forgotten": set()}


@pytest.mark.parametrize(("error_code", "named"), [(70, 0), (71, 7)], ids=["forgotten by the broker", "out of step"])
def test_a_session_the_broker_does_not_follow_begins_anew(error_code: int, named: int) -> None:
    session = Session()
    asked(session, {A: 1})
    session.answered(answer(7))
    asked(session, {A: 1})
    assert not session.answered(answer(0, error_code))
    assert asked(session, {A: 1}) == {"session": (named, 0), "asked": {A: 1}, "forgotten": set()}


def test_any_other_error_is_raised_and_begins_anew() -> None:
    session = Session()
    asked(session, {A: 1})
    with pytest.raises(KafkaStorageError):
        session.answered(answer(0, 56))
    assert asked(session, {A: 1})["asked"] == {A: 1}


def test_without_room_for_a_session_everything_is_named_every_time() -> None:
    session = Session()
    for _ in range(3):
        assert asked(session, {A: 1, B: 2}) == {"session": (0, 0), "asked": {A: 1, B: 2}, "forgotten": set()}
        assert session.answered(answer(0))


class Shelf:
    """A taker that keeps what it is given."""

    def __init__(self) -> None:
        self.wants = True
        self.records: list[Record] = []
        self.ends: dict[TopicPartition, int] = {}

    def feed(self, at: TopicPartition, records: Sequence[Record], end: int) -> None:
        self.records += records
        self.ends[at] = end

    def values(self, at: TopicPartition) -> list[bytes | None]:
        return [each.value for each in self.records if (each.topic, each.partition) == at]

    async def holds(self, number: int) -> None:
        async with asyncio.timeout(20):
            while len(self.records) < number:
                await asyncio.sleep(0.01)


@asynccontextmanager
async def fetching(kafka: LocalKafka, topics: Sequence[str], **settings: Any) -> AsyncIterator[Fetcher]:
    fetcher = Fetcher(bootstrap=kafka.bootstrap, client_id="test", topics=topics, settings=EngineSettings(**settings))
    await fetcher.start()
    task = asyncio.create_task(fetcher.run())
    try:
        yield fetcher
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await fetcher.stop()


def written(kafka: LocalKafka, topic: str, values: Sequence[bytes], partition: int = 0) -> None:
    to = producer(kafka.bootstrap)
    for value in values:
        to.produce(topic, value, b"k", partition)
    assert to.flush(10) == 0


def transaction(to: Producer, topic: str, values: Sequence[bytes], *, commit: bool) -> None:
    to.begin_transaction()
    for value in values:
        to.produce(topic, value, b"k", 0)
    to.flush(10)
    if commit:
        to.commit_transaction()
    else:
        to.abort_transaction()


@pytest.mark.asyncio
@pytest.mark.timeout(60)
async def test_what_comes_on_any_of_many_partitions_is_handed_on_in_order(kafka: LocalKafka) -> None:
    topics = [unique("many") for _ in range(30)]
    create_topics(kafka.bootstrap, dict.fromkeys(topics, 2))
    shelf = Shelf()
    async with fetching(kafka, topics) as fetcher:
        fetcher.begin({TopicPartition(topic, n): 0 for topic in topics for n in range(2)}, shelf)
        for turn in range(3):
            for topic in topics[::5]:
                await asyncio.to_thread(written, kafka, topic, [b"%d-%d" % (turn, n) for n in range(4)], 1)
            await shelf.holds((turn + 1) * 4 * len(topics[::5]))
    for topic in topics:
        at = TopicPartition(topic, 1)
        expected = [b"%d-%d" % (turn, n) for turn in range(3) for n in range(4)] if topic in topics[::5] else []
        assert shelf.values(at) == expected
        assert fetcher.position(at) == len(expected)


@pytest.mark.asyncio
@pytest.mark.timeout(60)
async def test_only_what_is_committed_is_handed_on_and_the_end_is_past_the_markers(kafka: LocalKafka) -> None:
    topic = unique("transactions")
    create_topics(kafka.bootstrap, {topic: 1})
    to = producer(kafka.bootstrap, {"transactional.id": unique("id")})
    await asyncio.to_thread(to.init_transactions, 30)
    for number in range(6):
        values = [b"%d-%d" % (number, each) for each in range(3)]
        await asyncio.to_thread(transaction, to, topic, values, commit=number % 2 == 0)
    at, shelf = TopicPartition(topic, 0), Shelf()
    async with fetching(kafka, [topic]) as fetcher:
        fetcher.begin({at: 2}, shelf)  # in the middle of the first batch
        await shelf.holds(7)
        async with asyncio.timeout(10):
            while fetcher.position(at) != 24:  # six times three records and a marker
                await asyncio.sleep(0.01)
    assert shelf.values(at) == [b"0-2", *(b"%d-%d" % (number, each) for number in (2, 4) for each in range(3))]
    assert [each.offset for each in shelf.records] == [2, 8, 9, 10, 16, 17, 18]


@pytest.mark.asyncio
@pytest.mark.timeout(60)
async def test_a_sender_may_compress_as_it_likes(kafka: LocalKafka) -> None:
    topic, codecs = unique("compressed"), ("gzip", "snappy", "lz4", "zstd")
    create_topics(kafka.bootstrap, {topic: 1})
    for codec in codecs:
        to = producer(kafka.bootstrap, {"compression.type": codec})
        to.produce(topic, codec.encode() * 100, b"k", 0)
        assert await asyncio.to_thread(to.flush, 10) == 0
    shelf = Shelf()
    async with fetching(kafka, [topic]) as fetcher:
        fetcher.begin({TopicPartition(topic, 0): 0}, shelf)
        await shelf.holds(len(codecs))
    assert [each.value for each in shelf.records] == [codec.encode() * 100 for codec in codecs]


@pytest.mark.asyncio
@pytest.mark.timeout(60)
async def test_a_header_without_value_or_with_any_bytes_for_a_name_is_handed_on(kafka: LocalKafka) -> None:
    topic = unique("headers")
    create_topics(kafka.bootstrap, {topic: 1})
    await asyncio.to_thread(written, kafka, topic, [b"before"])
    async with AIOKafkaProducer(bootstrap_servers=kafka.bootstrap) as to:
        batch = to.create_batch()
        for value in (b"first", b"second"):
            batch.append(timestamp=None, key=b"k", value=value, headers=[("NAME", b"v"), ("ok", None)])
        _renamed(batch, b"NAME", b"\xff\xfe\xc3\x28")
        await (await to.send_batch(batch, topic, partition=0))
    await asyncio.to_thread(written, kafka, topic, [b"after"])
    at, shelf = TopicPartition(topic, 0), Shelf()
    async with fetching(kafka, [topic]) as fetcher:
        fetcher.begin({at: 0}, shelf)
        await shelf.holds(4)
    assert shelf.values(at) == [b"before", b"first", b"second", b"after"]
    assert [each.headers for each in shelf.records[1:3]] == [(("\\xff\\xfe\\xc3(", b"v"), ("ok", b""))] * 2
    assert [each.offset for each in shelf.records] == [0, 1, 2, 3]


def _renamed(batch: Any, name: bytes, other: bytes) -> None:
    """Have *batch* go out with *other* for the header *name*: no client writes such a name, any program can."""
    build = batch._build

    def forged() -> bytearray:
        made: bytearray = build()
        if name in made:
            made[:] = made.replace(name, other)
            struct.pack_into(">I", made, _CRC_AT, calc_crc32c(made[_CRC_AT + 4 :]))
        return made

    batch._build = forged


@pytest.mark.asyncio
@pytest.mark.timeout(60)
async def test_who_is_full_gets_nothing_more_and_holds_up_nobody(kafka: LocalKafka) -> None:
    topics = [unique("full") for _ in range(2)]
    create_topics(kafka.bootstrap, dict.fromkeys(topics, 1))
    full, free = Shelf(), Shelf()
    async with fetching(kafka, topics) as fetcher:
        fetcher.begin({TopicPartition(topics[0], 0): 0}, full)
        fetcher.begin({TopicPartition(topics[1], 0): 0}, free)
        full.wants = False
        await asyncio.sleep(0.2)  # a fetch that was under way still named both
        for topic in topics:
            await asyncio.to_thread(written, kafka, topic, [b"1", b"2"])
        await free.holds(2)
        await asyncio.sleep(0.3)
        assert not full.records
        full.wants = True
        await full.holds(2)
    assert [each.value for each in full.records] == [b"1", b"2"]


@pytest.mark.asyncio
@pytest.mark.timeout(60)
async def test_a_partition_begun_again_is_read_for_the_new_taker_only(kafka: LocalKafka) -> None:
    topic = unique("again")
    create_topics(kafka.bootstrap, {topic: 1})
    await asyncio.to_thread(written, kafka, topic, [b"%d" % n for n in range(10)])
    at, first, second = TopicPartition(topic, 0), Shelf(), Shelf()
    async with fetching(kafka, [topic]) as fetcher:
        fetcher.begin({at: 0}, first)
        await first.holds(10)
        fetcher.end([at])
        assert fetcher.position(at) is None
        fetcher.begin({at: 4}, second)
        await second.holds(6)
    assert [each.value for each in second.records] == [b"%d" % n for n in range(4, 10)]
    assert len(first.records) == 10


@pytest.mark.asyncio
async def test_when_a_leader_moves_and_both_answer_the_second_answer_is_dropped() -> None:
    def batch(first: int, records: int) -> bytes:
        builder = DefaultRecordBatchBuilder(2, 0, 0, -1, -1, -1, 10_000)
        for n in range(records):
            assert builder.append(n, 0, b"k", b"%d" % (first + n), [])
        made = builder.build()
        struct.pack_into(">q", made, 0, first)
        return bytes(made)

    fetcher, shelf = Fetcher(bootstrap="127.0.0.1:1", client_id="t", topics=[], settings=EngineSettings()), Shelf()
    fetcher.begin({A: 0}, shelf)
    asked = {A: (fetcher._readings[A], 0)}

    def says(*batches: bytes) -> list[Any]:
        return [("topic", [(0, 0, 9, 9, 0, [], -1, b"".join(batches))])]

    await fetcher._take(asked, says(batch(0, 3), batch(3, 2)), 1)
    await fetcher._take(asked, says(batch(0, 3)), 2)  # asked at the same place, answered later and less

    assert fetcher.position(A) == 5
    assert shelf.values(A) == [b"0", b"1", b"2", b"3", b"4"]


@pytest.mark.asyncio
@pytest.mark.timeout(60)
async def test_an_offset_the_log_does_not_have_is_a_loss_and_loud(kafka: LocalKafka) -> None:
    topic = unique("gone")
    create_topics(kafka.bootstrap, {topic: 1})
    fetcher = Fetcher(bootstrap=kafka.bootstrap, client_id="test", topics=[topic], settings=EngineSettings())
    await fetcher.start()
    fetcher.begin({TopicPartition(topic, 0): 99}, Shelf())
    with pytest.raises(ExceptionGroup) as raised:
        await fetcher.run()
    await fetcher.stop()
    assert raised.group_contains(OffsetOutOfRangeError)
