"""The bed: a cluster, the hub's processes, senders and receivers, and the way from a plan to the auditor's verdict.

One rule: the hub runs by its own commands and is met at its own doors. The bed knows of it what an operator knows.
"""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from confluent_kafka import TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec

from hub.local.ports import LOOPBACK, free_ports
from hub.local.secrets import TOKENS, keep_check_code_key, keep_tokens
from hub.local.topics import load_topics
from hub.settings import Settings
from tests.faults.cluster import Cluster
from tests.faults.disk import Disk
from tests.faults.journal import Journal
from tests.faults.load import Fact, Load
from tests.faults.processes import Process, Supervisor
from tests.faults.proxies.frames import FrameProxy
from tests.faults.proxies.toxics import Toxiproxy
from tests.faults.receivers import files as by_file
from tests.faults.receivers import kafka as by_kafka
from tests.faults.receivers.inbox import Inbox
from tests.faults.receivers.pull import pull
from tests.faults.senders.files import Files
from tests.faults.senders.gateway import Gateway
from tests.faults.senders.kafka import Kafka
from tests.faults.sending import Sending

AGENTS = ("translate", "inspections", "matters", "complaints", "deliver")
PULLING = ("GY-YJJ", "GY-ZD-DD2", "GY-GAJ")
FOLLOWING = ("GY-JCY", "GY-SFJ", "GSH-GOV", "GY-12345", "GY-ZD-DD4", "GY-GOV")
FILING = "GY-RSJ"
_AUDIT_SECONDS = 1_800  #: a long run is some millions of records, read twice
_PROJECT = Path(__file__).parents[2]

#: one: all agents in each of two workers · agents: a worker for each agent
Layout = Literal["two", "agents"]


@dataclass
class Shape:
    """What a run is made of."""

    brokers: Literal[1, 3] = 1
    layout: Layout = "two"
    mutant: str = ""  #: run the hub with this defect planted
    env: dict[str, str] = field(default_factory=dict)
    #: A worker that is not a fixed slot leaves the group only when its session is over.
    slots: bool = True
    #: What stands between the hub and the brokers: a proxy that can hold single frames, or one that spoils links.
    between: Literal["", "frames", "toxics"] = ""
    #: Megabytes of the disks of their own that the brokers and the hub's own files lie on; 0: the machine's.
    broker_disk: int = 0
    hub_disk: int = 0


