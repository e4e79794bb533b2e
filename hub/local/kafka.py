"""A real Kafka broker on this machine, without a container: format, start, prove it ready, stop.

One rule: `start` returns only when a client can do everything: metadata with a controller, a group's coordinator and a
transaction's coordinator answer. The broker listens on the loopback only and dies with its parent.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hashlib
import os
import shutil
import signal
import subprocess
import tempfile
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

from hub.local.child import Child, alive
from hub.local.files import cache_folder, project_file
from hub.local.jars import VERSION, Jars, find_jars
from hub.local.java import Java, find_java
from hub.local.ports import LOOPBACK, free_ports

#: quick: compiles little and starts at once, for development and tests. fast: the full compiler, for measuring.
Jvm = Literal["quick", "fast"]

_START_SECONDS = 90.0
_STOP_SECONDS = 20.0
_TRAIN_SECONDS = 60.0  # a first stop also writes the class archive
_LAST_LINES = 20


class KafkaFailed(RuntimeError):
    """The broker ended or did not get ready. The text carries the end of its log."""


@dataclass(frozen=True, slots=True)
class Quorum:
    """The cluster a broker belongs to: its id, and the port of each node's controller."""

    cluster_id: str
    controllers: Mapping[int, int]

    @property
    def voters(self) -> str:
        return ",".join(f"{node}@{LOOPBACK}:{port}" for node, port in self.controllers.items())


