"""A receiver that is slow, dead or wrong harms only itself; a store that is away makes us say no, never a false yes."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from connectors import registry, runner
from connectors.filedrop import FileSink, Folders
from connectors.handing import hand_out
from connectors.memory import MemorySink
from connectors.protocol import Connector, Record
from connectors.pulse import Pulse
from hub.canonical.event import SHANGHAI, Event
from hub.testing import Broker
from hub.topics import Topics
from hub.wire import avro, envelope
from tests.gateway.running import Running, case, create, header_of, headers, records
from tests.hub.conftest import RunningHub
from tests.hub.facts import fresh_uscc, plan
from tests.hub.probing import probe
from tests.hub.test_operating import until

RSJ = registry.system("rsj-csv")
COUNT = 20


class Slow(MemorySink):
    """A receiver that takes its time."""

    async def send(self, record: Record, *, key: str) -> None:
        await asyncio.sleep(30)
        await super().send(record, key=key)


async def eventually(true: Callable[[], bool], seconds: float = 20) -> float:
    began = time.monotonic()
    while not true():
        assert time.monotonic() - began < seconds, "it did not come true"
        await asyncio.sleep(0.05)
    return time.monotonic() - began


async def delivered_to(kafka: Broker, topics: list[str]) -> None:
    """`COUNT` deliveries on each of *topics*."""
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka.bootstrap)
    await admin.start()
    await admin.create_topics([NewTopic(topic, 1, 1) for topic in topics])
    await admin.close()
    data = {"uscc": "91520102MA6TE5T17M", "planId": "P1", "agency": "GY-RSJ", "reason": "EXPIRED"}
    recorded = datetime(2026, 3, 9, 10, tzinfo=SHANGHAI)
    async with AIOKafkaProducer(bootstrap_servers=kafka.bootstrap) as producer:
        for topic in topics:
            for number in range(COUNT):
                event = Event(
                    f"e-{number}", "inspection.plan.closed", "HUB", data["uscc"], recorded.isoformat(), recorded, data,
                    sequence=number + 1,
                )  # fmt: skip
                value = avro.encode_delivery(event.type, data)
                await producer.send(topic, value, b"k", headers=list(envelope.to_headers(event, projection="OPEN")))


async def test_a_dead_and_a_slow_receiver_make_no_other_wait_and_get_everything_later(
    tmp_path: Path, kafka: Broker, topic_name: Callable[[str], str]
) -> None:
    """One system, four parties: an outbox that cannot be written, one that takes 30 s a record, and two that work."""
    topics_of = {party: topic_name(party.lower()) for party in ("DEAD", "SLOW", "FINE", "MORE")}
    await delivered_to(kafka, list(topics_of.values()))
    dead = Folders(tmp_path / "dead")
    dead.home.mkdir()
    dead.outbox.write_text("a file where the folder should be: nobody, not even root, can write below it")
    fine, more = MemorySink(), MemorySink()
    sinks = {"DEAD": FileSink(dead, RSJ.format), "SLOW": Slow(), "FINE": fine, "MORE": more}
    connector = Connector(topic_name("g"), topic_name("g"), RSJ.dialect, RSJ.format, None, sinks)
    topics: Any = SimpleNamespace(delivery=lambda party: SimpleNamespace(name=topics_of[party]))
    pulse = Pulse()

    async with runner.consumer_for(connector, kafka.bootstrap) as consumer:
        task = asyncio.create_task(hand_out(connector, topics, consumer, pulse))
        await eventually(lambda: len(fine.sent) == len(more.sent) == COUNT)
        await eventually(lambda: any(name.endswith(".out.DEAD") for name in pulse.unreachable))
        assert [name.rpartition(".")[2] for name in pulse.unreachable] == ["DEAD"]
        assert pulse.stuck(0) is not None
        assert pulse.stuck(60) is None

        dead.outbox.unlink()  # the folder can be made again
        await eventually(lambda: dead.outbox.is_dir() and len(list(dead.outbox.glob("*.csv"))) == COUNT)
        assert pulse.unreachable == {}
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_what_was_not_handed_over_is_handed_over_by_the_next_process(
    tmp_path: Path, kafka: Broker, topic_name: Callable[[str], str]
) -> None:
    """Ended while one party could not be reached: the others get nothing twice, it gets everything."""
    topics_of = {party: topic_name(party.lower()) for party in ("DEAD", "FINE")}
    await delivered_to(kafka, list(topics_of.values()))
    dead = Folders(tmp_path / "dead")
    dead.home.mkdir()
    dead.outbox.write_text("in the way")
    name = topic_name("g")
    topics: Any = SimpleNamespace(delivery=lambda party: SimpleNamespace(name=topics_of[party]))
    heard = []
    for _ in range(2):
        fine = MemorySink()
        heard.append(fine)
        sinks = {"DEAD": FileSink(dead, RSJ.format), "FINE": fine}
        connector = Connector(name, name, RSJ.dialect, RSJ.format, None, sinks)
        async with runner.consumer_for(connector, kafka.bootstrap) as consumer:
            task = asyncio.create_task(hand_out(connector, topics, consumer))
            if dead.outbox.is_file():
                await eventually(lambda fine=fine: len(fine.sent) == COUNT)  # type: ignore[misc]
                await asyncio.sleep(1)  # and its offset is committed
                dead.outbox.unlink()
            else:
                await eventually(lambda: dead.outbox.is_dir() and len(list(dead.outbox.glob("*.csv"))) == COUNT)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    assert heard[1].sent == {}


def test_in_the_running_hub_one_broken_outbox_stops_nobody_and_a_party_that_never_comes_loses_nothing(
    running_hub: RunningHub,
) -> None:
    drop = running_hub.home / ".hub/data/drop"
    broken = drop / "GY-YJJ" / "outbox"
    shutil.rmtree(broken, ignore_errors=True)
    broken.parent.mkdir(parents=True, exist_ok=True)
    broken.write_text("in the way")
    uscc = fresh_uscc()
    running_hub.post("GY-YJJ", plan(f"broken-{uscc}", uscc, "GY-YJJ"))
    running_hub.post("GY-RSJ", plan(f"fine-{uscc}", uscc, "GY-RSJ", item="R1"))

    def files(party: str) -> list[Path]:
        return [path for path in (drop / party / "outbox").glob("*") if uscc.encode() in path.read_bytes()]

    until(lambda: files("GY-RSJ"))
    waiting = until(lambda: probe(running_hub, "connectors", "readyz?verbose")[1].get("waiting"))
    assert set(waiting) == {"yjj-json.out.GY-YJJ"}
    broken.unlink()
    until(lambda: broken.is_dir() and files("GY-YJJ"), seconds=60)
    until(lambda: not probe(running_hub, "connectors", "readyz?verbose")[1]["waiting"])
    # GY-SFJ has no connector and never asked: what is for it waits in its topic; it reads, never acks, and reads the same.
    first, again = running_hub.deliveries("GY-YJJ", 1), running_hub.deliveries("GY-YJJ", 1)
    assert [one["id"] for one in again][: len(first)] == [one["id"] for one in first]


class TestStoreAway:
    """The gateway's file of idempotency keys: locked, gone, unusable, back."""

    @pytest.fixture
    async def running(self, kafka: Broker, hub_topics: Topics, tmp_path: Path) -> Any:
        await create(kafka.bootstrap, hub_topics)
        gateway = Running(kafka.bootstrap, hub_topics, tmp_path / "state", publish_seconds=5)
        await asyncio.to_thread(gateway.__enter__)
        yield gateway
        await asyncio.to_thread(gateway.__exit__)

    @staticmethod
    async def posted(gateway: Running, content: Any, asked: dict[str, str]) -> httpx.Response:
        return await asyncio.to_thread(gateway.post, content, headers=asked, timeout=20)

    @staticmethod
    async def written(kafka: Broker, topics: Topics, case_no: str) -> list[str]:
        found = await records(kafka.bootstrap, topics.ingress("GY-YJJ", "canonical").name)
        return [header_of(each, "ce_id") for each in found if case_no.encode() in each.value]

    async def test_locked(self, running: Running, kafka: Broker, hub_topics: Topics) -> None:
        content, asked = case(), headers()
        case_no = content["data"]["correlationId"]
        other = sqlite3.connect(running.state_dir / "gateway.sqlite", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        answer = await self.posted(running, content, asked)
        assert (answer.status_code, answer.json()["code"]) == (503, "HUB-1502")
        assert answer.headers["retry-after"]
        ready = await asyncio.to_thread(httpx.get, f"{running.url}/readyz", trust_env=False, timeout=20)
        assert (ready.status_code, set(ready.json()["failed"])) == (503, {"store"})
        assert await self.written(kafka, hub_topics, case_no) == []

        other.execute("ROLLBACK")
        other.close()
        assert (await self.posted(running, content, asked)).status_code == 202
        assert len(await self.written(kafka, hub_topics, case_no)) == 1

    async def test_unusable_then_back(self, running: Running, kafka: Broker, hub_topics: Topics) -> None:
        first, asked_first = case(), headers()
        assert (await self.posted(running, first, asked_first)).status_code == 202
        away = running.state_dir.with_name("away")
        running.state_dir.rename(away)
        running.state_dir.write_text("a file where the folder was")
        content, asked = case(), headers()
        answer = await self.posted(running, content, asked)
        assert (answer.status_code, answer.json()["code"]) == (503, "HUB-1502")
        assert await self.written(kafka, hub_topics, content["data"]["correlationId"]) == []

        running.state_dir.unlink()
        away.rename(running.state_dir)
        assert (await self.posted(running, content, asked)).status_code == 202
        replayed = await self.posted(running, first, asked_first)
        assert replayed.headers["idempotency-replayed"] == "true"

    async def test_removed(self, running: Running, kafka: Broker, hub_topics: Topics) -> None:
        """What was remembered is gone for good; a retry makes the same event again, so nothing happens twice."""
        content, asked = case(), headers()
        first = await self.posted(running, content, asked)
        for path in running.state_dir.glob("gateway.sqlite*"):
            path.unlink()
        again = await self.posted(running, content, asked)

        assert (first.status_code, again.status_code) == (202, 202)
        assert first.json()["accepted"] == again.json()["accepted"]
        assert len(set(await self.written(kafka, hub_topics, content["data"]["correlationId"]))) == 1
        assert (running.state_dir / "gateway.sqlite").exists()
