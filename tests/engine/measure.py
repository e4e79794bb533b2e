"""Figures of one worker process: `python -m tests.engine.measure BOOTSTRAP [throughput|latency] [PARTITIONS]`.

throughput: a backlog of 200 000 records of 300 bytes goes through a flow that keeps a value per key and writes each record on.
latency: 500 records a second for 20 seconds through one hop; from just before the client's produce to the committed record in a
reader's hands.
"""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator

from confluent_kafka import Consumer

from hub.engine.batch import Batch
from hub.engine.flow import Flow
from hub.engine.record import Outgoing
from hub.engine.settings import EngineSettings
from hub.engine.worker import create_app, install, run
from tests.engine.broker import create_topics, producer, read_all, unique

KEYS = 5_000


def worker(bootstrap: str, name: str, partitions: int) -> None:
    app = create_app(name)
    flow = Flow(name, (f"{name}.in",), partitions, f"{name}.state")
    channel = install(app, flow, EngineSettings(), bootstrap)
    out = f"{name}.out"

    @app.agent(channel, concurrency=partitions)
    async def passing(batches: AsyncIterator[Batch]) -> None:
        async for batch in batches:
            with batch:
                for record in batch.records:
                    assert record.key is not None
                    batch.state.put(record.key, b"%d" % record.offset)
                    batch.send(Outgoing(out, record.key, record.value, record.headers))

    run(app)


def start(bootstrap: str, name: str, partitions: int) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-m", "tests.engine.measure", bootstrap, "worker", name, str(partitions)])


def committed_reader(bootstrap: str, topic: str) -> Consumer:
    consumer = Consumer(
        {
            "bootstrap.servers": bootstrap,
            "group.id": unique("measure"),
            "isolation.level": "read_committed",
            "auto.offset.reset": "earliest",
            "fetch.wait.max.ms": 50,
        }
    )
    consumer.subscribe([topic])
    return consumer


def throughput(bootstrap: str, partitions: int, records: int = 200_000) -> None:
    name = unique("throughput")
    create_topics(bootstrap, dict.fromkeys((f"{name}.in", f"{name}.out", f"{name}.state"), partitions))
    to = producer(bootstrap)
    body = b"x" * 300
    for number in range(records):
        to.produce(f"{name}.in", body, b"key-%d" % (number % KEYS))
        if number % 10_000 == 0:
            to.flush()
    to.flush()
    child = start(bootstrap, name, partitions)
    reader = committed_reader(bootstrap, f"{name}.out")
    first = last = 0.0
    got = at_first = 0
    while got < records:
        messages = [each for each in reader.consume(5_000, timeout=0.5) if each.error() is None]
        if messages:
            last = time.monotonic()
            if not first:
                first, at_first = last, len(messages)
            got += len(messages)
    child.terminate()
    print(f"throughput {(got - at_first) / (last - first):.0f} records/s, worker exit {child.wait()}")
    reader.close()
    assert len(read_all(bootstrap, [f"{name}.out"])) == records


def latency(bootstrap: str, partitions: int, rate: int = 500, seconds: int = 20) -> None:
    name = unique("latency")
    create_topics(bootstrap, dict.fromkeys((f"{name}.in", f"{name}.out", f"{name}.state"), partitions))
    child = start(bootstrap, name, partitions)
    to = producer(bootstrap)
    reader = committed_reader(bootstrap, f"{name}.out")
    taken: list[float] = []

    def read() -> None:
        while len(taken) < rate * (seconds + 5):
            messages = reader.consume(100, timeout=0.002)
            taken.extend(time.monotonic() - float(each.value() or 0) for each in messages if each.error() is None)

    thread = threading.Thread(target=read, daemon=True)
    thread.start()
    began = time.monotonic()
    for number in range(rate * (seconds + 5)):  # the first five seconds are for starting
        wait = began + number / rate - time.monotonic()
        if wait > 0:
            time.sleep(wait)
        to.produce(f"{name}.in", b"%.6f" % time.monotonic(), b"key-%d" % (number % KEYS))
        to.poll(0)
    to.flush()
    thread.join(10)
    child.terminate()
    child.wait()
    timed = sorted(taken[rate * 5 :])
    points = {f"p{at}": f"{timed[len(timed) * at // 100] * 1000:.1f}" for at in (50, 90, 99)}
    print(f"latency ms at {rate}/s: {points}, {len(timed)} records")


if __name__ == "__main__":
    _, address, what, *rest = sys.argv
    if what == "worker":
        worker(address, rest[0], int(rest[1]))
    else:
        {"throughput": throughput, "latency": latency}[what](address, int(rest[0]) if rest else 4)
