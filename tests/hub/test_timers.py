"""Deadlines of real time through the hub's own agents: what falls due while nobody is there fires once, and for everyone."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from hub.canonical.event import SHANGHAI
from tests.engine.broker import producer, read_all
from tests.hub.bare import Worker, start_broker, typed, until, write

#: Wants the machine to itself: `make test` runs it after the others, one at a time.
pytestmark = pytest.mark.faults

RECEIVERS = ("GY-YJJ", "GY-GAJ", "GY-SFJ")


@pytest.fixture
async def worker(tmp_path: Path) -> AsyncIterator[Worker]:
    kafka = await start_broker(tmp_path / "kafka")
    worker = Worker(kafka.bootstrap, tmp_path, "only")
    try:
        yield worker
    finally:
        if worker.process is not None:
            worker.process.kill()
            worker.process.wait()
        await kafka.kill()


def missed(bootstrap: str, topic: str) -> list[Any]:
    return [each for each in read_all(bootstrap, [topic]) if typed(each) == "clock.missed"]


def has(event_type: str, times: int = 1) -> Any:
    return lambda found: len([each for each in found if typed(each) == event_type]) >= times


async def test_a_deadline_that_falls_due_while_the_worker_is_dead_fires_once_after_its_restart(worker: Worker) -> None:
    """24 hours to transfer a suspected crime, of which all but some seconds have passed when the approval is sent."""
    worker.start()
    bootstrap, to = worker.bootstrap, producer(worker.bootstrap)
    thread = {"correlationId": "MT-dead", "reportId": "R-dead"}
    team = [{"name": "甲", "certNo": "1"}, {"name": "乙", "certNo": "2"}]
    now = datetime.now(SHANGHAI)
    reported = {"reportedAt": (now - timedelta(hours=25)).isoformat(timespec="seconds")}
    data = thread | reported | {"principal": "GY-YJJ", "team": team}
    write(to, "GY-ZD-DD2", {"id": "R-dead", "type": "matter.suspicion.reported", "data": data})
    to.flush()
    until(bootstrap, "matter.event.v1", has("matter.suspicion.reported"))
    due = datetime.now(SHANGHAI).replace(microsecond=0) + timedelta(seconds=8)
    approved = {"approvedAt": (due - timedelta(hours=24)).isoformat(), "approver": {"post": "HEAD"}}
    write(to, "GY-YJJ", {"id": "A-dead", "type": "matter.transfer.approved", "data": thread | approved})
    to.flush()
    until(bootstrap, "clock.event.v1", has("clock.started", 2))
    worker.end()
    assert datetime.now(SHANGHAI) < due, "the machine was too slow: the deadline had passed before the kill"
    assert missed(bootstrap, "clock.event.v1") == []
    while datetime.now(SHANGHAI) < due + timedelta(seconds=1):
        time.sleep(0.1)

    worker.start()
    until(bootstrap, "clock.event.v1", has("clock.missed"))
    receivers = [f"dlv.{party.lower()}.v1" for party in RECEIVERS]
    for topic in receivers:
        until(bootstrap, topic, has("clock.missed"), seconds=20)
    worker.end()  # and once more from the state written with it
    worker.start()
    write(
        to,
        "GY-YJJ",
        {"id": "R-after", "type": "matter.suspicion.reported", "data": data | {"correlationId": "MT-after"}},
    )
    to.flush()
    until(bootstrap, "matter.event.v1", has("matter.suspicion.reported", 2))

    told = missed(bootstrap, "clock.event.v1")
    assert len(told) == 1
    for topic in receivers:
        assert len(missed(bootstrap, topic)) == 1, topic
