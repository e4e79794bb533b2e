"""The local broker: start, stop, power cut, second start, and what it says when it cannot."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import textwrap
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from hub.local.child import Child, alive
from hub.local.jars import JarsMissing, find_jars, read_lock, verified
from hub.local.java import JavaNotFound, find_java
from hub.local.kafka import KafkaFailed, LocalKafka
from hub.local.ports import LOOPBACK, free_ports, is_free, next_free
from hub.testing import Broker


async def write(bootstrap: str, topic: str, value: bytes) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, transactional_id=f"w-{topic}")
    async with producer, producer.transaction():
        await producer.send_and_wait(topic, value, partition=0)


async def read(bootstrap: str, topic: str, count: int) -> list[bytes]:
    async with AIOKafkaConsumer(
        bootstrap_servers=bootstrap, auto_offset_reset="earliest", isolation_level="read_committed", group_id=None
    ) as consumer:
        consumer.assign([TopicPartition(topic, 0)])
        return [(await asyncio.wait_for(consumer.getone(), 10)).value for _ in range(count)]


async def test_what_was_written_survives_a_stop_and_a_power_cut(tmp_path: Path) -> None:
    async with LocalKafka(tmp_path) as kafka:
        admin = AIOKafkaAdminClient(bootstrap_servers=kafka.bootstrap)
        await admin.start()
        await admin.create_topics([NewTopic("kept", 1, 1)])
        await admin.close()
        await write(kafka.bootstrap, "kept", b"1")
    async with LocalKafka(tmp_path) as kafka:
        await write(kafka.bootstrap, "kept", b"2")
        before = kafka.bootstrap
        await kafka.kill()
        await kafka.start()  # the same object keeps its port: clients find it again
        assert kafka.bootstrap == before
        # A commit that was answered but not yet marked on the partition may stay unmarked after a power cut (seen in 2
        # of 6 runs, for more than 40 s) until its transactional id comes back, as that of every fenced lane does.
        await write(kafka.bootstrap, "kept", b"3")
        assert await read(kafka.bootstrap, "kept", 3) == [b"1", b"2", b"3"]


async def test_a_ready_broker_serves_a_first_consumer_group_at_once(kafka: Broker) -> None:
    assert kafka.local is not None
    assert kafka.bootstrap.startswith(f"{LOOPBACK}:")
    async with AIOKafkaConsumer(bootstrap_servers=kafka.bootstrap, group_id="first.ever") as consumer:
        assert await consumer.committed(TopicPartition("__consumer_offsets", 0)) is None


async def test_the_broker_dies_with_a_killed_parent_and_the_next_start_waits_for_it(tmp_path: Path) -> None:
    script = tmp_path / "parent.py"
    script.write_text(
        textwrap.dedent(
            f"""
            import asyncio, os, signal
            from pathlib import Path
            from hub.local.kafka import LocalKafka
            async def main():
                kafka = await LocalKafka(Path({str(tmp_path / "data")!r})).start()
                print(kafka.pid, flush=True)
                os.kill(os.getpid(), signal.SIGKILL)
            asyncio.run(main())
            """
        )
    )
    root = str(Path(__file__).parents[2])
    parent = Child.start([sys.executable, script], log=tmp_path / "out", env={**os.environ, "PYTHONPATH": root})
    assert await parent.wait() == -signal.SIGKILL
    broker = int((tmp_path / "out").read_text())
    async with LocalKafka(tmp_path / "data") as kafka:
        assert not alive(broker)
        assert kafka.pid != broker


async def test_a_broker_that_cannot_start_shows_the_end_of_its_log(tmp_path: Path) -> None:
    with pytest.raises(KafkaFailed, match=r"(?s)exit code 1.*kafka\.log:.*no.such|log\.retention"):
        await LocalKafka(tmp_path, properties={"log.retention.ms": "soon"}).start()


def test_a_jar_that_is_not_the_one_we_mean_is_never_run(tmp_path: Path) -> None:
    (tmp_path / "a.jar").write_bytes(b"other")
    lock = read_lock("# comment\n" + "0" * 64 + "  a.jar\n")
    with pytest.raises(JarsMissing, match=r"not the jars of jars\.lock: a\.jar"):
        verified(tmp_path, lock, tmp_path / "cache")
    with pytest.raises(JarsMissing, match=r"lacks \d+ of \d+ jars"):
        find_jars(tmp_path, tmp_path / "cache", find_java())


def test_a_change_after_the_check_is_seen(tmp_path: Path) -> None:
    jar = tmp_path / "a.jar"
    jar.write_bytes(b"right")
    import hashlib

    lock = {"a.jar": hashlib.sha256(b"right").hexdigest()}
    assert verified(tmp_path, lock, tmp_path / "cache").class_path == str(jar)
    jar.write_bytes(b"wrong")
    os.utime(jar, (1, 1))
    with pytest.raises(JarsMissing, match=r"a\.jar"):
        verified(tmp_path, lock, tmp_path / "cache")


def test_without_java_the_error_names_the_line_that_installs_it(tmp_path: Path) -> None:
    with pytest.raises(JavaNotFound, match=r"pip install 'enforcement-hub\[local\]'"):
        find_java(tmp_path / "nowhere")


def test_java_is_read_from_its_release_file_and_too_old_is_passed_over(tmp_path: Path) -> None:
    for name, version in (("old", "11.0.2"), ("new", "21.0.1")):
        (tmp_path / name / "bin").mkdir(parents=True)
        (tmp_path / name / "bin" / "java").touch(mode=0o755)
        (tmp_path / name / "release").write_text(f'JAVA_VERSION="{version}"\n')
    java = find_java(None, {"JAVA_HOME": str(tmp_path / "old"), "PATH": str(tmp_path / "new" / "bin")})
    assert (java.major, java.launcher) == (21, tmp_path / "new" / "bin" / "java")
    with pytest.raises(JavaNotFound, match=r"old/bin/java \(11\.0\.2\)"):
        find_java(tmp_path / "old")


def test_a_taken_port_gives_way_to_the_next_free_one() -> None:
    import socket

    with socket.socket() as taken:
        taken.bind((LOOPBACK, 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert not is_free(port)
        assert next_free(port) > port
    assert len(set(free_ports(5))) == 5
