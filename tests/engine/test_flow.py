"""A flow on a real broker: records in, outputs and state out, timers, restart, many topics, and an agent that fails."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta

import pytest

from hub.engine.batch import Batch
from hub.engine.exits import Exit
from hub.engine.flow import Flow
from hub.engine.record import Outgoing
from hub.engine.worker import EngineApp, create_app, install
from hub.local.kafka import LocalKafka
from tests.engine.broker import create_topics, producer, read_all, unique
from tests.engine.counting import QUICK, topics_of


@asynccontextmanager
async def running(kafka: LocalKafka, flow: Flow, decide: Callable[[Batch], None]) -> AsyncIterator[EngineApp]:
    app = create_app(unique("app"))
    channel = install(app, flow, QUICK, kafka.bootstrap)

    @app.agent(channel, concurrency=flow.shards)
    async def agent(batches: AsyncIterator[Batch]) -> None:
        async for batch in batches:
            with batch:
                decide(batch)

    await app.start()
    try:
        await until(lambda: app.ready)
        yield app
    finally:
        await app.stop()


async def until(true: Callable[[], bool], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.01)


async def read(kafka: LocalKafka, topic: str) -> list[tuple[bytes | None, bytes | None]]:
    return [(each.key, each.value) for each in await asyncio.to_thread(read_all, kafka.bootstrap, [topic])]


def write(kafka: LocalKafka, topic: str, records: list[tuple[bytes, bytes]]) -> None:
    write_all(kafka, {topic: records})


def write_all(kafka: LocalKafka, records: dict[str, list[tuple[bytes, bytes]]]) -> None:
    to = producer(kafka.bootstrap)
    for topic, pairs in records.items():
        for key, value in pairs:
            to.produce(topic, value, key)
    assert to.flush(10) == 0


def alarm(batch: Batch, out: str) -> None:
    """A record says after how many seconds its key rings; ringing says what it held, and is forgotten."""
    for record in batch.records:
        assert record.key is not None
        assert record.value is not None
        batch.state.put(record.key, record.value, batch.now + timedelta(seconds=float(record.value)))
    for key in batch.due:
        held = batch.state.get(key)
        if held is not None:
            batch.send(Outgoing(out, key, b"rang after " + held, (("at", b"%d" % batch.shard),)))
            batch.state.delete(key)


@pytest.mark.asyncio
@pytest.mark.timeout(60)
async def test_state_and_timers_outlive_the_worker(kafka: LocalKafka) -> None:
    name = unique("alarm")
    topic, out, state = topics_of(name)
    create_topics(kafka.bootstrap, {topic: 3, out: 3, state: 3}, compacted=[state])
    flow = Flow(name, (topic,), 3, state)
    write(kafka, topic, [(b"soon-%d" % each, b"0.3") for each in range(9)])
    write(kafka, topic, [(b"late-%d" % each, b"4.0") for each in range(9)])
    async with running(kafka, flow, lambda batch: alarm(batch, out)) as app:
        counters = app.intakes[name].counters
        await until(lambda: counters.timers == 9)
        await until(lambda: all(each["position"] == each["end"] for each in app.intakes[name].progress()))
        assert {each["state"] for each in app.intakes[name].progress()} == {"running"}
        age = counters.last_commit_age_seconds()
        assert age is not None
        assert age < 10
    assert {value for _, value in await read(kafka, out)} == {b"rang after 0.3"}
    async with running(kafka, flow, lambda batch: alarm(batch, out)) as app:
        await until(lambda: app.intakes[name].counters.timers == 9)
        assert app.intakes[name].counters.records == 0  # nothing was read again
        await asyncio.sleep(0.2)
    rang = Counter(await read(kafka, out))
    assert rang == {
        (b"%s-%d" % (kind, n), b"rang after " + t): 1
        for kind, t in ((b"soon", b"0.3"), (b"late", b"4.0"))
        for n in range(9)
    }
    async with running(kafka, flow, lambda batch: alarm(batch, out)) as app:  # what was deleted does not come back
        await asyncio.sleep(0.5)
        assert app.intakes[name].counters.batches == 0


@pytest.mark.asyncio
@pytest.mark.timeout(60)
async def test_a_timer_left_untouched_is_offered_again_but_not_at_once(kafka: LocalKafka) -> None:
    name = unique("lazy")
    topic, out, state = topics_of(name)
    create_topics(kafka.bootstrap, {topic: 1, out: 1, state: 1}, compacted=[state])

    def lazy(batch: Batch) -> None:
        for record in batch.records:
            batch.state.put(record.key or b"", b"", batch.now)

    write(kafka, topic, [(b"k", b"")])
    async with running(kafka, Flow(name, (topic,), 1, state), lazy) as app:
        await asyncio.sleep(2.5)
        assert 2 <= app.intakes[name].counters.timers_untouched <= 3


@pytest.mark.asyncio
@pytest.mark.timeout(60)
async def test_many_topics_share_few_lanes_and_each_stays_in_order(kafka: LocalKafka) -> None:
    name = unique("many")
    topics = tuple(f"{name}.{number}" for number in range(40))
    out = f"{name}.out"
    create_topics(kafka.bootstrap, {**dict.fromkeys(topics, 1), out: 4})
    write_all(kafka, {topic: [(topic.encode(), b"%d" % number) for number in range(30)] for topic in topics})
    shards: dict[str, set[int]] = {}

    def pass_on(batch: Batch) -> None:
        for record in batch.records:
            shards.setdefault(record.topic, set()).add(batch.shard)
            batch.send(Outgoing(out, record.key, record.value))

    async with running(kafka, Flow(name, topics, 3), pass_on) as app:
        await until(lambda: app.intakes[name].counters.records == 1200)
        assert app.intakes[name].counters.transactions < 60
    seen: dict[bytes | None, list[bytes | None]] = {}
    for key, value in await read(kafka, out):
        seen.setdefault(key, []).append(value)
    assert seen == {topic.encode(): [b"%d" % number for number in range(30)] for topic in topics}
    assert all(len(each) == 1 for each in shards.values())
    assert set.union(*shards.values()) == {0, 1, 2}


@pytest.mark.asyncio
@pytest.mark.timeout(60)
async def test_a_large_batch_is_cut_and_written_whole(kafka: LocalKafka) -> None:
    name = unique("large")
    topic, out, state = topics_of(name)
    create_topics(kafka.bootstrap, {topic: 1, out: 2, state: 1}, compacted=[state])

    def swell(batch: Batch) -> None:
        for record in batch.records:
            for copy in range(100):
                batch.send(Outgoing(out, b"%d" % copy, bytes(20_000), partition=copy % 2))
            batch.state.put(record.key or b"", bytes(300_000))

    write(kafka, topic, [(b"k-%d" % each, b"") for each in range(10)])
    async with running(kafka, Flow(name, (topic,), 1, state), swell) as app:
        await until(lambda: app.intakes[name].counters.records == 10)
    assert len(await read(kafka, out)) == 1000
    assert len(await read(kafka, state)) == 10


@pytest.mark.timeout(60)
def test_an_agent_that_raises_ends_the_process_and_commits_nothing(kafka: LocalKafka) -> None:
    name = unique("broken")
    topic, out, state = topics_of(name)
    create_topics(kafka.bootstrap, {topic: 1, out: 1, state: 1}, compacted=[state])
    write(kafka, topic, [(b"k-1", b"1"), (b"k-1", b"secret"), (b"k-1", b"3")])
    argv = [sys.executable, "-m", "tests.engine.counting", kafka.bootstrap, name, "1", "", "6000"]
    done = subprocess.run(argv, capture_output=True, timeout=30, check=False)
    said = (done.stdout + done.stderr).decode()
    assert done.returncode == Exit.AGENT_FAILED
    assert said.count("WorkerExit") == 1
    assert "ValueError" in said
    assert "secret" not in said  # a message may quote a record
    assert read_all(kafka.bootstrap, [out, state]) == []


def test_the_times_fit_together() -> None:
    with pytest.raises(ValueError, match="max_poll_interval_ms"):
        replace(QUICK, decide_timeout_ms=60_000)
    with pytest.raises(ValueError, match="third"):
        replace(QUICK, heartbeat_interval_ms=4_000)
