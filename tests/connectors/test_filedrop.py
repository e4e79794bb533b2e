"""File drop: what is taken, what is refused, and what a kill between any two steps leaves behind."""

from __future__ import annotations

import asyncio
import hashlib
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import orjson
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from connectors import registry, runner
from connectors.filedrop import FileSink, FileSource, Folders, manifest
from connectors.handing import hand_out
from connectors.memory import MemorySink, MemorySource, PlainDialect
from connectors.protocol import Connector, Unavailable
from connectors.pulse import Pulse
from connectors.runner import keep_running, take_in
from connectors.serve import connect
from hub.canonical.event import Event, derived_id, own_event_id
from hub.testing import Broker
from hub.wire import avro, envelope
from tests.connectors.log import TOPICS, Log, taking
from tests.connectors.sites import NOON, site

RSJ = registry.system("rsj-csv")
SAMPLE = RSJ.folder / "samples/plans-and-results.csv"
MANIFEST = "a.csv.manifest.json"


def dropped(home: Path) -> Connector:
    folders = Folders(home)
    folders.make()
    source = FileSource(folders, RSJ.format, now=lambda: NOON, quiet_seconds=0.0, poll_seconds=0.1)
    return Connector("rsj-csv", "GY-RSJ", RSJ.dialect, RSJ.format, source, {"GY-RSJ": FileSink(folders, RSJ.format)})


async def until(met: Callable[[], bool], seconds: float = 10.0) -> None:
    deadline = time.monotonic() + seconds
    while not met():
        assert time.monotonic() < deadline, "not in time"
        await asyncio.sleep(0.02)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if not path.name.startswith("."))


def left(work: Path) -> list[str]:
    """In the folder of what is in work, hidden things among it, save the lock."""
    return sorted(path.name for path in work.iterdir() if path.name != ".lock")


class TestWhatComesIn:
    async def test_each_row_is_a_record_of_its_own(self, tmp_path: Path) -> None:
        """With an id that the same row has for ever, in the party's own words."""
        connector, producer = dropped(tmp_path), Log()
        (tmp_path / "inbox/jh.csv").write_bytes(SAMPLE.read_bytes())

        async with taking(connector, producer):
            await until(lambda: names(tmp_path / "done") == ["jh.csv", "jh.csv.receipt.json"])

        assert [record.topic for record in producer.records] == ["evt.gy-rsj.rsj-csv.v1"] * 4
        _, value, key, headers = producer.records[0]
        assert (
            registry.read("rsj-csv", value, headers["content-type"])
            == registry.read("rsj-csv", SAMPLE.read_bytes())[:1]
        )
        assert key == b"91520102MA6TE5T17M"
        assert headers == {
            "ce_id": own_event_id("GY-RSJ", "RSJ0001"), "ce_fromparty": "GY-RSJ",
            "ce_recordedtime": "2026-03-09T12:00:00+08:00", "content-type": "text/csv; charset=gb18030",
        }  # fmt: skip
        receipt = orjson.loads((tmp_path / "done/jh.csv.receipt.json").read_bytes())
        assert (receipt["rows"], receipt["accepted"], receipt["refused"]) == (4, 4, 0)
        assert names(tmp_path / "inbox") == names(tmp_path / "err") == names(tmp_path / ".work") == []

    async def test_a_row_without_an_own_number_is_named_by_file_and_row(self, tmp_path: Path) -> None:
        value = "BWLX,TYSHXYDM,JHBH,QXSJ,YY\r\nJCJHQX,91520102MA6TE5T17M,P1,20260303090000,x\r\n".encode("gb18030")
        connector, producer = dropped(tmp_path), Log()

        for name in ("a.csv", "again.csv"):
            (tmp_path / "inbox" / name).write_bytes(value)
        async with taking(connector, producer):
            await until(lambda: len(names(tmp_path / "done")) == 4)

        expected = derived_id("GY-RSJ", "file", hashlib.sha256(value).hexdigest(), "1")
        assert producer.ids == [expected, expected]

    async def test_good_rows_go_on_and_bad_rows_come_back_with_reasons(self, tmp_path: Path) -> None:
        lines = SAMPLE.read_bytes().split(b"\r\n")
        lines[2] = lines[2].replace(b",03,01,", b",77,01,", 1)  # no such kind of inspection
        lines.insert(4, b"torn,row")
        connector, producer = dropped(tmp_path), Log()
        (tmp_path / "inbox/jh.csv").write_bytes(b"\r\n".join(lines))

        async with taking(connector, producer):
            await until(lambda: "jh.csv" in names(tmp_path / "done"))

        assert len(producer.records) == 3
        assert names(tmp_path / "err") == ["jh.bad-rows.csv", "jh.csv.reason.json"]
        reasons = orjson.loads((tmp_path / "err/jh.csv.reason.json").read_bytes())["rows"]
        assert [(reason["row"], reason["code"]) for reason in reasons] == [(2, "INVALID_FIELD"), (4, "INVALID_FIELD")]
        assert reasons[0]["field"] == "JCLX"
        assert reasons[0]["value"] == "77"
        assert b"RSJ0002" in (tmp_path / "err/jh.bad-rows.csv").read_bytes()

    async def test_what_is_no_file_of_ours_is_refused(self, tmp_path: Path) -> None:
        """Links are not followed, folders not read, names not trusted."""
        secret = tmp_path / "secret.csv"
        secret.write_bytes(SAMPLE.read_bytes())
        connector, producer = dropped(tmp_path / "drop"), Log()
        inbox = tmp_path / "drop/inbox"
        (inbox / "link.csv").symlink_to(secret)
        os.link(secret, inbox / "hard.csv")
        (inbox / "folder").mkdir()
        os.mkfifo(inbox / "pipe.csv")
        (inbox / "x\\..\\..\\up.csv").write_bytes(SAMPLE.read_bytes())
        (inbox / "half.csv.part").write_bytes(b"half")
        (inbox / "empty.csv").write_bytes(b"")

        async with taking(connector, producer):
            await until(lambda: len([n for n in names(tmp_path / "drop/err") if n.endswith(".reason.json")]) == 6)

        assert producer.records == []
        assert secret.read_bytes() == SAMPLE.read_bytes()
        assert names(inbox) == ["half.csv.part"]
        assert not [name for name in names(tmp_path / "drop/err") if "\\" in name]

    async def test_without_kafka_nothing_is_lost_and_nothing_is_called_done(self, tmp_path: Path) -> None:
        connector, producer = dropped(tmp_path), Log(broken=True)
        (tmp_path / "inbox/jh.csv").write_bytes(SAMPLE.read_bytes())

        with pytest.raises(Unavailable):
            await take_in(connector, TOPICS, producer, lambda: NOON)
        assert names(tmp_path / ".work") == ["jh.csv"]

        producer.broken = False
        async with taking(connector, producer):
            await until(lambda: "jh.csv" in names(tmp_path / "done"))
        assert len(producer.records) == 4

    async def test_two_processes_never_work_in_one_folder(self, tmp_path: Path) -> None:
        async with taking(dropped(tmp_path), Log()):
            await asyncio.sleep(0.2)
            with pytest.raises(Unavailable):
                await take_in(dropped(tmp_path), TOPICS, Log(), lambda: NOON)

    async def test_a_file_that_comes_while_waiting_is_noticed(self, tmp_path: Path) -> None:
        connector, producer = dropped(tmp_path), Log()
        async with taking(connector, producer):
            await asyncio.sleep(0.3)
            (tmp_path / "inbox/late.csv").write_bytes(SAMPLE.read_bytes())
            await until(lambda: "late.csv" in names(tmp_path / "done"))


