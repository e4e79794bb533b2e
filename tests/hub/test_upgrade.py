"""One version of the code is replaced by the next, worker by worker, under load."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import tarfile
import threading
import time
from collections import Counter
from io import BytesIO
from pathlib import Path

import pytest

from hub.canonical.event import own_event_id
from hub.engine.exits import Exit
from hub.rules.state import FORMAT
from tests.engine.broker import owners, producer, read_all
from tests.hub.bare import PROJECT, Worker, start_broker, typed, until, write
from tests.hub.facts import fresh_uscc, plan

#: Wants the machine to itself: `make test` runs it after the others, one at a time.
pytestmark = pytest.mark.faults

ENTERPRISES = 40  # few plans each: what an enterprise has planned already costs time with every further plan
PER_SECOND = 10
STATE = "hub.inspections.state"


def git(*words: str) -> bytes:
    if shutil.which("git") is None:
        pytest.skip("git is not installed")
    done = subprocess.run(["git", "-C", str(PROJECT), *words], capture_output=True, check=False)
    if done.returncode:
        pytest.skip(f"the history is not here: {done.stderr.decode().strip()}")
    return done.stdout


def former_version(folder: Path) -> Path:
    """The code as it was before the present format of states."""
    last = git("log", "-1", "--format=%H", "-G^FORMAT", "--", "hub/rules/state.py").decode().strip()
    if not last:
        pytest.skip("the history does not reach back to the former format")
    with tarfile.open(fileobj=BytesIO(git("archive", f"{last}^"))) as archive:
        archive.extractall(folder, filter="data")
    return folder


class Load:
    """Plans of one agency for a few enterprises, at a steady rate."""

    def __init__(self, bootstrap: str) -> None:
        self.sent: dict[str, str] = {}
        self._enterprises = [fresh_uscc() for _ in range(ENTERPRISES)]
        self._producer = producer(bootstrap)
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while not self._done.wait(1 / PER_SECOND):
            plan_id = f"up-{len(self.sent)}"
            uscc = self._enterprises[len(self.sent) % ENTERPRISES]
            write(self._producer, "GY-YJJ", plan(plan_id, uscc))
            self._producer.poll(0)
            self.sent[plan_id] = uscc

    def stop(self) -> None:
        self._done.set()
        self._thread.join()
        assert self._producer.flush(30) == 0


def in_groups(bootstrap: str, slots: set[str]) -> None:
    """Wait until *slots* share the enterprises."""
    end = time.monotonic() + 60
    while {name for name, held in owners(bootstrap, "hub.inspections").items() if held} != slots:
        assert time.monotonic() < end, f"{slots} never shared the work"
        time.sleep(0.3)


def formats(bootstrap: str) -> Counter[int]:
    """How many state records of each format were ever written."""
    return Counter(
        json.loads(each.value).get("format", 1)
        for each in read_all(bootstrap, [STATE])
        if each.value and each.key and not each.key.startswith(b"\x00")
    )


@pytest.mark.timeout(240)
async def test_workers_are_replaced_one_by_one_by_the_next_version_and_nothing_is_lost_or_twice(tmp_path: Path) -> None:
    old = former_version(tmp_path / "former")
    kafka = await start_broker(tmp_path / "kafka")
    workers = [Worker(kafka.bootstrap, tmp_path, slot, old) for slot in ("a", "b")]
    load: Load | None = None
    try:
        for worker in workers:
            worker.start()
        in_groups(kafka.bootstrap, {"a", "b"})
        load = Load(kafka.bootstrap)
        until(kafka.bootstrap, STATE, lambda found: len({each.key for each in found}) >= ENTERPRISES)
        assert set(formats(kafka.bootstrap)) == {FORMAT - 1}
        for number, worker in enumerate(workers):
            worker.end((signal.SIGTERM, signal.SIGKILL)[number])  # one is asked to go, one dies
            worker.code = PROJECT
            worker.start()
            before = len(load.sent)
            in_groups(kafka.bootstrap, {"a", "b"})
            while len(load.sent) < before + ENTERPRISES + PER_SECOND:  # each is written by the new one too
                time.sleep(0.1)
        load.stop()

        sent = {own_event_id("GY-YJJ", plan_id): uscc for plan_id, uscc in load.sent.items()}
        receipts = until(
            kafka.bootstrap,
            "receipt.event.v1",
            lambda found: len({each.key for each in found}) >= len(sent),
            seconds=90,
        )
        assert Counter(typed(each) for each in receipts) == {"receipt.ingress.accepted": len(sent)}
        assert {(each.key or b"").decode() for each in receipts} == set(sent)
        ids = [dict(each.headers)["ce_id"] for each in read_all(kafka.bootstrap, ["inspection.event.v1"])]
        assert [each for each, times in Counter(ids).items() if times > 1] == []

        assert set(formats(kafka.bootstrap)) == {FORMAT - 1, FORMAT}
        last = {each.key: each.value for each in read_all(kafka.bootstrap, [STATE]) if not each.key.startswith(b"\x00")}
        heard = {event_id: json.loads(value) for value in last.values() for event_id in json.loads(value)["seen"]}
        assert {event_id: state["key"] for event_id, state in heard.items()} == sent
        assert {state["format"] for state in heard.values()} == {FORMAT}
    finally:
        if load is not None:
            load.stop()
        for worker in workers:
            if worker.process is not None:
                worker.process.kill()
                worker.process.wait()
            print(worker.log.read_text(errors="replace")[-3000:])
        await kafka.kill()


async def test_a_worker_refuses_the_state_of_a_later_version_when_it_opens_it(tmp_path: Path) -> None:
    kafka = await start_broker(tmp_path / "kafka")
    worker = Worker(kafka.bootstrap, tmp_path, "a")
    try:
        to = producer(kafka.bootstrap)
        to.produce(STATE, b"%d" % (FORMAT + 1), b"\x00format", partition=0)
        to.flush()
        worker.start()
        assert worker.process is not None
        assert worker.process.wait(60) == Exit.STATE_UNREADABLE
        said = worker.log.read_text()
        assert f"a state of format {FORMAT + 1}" in said
        assert "start the newer version" in said
    finally:
        if worker.process is not None:
            worker.process.kill()
            worker.process.wait()
        await kafka.kill()
