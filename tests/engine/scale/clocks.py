"""100,000 open clocks: what they cost while nothing is due, and how late they fire when all are due within a minute.

`python -m tests.engine.scale.clocks [NUMBER] [SECONDS]`. One worker, one shard. Lateness is from the due time to the time at
which the broker appended what the timer wrote; beside it facts keep coming, and their delay is measured the same way.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime

from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient, NewTopic

from hub.engine.batch import Batch
from hub.engine.flow import Flow
from hub.engine.record import Outgoing
from hub.engine.settings import EngineSettings
from hub.engine.worker import create_app, install, run
from tests.engine.broker import Seen, producer, read_all
from tests.engine.scale.process import broker, cpu_seconds, resident_mb

NAME = "clocks"
IN, OUT, STATE = f"{NAME}.in", f"{NAME}.out", f"{NAME}.state"
_IDLE_SECONDS = 10
_FACTS_PER_SECOND = 50


def worker(bootstrap: str) -> None:
    """Sets a clock for every record that names a time; writes on what fires, and every other record."""
    app = create_app(NAME)
    flow = Flow(NAME, (IN,), 1, STATE)
    channel = install(app, flow, EngineSettings(), bootstrap)

    @app.agent(channel, concurrency=1)
    async def clocks(batches: AsyncIterator[Batch]) -> None:
        async for batch in batches:
            with batch:
                for key in batch.due:
                    batch.send(Outgoing(OUT, key, batch.state.get(key), (("kind", b"clock"),)))
                    batch.state.put(key, b"fired")
                for record in batch.records:
                    assert record.key is not None
                    assert record.value is not None
                    if record.key.startswith(b"clock-"):
                        due = datetime.fromtimestamp(int(record.value) / 1000, UTC)
                        batch.state.put(record.key, record.value, due)
                    else:
                        batch.send(Outgoing(OUT, record.key, record.value, (("kind", b"fact"),)))

    run(app)


def main(number: int, seconds: int) -> None:
    with broker() as bootstrap:
        appended = {"message.timestamp.type": "LogAppendTime"}
        topics = [NewTopic(name, 1, 1, config=appended) for name in (IN, OUT, STATE)]
        admin = AdminClient({"bootstrap.servers": bootstrap})  # it must live as long as its answers are awaited
        for made in admin.create_topics(topics).values():
            made.result(30)
        words = [sys.executable, "-m", "tests.engine.scale.clocks", "worker", bootstrap]
        child = subprocess.Popen(words)
        try:
            _watch(bootstrap, child, number, seconds)
        finally:
            child.terminate()
            child.wait()


def _watch(bootstrap: str, child: subprocess.Popen[bytes], number: int, seconds: int) -> None:
    to = producer(bootstrap)
    _facts(to, 1)
    _until(bootstrap, 1)
    alone, idle = resident_mb(child.pid), _idle(child)
    print(f"without clocks: idle {idle:.1%} of a processor, {alone:.0f} MB", flush=True)
    first_ms = int(time.time() * 1000) + 60_000
    for count in range(number):
        to.produce(IN, b"%d" % (first_ms + count * seconds * 1000 // number), b"clock-%d" % count)
        if count % 10_000 == 0:
            to.flush()
    to.flush()
    _facts(to, 1)
    _until(bootstrap, 2)  # a shard is worked through in order, so all clocks are set
    idle = _idle(child)
    print(f"{number} clocks: idle {idle:.1%} of a processor, {resident_mb(child.pid) - alone:.0f} MB more", flush=True)
    assert time.time() * 1000 < first_ms, "the clocks were set too late: the figures would mean nothing"
    time.sleep(first_ms / 1000 - time.time())
    used = cpu_seconds(child.pid)
    facts = 0
    while time.time() * 1000 < first_ms + seconds * 1000:
        _facts(to, 1)
        facts += 1
        time.sleep(1 / _FACTS_PER_SECOND)
    used = cpu_seconds(child.pid) - used
    print(f"while they fire: {used / seconds:.0%} of a processor", flush=True)
    seen = _until(bootstrap, 2 + facts + number)
    late = [each.timestamp_ms - int(each.value or 0) for each in seen if each.headers == (("kind", b"clock"),)]
    fired = {each.key for each in seen if each.headers == (("kind", b"clock"),)}
    assert len(late) == len(fired) == number, "a clock fired twice or never"
    delays = [each.timestamp_ms - int(each.value or 0) for each in seen if each.headers == (("kind", b"fact"),)]
    print(f"late ms: {_points(late)}; delay of {facts} facts beside them ms: {_points(delays[2:])}", flush=True)


def _facts(to: Producer, number: int) -> None:
    for _ in range(number):
        to.produce(IN, b"%d" % int(time.time() * 1000), b"fact")
    to.poll(0)


def _idle(child: subprocess.Popen[bytes]) -> float:
    used = cpu_seconds(child.pid)
    time.sleep(_IDLE_SECONDS)
    return (cpu_seconds(child.pid) - used) / _IDLE_SECONDS


def _until(bootstrap: str, number: int) -> list[Seen]:
    end = time.monotonic() + 180
    while len(seen := read_all(bootstrap, [OUT])) < number:
        assert time.monotonic() < end, f"{len(seen)} of {number}"
        time.sleep(1)
    return seen


def _points(values: Sequence[int]) -> str:
    ordered = sorted(values)
    return ", ".join(f"p{at} {ordered[min(len(ordered) - 1, len(ordered) * at // 100)]}" for at in (50, 90, 99, 100))


if __name__ == "__main__":
    if sys.argv[1:2] == ["worker"]:
        worker(sys.argv[2])
    else:
        numbers = [int(word) for word in sys.argv[1:]]
        main(*(numbers + [100_000, 60][len(numbers) :]))