class LocalKafka:
    """One broker and its data. Start it again on the same *data_dir* and everything is still there.

    *port* 0 takes a free one. *properties* override the broker's settings. Without a *quorum* it is a cluster of its own;
    with one it is that cluster's node *node_id*, and is ready only once a majority of them runs. Use it from the main thread.
    """

    version = VERSION

    def __init__(
        self,
        data_dir: Path,
        *,
        port: int = 0,
        java: Path | None = None,
        libs: Path | None = None,
        jvm: Jvm = "quick",
        heap_mb: int = 256,
        cache: Path | None = None,
        properties: Mapping[str, str] | None = None,
        node_id: int = 1,
        quorum: Quorum | None = None,
    ) -> None:
        self.data_dir = data_dir.absolute()
        self._port = port
        self._wanted_java = java
        self._wanted_libs = libs
        self._jvm: Jvm = jvm
        self._heap_mb = heap_mb
        self._cache = cache or cache_folder("kafka", VERSION)
        self._overrides = dict(properties or {})
        self._node_id = node_id
        self._quorum = quorum
        self._child: Child | None = None
        self._training: Path | None = None
        self._archive = Path()
        #: seconds from `start` to ready, of the last start
        self.seconds_to_ready = 0.0

    @property
    def bootstrap(self) -> str:
        """`host:port`, known once started and the same after a restart."""
        return f"{LOOPBACK}:{self._port}"

    @property
    def child(self) -> Child:
        """The broker's process."""
        if self._child is None:
            raise RuntimeError("the broker was not started")
        return self._child

    @property
    def pid(self) -> int:
        return self.child.pid

    @property
    def log(self) -> Path:
        return self.data_dir / "logs" / "kafka.log"

    async def start(self) -> Self:
        """Start and wait until ready. The first start ever formats; the first stop ever writes a class archive."""
        began = time.monotonic()
        java = find_java(self._wanted_java)
        jars = await asyncio.to_thread(find_jars, self._wanted_libs, self._cache, java)
        await self.previous_gone()
        broker, controller = free_ports(2)
        self._port = self._port or broker
        config = self._prepare(java, jars, self._quorum or Quorum(new_cluster_id(), {self._node_id: controller}))
        self._child = Child.start(
            self._command(java, jars, config),
            log=self.data_dir / "logs" / "kafka.out",
            # A clean end keeps the next start short; whoever starts again waits for it in `previous_gone`.
            when_parent_dies=signal.SIGTERM,
        )
        self._pid_file.write_text(str(self._child.pid))
        try:
            await self._until_ready(began + _START_SECONDS)
        except BaseException:
            await self.kill()
            raise
        self.seconds_to_ready = time.monotonic() - began
        return self

    async def stop(self) -> None:
        """Stop cleanly; everything acknowledged is on disk."""
        if self._child is None:
            return
        grace = _STOP_SECONDS if self._training is None else _TRAIN_SECONDS
        await self._child.stop(grace_seconds=grace)
        self._child = None
        self._pid_file.unlink(missing_ok=True)
        if self._training is not None:
            if self._training.exists():
                self._training.replace(self._archive)
            self._training = None

    async def kill(self) -> None:
        """End it as a power cut would."""
        if self._child is not None:
            self._child.kill()
            await self._child.wait()
            self._child = None

    async def __aenter__(self) -> Self:
        return await self.start()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    @property
    def _pid_file(self) -> Path:
        return self.data_dir / "kafka.pid"

    async def previous_gone(self) -> None:
        """Wait for a broker of an earlier, killed parent: two on one directory is refused by Kafka itself."""
        with contextlib.suppress(OSError, ValueError):
            pid = int(self._pid_file.read_text())
            deadline = time.monotonic() + _STOP_SECONDS
            while _is_broker(pid, self.data_dir):
                if time.monotonic() > deadline:
                    os.kill(pid, signal.SIGKILL)
                await asyncio.sleep(0.05)

    def _prepare(self, java: Java, jars: Jars, quorum: Quorum) -> Path:
        logs = self.data_dir / "logs"
        logs.mkdir(parents=True, exist_ok=True)
        records = self.data_dir / "log"
        if not (records / "meta.properties").exists():
            _format(records, self._cache, java, jars, self._node_id, quorum.cluster_id)
        config = self.data_dir / "server.properties"
        settings = broker_properties(self._port, self._node_id, quorum, records) | self._overrides
        config.write_text("".join(f"{key}={value}\n" for key, value in settings.items()))
        return config

    def _command(self, java: Java, jars: Jars, config: Path) -> list[str | Path]:
        flags = ["-Xms64m", f"-Xmx{self._heap_mb}m", "-XX:+UseSerialGC", "-Djava.awt.headless=true"]
        if self._jvm == "quick":
            flags.append("-XX:TieredStopAtLevel=1")
        return [
            java.launcher,
            *flags,
            *self._archive_flags(java, jars),
            f"-Dlog4j2.configurationFile={project_file('deploy/kafka/log4j2.properties')}",
            "-Dlog4j2.disableJmx=true",
            f"-Dhub.kafka.logs={self.log.parent}",
            "-cp",
            jars.class_path,
            "kafka.Kafka",
            config,
        ]

    def _archive_flags(self, java: Java, jars: Jars) -> list[str]:
        """Use the archive of loaded classes (halves the start), or write it at this broker's stop if there is none."""
        made_for = f"{java.launcher} {java.version} {jars.digest} {jars.folder} {self._jvm}"
        self._archive = self._cache / "cds" / f"{hashlib.sha256(made_for.encode()).hexdigest()[:16]}.jsa"
        if self._archive.exists():
            return [f"-XX:SharedArchiveFile={self._archive}", "-Xlog:cds=off", "-Xlog:cds+dynamic=off"]
        self._archive.parent.mkdir(parents=True, exist_ok=True)
        self._training = self._archive.with_suffix(f".{uuid.uuid4().hex}.tmp")
        return [f"-XX:ArchiveClassesAtExit={self._training}", "-Xlog:cds=off", "-Xlog:cds+dynamic=off"]

    async def _until_ready(self, deadline: float) -> None:
        async def ended() -> None:
            code = await self.child.wait()
            raise KafkaFailed(f"Kafka ended with exit code {code} before it was ready.\n{self._end_of_log()}")

        watch = asyncio.create_task(ended())
        probe = asyncio.create_task(_answers(self._port))
        try:
            done, _ = await asyncio.wait(
                {watch, probe}, timeout=deadline - time.monotonic(), return_when=asyncio.FIRST_COMPLETED
            )
            if not done:
                raise KafkaFailed(f"Kafka was not ready after {_START_SECONDS:.0f} s.\n{self._end_of_log()}")
            for task in done:
                task.result()
        finally:
            for task in (watch, probe):
                task.cancel()
            await asyncio.gather(watch, probe, return_exceptions=True)

    def _end_of_log(self) -> str:
        for path in (self.log, self.data_dir / "logs" / "kafka.out"):
            if path.exists() and (lines := path.read_text(errors="replace").splitlines()):
                return "\n".join([f"{path}:", *lines[-_LAST_LINES:]])
        return f"It wrote no log in {self.log.parent}."


