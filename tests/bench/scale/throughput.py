"""A backlog of plans through the agent inspections, exactly once: how fast, and for how much processor time on either side.

The one rule: what counts is the processor time of an event. The machine has two cores for the broker and all workers together, so
more workers than one share what there is, and their rate says how well they share, not how far they would go.
"""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from confluent_kafka import Consumer, TopicPartition

from hub.agents import outgoing
from hub.canonical.event import SHANGHAI, Event
from hub.canonical.identifiers import uscc_check_char
from tests.agents.records import TOPICS
from tests.bench.scale.kept import write
from tests.bench.scale.plans import AGENCIES, submitted
from tests.engine.broker import create_topics, producer
from tests.engine.scale.process import broker, cpu_seconds

EVENTS: Final = 60_000
ROUNDS: Final = 1
ENTERPRISES: Final = 30_000
_LONGEST_SECONDS: Final = 120


def firm(number: int) -> str:
    """The code of one enterprise."""
    first = f"91520102MA{number:07}"
    return first + uscc_check_char(first)


def plan(number: int) -> Event:
    """One of the plans of the months to come, spread over the enterprises; none is over before the run is."""
    now = datetime.now(SHANGHAI)
    event = submitted(number, now.date() + timedelta(days=2 + number * 37 % 250))
    uscc = firm(number % ENTERPRISES)
    event.data["subject"]["uscc"] = uscc
    return Event(event.id, event.type, event.party, uscc, event.time, now, event.data, system="brigade")


def shared_topics(bootstrap: str) -> None:
    """What the agent may write to besides its state; the dead letters too, though nothing here should be refused."""
    names = (TOPICS.aggregate("inspection"), TOPICS.outgoing, TOPICS.receipt, TOPICS.clock)
    letters = (TOPICS.dead_letters(agency) for agency in AGENCIES)
    create_topics(bootstrap, {topic.name: topic.partitions for topic in (*names, *letters)})


def prepared(bootstrap: str, name: str, partitions: int) -> None:
    """Write the backlog of the run *name*."""
    create_topics(bootstrap, {f"{name}.in": partitions, f"{name}.state": partitions}, compacted=[f"{name}.state"])
    to = producer(bootstrap, {"linger.ms": 20})
    for number in range(EVENTS):
        fact = outgoing.fact(TOPICS, plan(number), ())
        to.produce(f"{name}.in", fact.value, fact.key, headers=list(fact.headers))
        if number % 5_000 == 0:
            to.flush()
    to.flush()


def measured(bootstrap: str, kafka: int, name: str, workers: int, partitions: int) -> dict[str, Any]:
    """One run: events per second, and processor microseconds of an event in the workers and in the broker."""
    prepared(bootstrap, name, partitions)
    command = [sys.executable, "-m", "tests.bench.scale.worker", bootstrap, name, str(partitions)]
    children = [subprocess.Popen(command) for _ in range(workers)]
    try:
        done = _Done(bootstrap, f"hub.{name}", [TopicPartition(f"{name}.in", each) for each in range(partitions)])
        began = _wait(done, children, EVENTS // 5)
        first, at, used, served = done.records, began, _used(children), cpu_seconds(kafka)
        _wait(done, children, EVENTS)
        seconds, events = time.monotonic() - at, done.records - first
        return {
            "workers": workers,
            "partitions": partitions,
            "eventsPerSecond": round(events / seconds),
            "workerMicroseconds": round((_used(children) - used) * 1e6 / events, 1),
            "brokerMicroseconds": round((cpu_seconds(kafka) - served) * 1e6 / events, 1),
        }
    finally:
        for child in children:
            child.send_signal(signal.SIGTERM)
        for child in children:
            child.wait(20)


class _Done:
    """How many records of the run have been committed."""

    def __init__(self, bootstrap: str, group: str, at: list[TopicPartition]) -> None:
        self._at = at
        # read_uncommitted: otherwise the question waits until no transaction with offsets is open, which is when all is done.
        self._consumer = Consumer(
            {
                "bootstrap.servers": bootstrap,
                "group.id": group,
                "enable.auto.commit": False,
                "isolation.level": "read_uncommitted",
            }
        )
        self.records = 0

    def look(self) -> int:
        self.records = sum(max(each.offset, 0) for each in self._consumer.committed(self._at, timeout=30))
        return self.records


def _wait(done: _Done, children: Sequence[subprocess.Popen[bytes]], records: int) -> float:
    until = time.monotonic() + _LONGEST_SECONDS
    while done.look() < records:
        ended = [child.poll() for child in children if child.poll() is not None]
        if ended:
            raise RuntimeError(f"workers ended with {ended} after {done.records} events")
        if time.monotonic() > until:
            raise TimeoutError(f"{done.records} of {records} events after {_LONGEST_SECONDS} s")
        time.sleep(0.05)
    return time.monotonic()


def _used(children: Sequence[subprocess.Popen[bytes]]) -> float:
    return sum(cpu_seconds(child.pid) for child in children)


def runs(part: str, of: str, sizes: Sequence[tuple[int, int]]) -> dict[str, Any]:
    """Each of *sizes*, (workers, partitions), in turn, round after round; the best of each counts."""
    with broker(heap_mb=1024) as bootstrap:
        kafka = _broker_pid()
        shared_topics(bootstrap)
        found: dict[tuple[int, int], dict[str, Any]] = {}
        for round_ in range(ROUNDS):
            for workers, partitions in sizes:
                run = measured(bootstrap, kafka, f"{part}{workers}-{partitions}-{round_}", workers, partitions)
                before = found.get((workers, partitions))
                if before is None or run["eventsPerSecond"] > before["eventsPerSecond"]:
                    found[workers, partitions] = run
    return write(part, (), {"runs": [*found.values()], "of": of, "rounds": ROUNDS, "events": EVENTS})


def _broker_pid() -> int:
    """The one child of this process that is a broker."""
    children = Path(f"/proc/self/task/{Path('/proc/self').resolve().name}/children").read_text().split()
    brokers = [int(each) for each in children if b"kafka" in Path(f"/proc/{each}/cmdline").read_bytes()]
    (pid,) = brokers
    return pid