class TestTheRunner:
    async def test_a_record_is_settled_after_kafka_has_it(self) -> None:
        """Understood: None; not understood: the reason."""
        source = MemorySource([{"type": "inspection.plan.closed", "id": "1", "data": {"uscc": "U"}}, {"junk": 1}])
        connector = Connector("plain", "GY-YJJ", PlainDialect(), registry.system("yjj-json").format, source)
        producer = Log()

        await take_in(connector, TOPICS, producer, lambda: NOON)

        assert source.settled[0] is None
        assert source.settled[1] is not None
        assert [record.key for record in producer.records] == [b"U"]

    async def test_what_is_unavailable_is_tried_later_and_later(self) -> None:
        pauses: list[float] = []

        async def pump() -> None:
            if len(pauses) < 3:
                raise Unavailable("away")

        async def sleep(seconds: float) -> None:
            pauses.append(seconds)

        pulse = Pulse()
        await keep_running("x", pump, pulse, sleep)

        assert pauses == [0.5, 1.0, 2.0]
        assert pulse.ready

    async def test_a_bug_is_not_tried_again(self) -> None:
        async def pump() -> None:
            raise RuntimeError("bug")

        with pytest.raises(RuntimeError):
            await keep_running("x", pump, Pulse())


async def test_the_same_delivery_twice_is_one_file(tmp_path: Path) -> None:
    folders = Folders(tmp_path)
    folders.make()
    sink, record = FileSink(folders, RSJ.format), {"BWLX": "QTTZ"}

    await sink.send(record, key="000000000001-x")
    before = (tmp_path / "outbox/000000000001-x.csv").stat().st_mtime_ns
    await sink.send(record, key="000000000001-x")

    assert names(tmp_path / "outbox") == ["000000000001-x.csv"]
    assert (tmp_path / "outbox/000000000001-x.csv").stat().st_mtime_ns == before


async def made(kafka: Broker, topic: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka.bootstrap)
    await admin.start()
    try:
        await admin.create_topics([NewTopic(topic, 1, 1)])
    finally:
        await admin.close()


async def ids_on(kafka: Broker, topic: str) -> list[str]:
    consumer = AIOKafkaConsumer(bootstrap_servers=kafka.bootstrap, auto_offset_reset="earliest")
    await consumer.start()
    try:
        place = TopicPartition(topic, 0)
        consumer.assign([place])
        end = (await consumer.end_offsets([place]))[place]
        found: list[str] = []
        while await consumer.position(place) < end:
            for records in (await consumer.getmany(timeout_ms=500)).values():
                found.extend(dict(record.headers)["ce_id"].decode() for record in records)
        return found
    finally:
        await consumer.stop()