def broker_properties(port: int, node_id: int, quorum: Quorum, records: Path) -> dict[str, str]:
    """The settings of a broker, alone unless overridden, with hundreds of nearly empty topics."""
    return {
        "process.roles": "broker,controller",
        "node.id": str(node_id),
        "controller.quorum.voters": quorum.voters,
        "listeners": f"PLAINTEXT://{LOOPBACK}:{port},CONTROLLER://{LOOPBACK}:{quorum.controllers[node_id]}",
        "advertised.listeners": f"PLAINTEXT://{LOOPBACK}:{port}",
        "controller.listener.names": "CONTROLLER",
        "listener.security.protocol.map": "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT",
        "log.dirs": str(records),
        "auto.create.topics.enable": "false",
        "num.partitions": "1",
        "offsets.topic.replication.factor": "1",
        "offsets.topic.num.partitions": "1",
        "transaction.state.log.replication.factor": "1",
        "transaction.state.log.min.isr": "1",
        "transaction.state.log.num.partitions": "1",
        "share.coordinator.state.topic.replication.factor": "1",
        "share.coordinator.state.topic.min.isr": "1",
        "group.initial.rebalance.delay.ms": "0",
        "log.cleaner.dedupe.buffer.size": "2097152",
        # An index is allocated whole when its topic is opened: 10 MB each by default, for topics of a few kilobytes.
        "log.index.size.max.bytes": str(256 * 1024),
        "num.recovery.threads.per.data.dir": "4",
        # A killed broker may not come back before its old registration has lapsed: 9 s by default.
        "broker.session.timeout.ms": "3000",
        "broker.heartbeat.interval.ms": "250",
        "num.network.threads": "2",
        "num.io.threads": "4",
    }


def _format(records: Path, cache: Path, java: Java, jars: Jars, node_id: int, cluster_id: str) -> None:
    """Make *records* a formatted directory of that node of that cluster, from a template the cache keeps."""
    template = cache / "template"
    if not template.exists():
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache) as scratch:
            fresh = Path(scratch) / "log"
            config = Path(scratch) / "server.properties"
            alone = broker_properties(9092, 1, Quorum("", {1: 9093}), fresh)
            config.write_text("".join(f"{key}={value}\n" for key, value in alone.items()))
            subprocess.run(  # noqa: S603 - our own argv, no shell
                [java.launcher, "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-cp", jars.class_path,
                 "kafka.tools.StorageTool", "format", "-t", new_cluster_id(), "-c", config],
                check=True, capture_output=True,
            )  # fmt: skip
            with contextlib.suppress(OSError):  # another first start was quicker; its template is as good
                fresh.rename(template)
    shutil.rmtree(records, ignore_errors=True)
    shutil.copytree(template, records, dirs_exist_ok=True)  # it may be a mount, which cannot be removed
    (records / "meta.properties").write_text(
        f"node.id={node_id}\ndirectory.id={new_cluster_id()}\nversion=1\ncluster.id={cluster_id}\n"
    )


def new_cluster_id() -> str:
    """A random id in Kafka's spelling; one may not begin with a dash, the command line would take it for an option."""
    while (spelled := base64.urlsafe_b64encode(uuid.uuid4().bytes).rstrip(b"=").decode()).startswith("-"):
        pass
    return spelled


def _is_broker(pid: int, data_dir: Path) -> bool:
    """Whether *pid* is a broker of *data_dir*: a number alone may since belong to anything."""
    if not alive(pid):
        return False
    try:
        return os.fsencode(data_dir / "server.properties") in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False


async def _answers(port: int) -> None:
    """Return when the broker at *port* serves metadata, groups and transactions."""
    while True:
        try:
            _, writer = await asyncio.open_connection(LOOPBACK, port)
        except OSError:
            await asyncio.sleep(0.02)
            continue
        writer.close()
        break
    from hub.local.ready import until_served  # noqa: PLC0415 - the client loads while the broker does

    await until_served(f"{LOOPBACK}:{port}")


async def prepare(cache: Path | None = None, *, java: Path | None = None, libs: Path | None = None) -> float:
    """Do now what a first run would: fetch the jars, format the template, write the class archive. Seconds taken."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="hub-kafka-") as scratch:
        async with LocalKafka(Path(scratch), java=java, libs=libs, cache=cache):
            pass
    return time.monotonic() - began