class Bed:
    def __init__(self, home: Path, shape: Shape, cluster: Cluster, say: Callable[[str], None]) -> None:
        home.mkdir(parents=True, exist_ok=True)
        self.home = home
        self.shape = shape
        self.cluster = cluster
        self.say = say
        self.bootstrap = cluster.proxied_bootstrap if shape.between else cluster.bootstrap
        self.frames: Sequence[FrameProxy] = ()
        self.toxics: Toxiproxy | None = None
        self.broker_disk = Disk(home / "kafka", shape.broker_disk)
        self.hub_disk = Disk(home / "own", shape.hub_disk)
        self.journals = home / "journals"
        self.drop = home / "own" / "drop"
        (port,) = free_ports(1)
        self.gateway = f"http://{LOOPBACK}:{port}"
        self.tokens = keep_tokens(home, load_topics(Settings(), "local").parties())
        self.supervisor = Supervisor(home / "logs", self._environment())
        self.inboxes: list[Inbox] = []
        self.sending = Sending({})
        self.planned = 0  #: facts of the load
        self._port = port
        self._worker_number = 0
        self._receivers: list[asyncio.Task[None]] = []

    # ---- the hub

    def start_gateway(self) -> None:
        self._add("gateway", "gateway", "--port", str(self._port), ready=f"{self.gateway}/readyz")

    def start_hub(self) -> None:
        self.start_gateway()
        self._add("connectors", "connectors")
        if self.shape.layout == "agents":
            for agent in AGENTS:
                self.add_worker(agent)
        else:
            self.add_worker()
            self.add_worker()

    def add_worker(self, *agents: str) -> str:
        """One more worker with *agents* or all of them; its name."""
        self._worker_number += 1
        name = f"worker-{self._worker_number}" + "".join(f"-{agent}" for agent in agents)
        words = [word for agent in agents for word in ("--agent", agent)]
        self._add(name, "worker", *words, *(["--slot", f"faults-{name}"] if self.shape.slots else []))
        return name

    def _add(self, name: str, verb: str, *words: str, ready: str = "") -> None:
        command = ["tests.faults.mutant", self.shape.mutant] if self.shape.mutant else ["hub"]
        if not ready:
            (port,) = free_ports(1)
            words, ready = (*words, "--health-port", str(port)), f"http://{LOOPBACK}:{port}/readyz"
        argv = [sys.executable, "-m", *command, "serve", verb, *words]
        self.supervisor.add(Process(name, verb, argv, ready))

    def _environment(self) -> dict[str, str]:
        return {
            **os.environ,
            "PYTHONPATH": str(_PROJECT),
            "PYTHONUNBUFFERED": "1",
            "HUB_DEV": "true",
            "HUB_KAFKA__BOOTSTRAP": self.bootstrap,
            "HUB_TOKENS_FILE": str(self.home / TOKENS),
            "HUB_STATE_DIR": str(self.home / "own" / "state"),
            "HUB_DROP_DIR": str(self.drop),
            "HUB_CHECK_CODE_SECRET": keep_check_code_key(self.home),
            **self.shape.env,
        }

    # ---- receivers

    def start_receivers(self) -> None:
        following = {party: self._inbox(f"{party}/kafka", party) for party in FOLLOWING}
        work = [by_kafka.follow(self.cluster.bootstrap, following)]
        work += [pull(self.gateway, self.tokens[party], self._inbox(f"{party}/pull", party)) for party in PULLING]
        work.append(by_file.collect(self.drop, FILING, self._inbox(f"{FILING}/files", FILING, [by_file.KIND])))
        self._receivers = [asyncio.create_task(each) for each in work]

    def _inbox(self, consumer: str, party: str, types: Sequence[str] = ()) -> Inbox:
        inbox = Inbox(self.journals, consumer, party, types)
        self.inboxes.append(inbox)
        return inbox

    @property
    def accepted(self) -> int:
        """Facts of the load, so far."""
        return self.sending.accepted

    @property
    def effects(self) -> int:
        return sum(map(len, self.inboxes))

    # ---- load

    async def send(self, load: Load, rate: float, limit_seconds: float) -> None:
        """Send *load*, starting so many facts a second, and return when all of it is accepted."""
        journal = Journal(self.journals / "sender.jsonl")
        self.sending = Sending({
            "gateway": Gateway(self.gateway, self.tokens, journal, limit_seconds),
            "kafka": Kafka(self.cluster.bootstrap, journal, limit_seconds),
            "file": Files(self.drop, FILING, journal, limit_seconds),
        })  # fmt: skip
        try:
            await self.sending.send(load, rate, limit_seconds)
        finally:
            journal.close()

    # ---- the end

    def written(self) -> int:
        """How much stands in all of the hub's topics: the sum of where they end."""
        admin = AdminClient({"bootstrap.servers": self.cluster.bootstrap, "log_level": 2})
        places = [
            TopicPartition(name, number)
            for name, topic in admin.list_topics(timeout=20).topics.items()
            if not name.startswith("__")
            for number in topic.partitions
        ]
        asked = admin.list_offsets({place: OffsetSpec.latest() for place in places}, request_timeout=20)
        return sum(future.result().offset for future in asked.values())

    async def drained(self, quiet_seconds: float, limit_seconds: float) -> float:
        """Wait until nothing more is written and received; seconds until the last that was."""
        began = moved = time.monotonic()
        last: object = None
        while True:
            now = (await asyncio.to_thread(self.written), self.effects)
            if now != last:
                last, moved = now, time.monotonic()
            elif time.monotonic() - moved >= quiet_seconds:
                return moved - began
            if time.monotonic() - began > limit_seconds:
                raise TimeoutError(f"still busy {limit_seconds:g} s after the last fault")
            await asyncio.sleep(0.3)

    async def audit(self, dump: Path) -> tuple[int, str]:
        """The auditor's exit code and words."""
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.faults.auditor", "--bootstrap", self.cluster.bootstrap,
            "--journals", str(self.journals), "--schemas", str(_PROJECT / "schemas" / "avro"), "--dump", str(dump),
            "--json", str(self.home / "audit.json"),
            cwd=_PROJECT, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
        try:
            out, _ = await asyncio.wait_for(process.communicate(), _AUDIT_SECONDS)
        except TimeoutError:
            process.kill()
            raise
        return process.returncode or 0, out.decode()

    async def stop(self) -> None:
        for task in self._receivers:
            task.cancel()
        await asyncio.gather(*self._receivers, return_exceptions=True)
        for inbox in self.inboxes:
            inbox.close()
        await self.supervisor.stop()


@asynccontextmanager
async def bed(home: Path, shape: Shape, say: Callable[[str], None] = print) -> AsyncIterator[Bed]:
    """A running hub on a cluster of its own, with receivers; nothing of it outlives this."""
    began = time.monotonic()
    cluster = Cluster(shape.brokers, home / "kafka", proxied=bool(shape.between))
    made = Bed(home, shape, cluster, say)
    async with AsyncExitStack() as stack:
        stack.enter_context(made.broker_disk)
        stack.enter_context(made.hub_disk)
        await stack.enter_async_context(cluster)
        await cluster.apply_topics()
        if shape.between == "frames":
            made.frames = [
                await stack.enter_async_context(FrameProxy(link.listen, link.upstream)) for link in cluster.links
            ]
        elif shape.between == "toxics":
            made.toxics = await stack.enter_async_context(Toxiproxy(cluster.links, home / "toxiproxy.log"))
        stack.push_async_callback(made.stop)
        made.start_hub()
        await made.supervisor.until_ready(150)
        made.start_receivers()
        say(f"  ready in {time.monotonic() - began:.0f} s")
        yield made


__all__ = ["AGENTS", "Bed", "Fact", "Layout", "Shape", "bed"]