class TestOnARealBroker:
    @pytest.mark.parametrize(("said", "steps"), [(False, 4), (True, 6)], ids=["alone", "with a manifest"])
    async def test_killed_at_any_step_every_row_arrives_with_one_id(
        self, tmp_path: Path, kafka: Broker, topic_name: Callable[[str], str], said: bool, steps: int
    ) -> None:
        """Claim, (manifest), (produce), reasons, receipt, done, (manifest): dead before or after each, then started again."""
        topic = topic_name("in")
        await made(kafka, topic)
        header, *rows = SAMPLE.read_bytes().split(b"\r\n")
        points = [(step, when) for step in range(1, steps + 1) for when in ("before", "after")]
        killed = []
        for step, when in points:
            root = tmp_path / f"{step}{when}"
            inbox = root / "GY-RSJ/inbox"
            inbox.mkdir(parents=True)
            own = rows[0].replace(b"RSJ0001", f"K{step}{when}".encode())
            content = b"\r\n".join([header, own, b"torn"]) + b"\r\n"
            if said:
                digest = hashlib.sha256(content).hexdigest()
                (inbox / MANIFEST).write_bytes(manifest.told("a.csv", len(content), digest))
            (inbox / "a.csv").write_bytes(content)
            os.utime(inbox / "a.csv", (1, 1))
            command = [
                sys.executable,
                "-m",
                "tests.connectors.dropping",
                str(root),
                kafka.bootstrap,
                topic,
                str(step),
                when,
            ]
            killed.append(subprocess.Popen(command, cwd=Path(__file__).parents[2]))
        for process in killed:
            assert await asyncio.to_thread(process.wait, 60) == -9

        topics: Any = SimpleNamespace(ingress=lambda party, dialect: SimpleNamespace(name=topic))
        async with runner.producer_for(kafka.bootstrap) as producer:
            for step, when in points:
                root = tmp_path / f"{step}{when}"
                connector = connect(site(root, ["GY-RSJ"]), [], ["GY-RSJ"])["rsj-csv"]
                task = asyncio.create_task(take_in(connector, topics, producer, lambda: NOON))
                home = root / "GY-RSJ"
                await until(lambda home=home: "a.csv" in names(home / "done") and not left(home / ".work"))  # type: ignore[misc]
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
                assert names(home / "done") == ["a.csv", *([MANIFEST] if said else []), "a.csv.receipt.json"]
                assert names(home / "err") == ["a.csv.reason.json"]
                assert names(home / "inbox") == []

        assert set(await ids_on(kafka, topic)) == {own_event_id("GY-RSJ", f"K{step}{when}") for step, when in points}

    async def test_deliveries_become_files_and_only_then_are_committed(
        self, tmp_path: Path, kafka: Broker, topic_name: Callable[[str], str]
    ) -> None:
        """A delivery, a scenario's delivery and one that cannot be read: one file; started again: still one."""
        topic = topic_name("dlv")
        await made(kafka, topic)
        data = {"uscc": "91520102MA6TE5T17M", "planId": "P1", "agency": "GY-RSJ", "reason": "EXPIRED"}
        event = Event(
            "e-1", "inspection.plan.closed", "HUB", data["uscc"], "2026-03-09T10:00:00+08:00", NOON, data, sequence=12
        )
        value = avro.encode_delivery(event.type, data)
        headers = list(envelope.to_headers(event, projection="OPEN"))
        async with AIOKafkaProducer(bootstrap_servers=kafka.bootstrap) as producer:
            await producer.send_and_wait(topic, value, b"k", headers=headers)
            await producer.send_and_wait(topic, value, b"k", headers=[*headers, ("ce_realm", b"scenario")])
            await producer.send_and_wait(topic, b"junk", b"k", headers=headers)
        topics: Any = SimpleNamespace(delivery=lambda party: SimpleNamespace(name=topic))
        memory = MemorySink()

        for sink in (FileSink(Folders(tmp_path), RSJ.format), memory):
            connector = Connector(topic, topic, RSJ.dialect, RSJ.format, None, {"GY-RSJ": sink})
            async with runner.consumer_for(connector, kafka.bootstrap) as consumer:
                task = asyncio.create_task(hand_out(connector, topics, consumer))
                if sink is not memory:
                    await until(lambda: (tmp_path / "outbox").is_dir() and len(names(tmp_path / "outbox")) == 1, 20)
                await asyncio.sleep(1.0)
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)

        [name] = names(tmp_path / "outbox")
        assert name == "000000000012-e-1.csv"
        [draft] = registry.read("rsj-csv", (tmp_path / "outbox" / name).read_bytes())
        assert (draft.type, draft.data, draft.own_id) == (event.type, data, "e-1")
        assert memory.sent == {}
