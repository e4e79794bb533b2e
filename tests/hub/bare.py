"""A hub without a supervisor: a broker, its topics, and workers that only the test starts and ends."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from confluent_kafka import Producer

from hub.canonical.event import full_type
from hub.local.kafka import LocalKafka
from hub.local.ports import free_ports
from hub.local.topics import load_topics
from hub.ops.cluster import apply, read_cluster
from hub.ops.plan import plan
from hub.settings import Settings
from tests.engine.broker import Seen, read_all

PROJECT = Path(__file__).parents[2]


@dataclass
class Worker:
    """One slot: a process with all agents, of whatever *code*."""

    bootstrap: str
    home: Path
    slot: str
    code: Path = PROJECT
    more: Mapping[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        (port,) = free_ports(1)
        environment = os.environ | {
            "PYTHONPATH": str(self.code),
            "HUB_DEV": "true",
            "HUB_KAFKA__BOOTSTRAP": self.bootstrap,
            "HUB_STATE_DIR": str(self.home / "state"),
            "HUB_CHECK_CODE_SECRET": "0" * 32,
            **self.more,
        }
        words = [sys.executable, "-m", "hub", "serve", "worker", "--slot", self.slot, "--health-port", str(port)]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(words, cwd=self.home, env=environment, stdout=log, stderr=log)

    def end(self, how: signal.Signals = signal.SIGKILL) -> int:
        """End it and give its exit code."""
        assert self.process is not None
        self.process.send_signal(how)
        return self.process.wait(60)

    @property
    def log(self) -> Path:
        return self.home / f"{self.slot}.log"


async def start_broker(folder: Path) -> LocalKafka:
    """A broker with all topics of the hub."""
    kafka = LocalKafka(folder, heap_mb=384)
    await kafka.start()
    topics = load_topics(Settings(), "local")
    wanted = topics.all()
    keys = {key for topic in wanted for key in topic.settings}
    await apply(kafka.bootstrap, plan(wanted, await read_cluster(kafka.bootstrap, keys), internal=topics.internal))
    return kafka


def write(producer: Producer, party: str, event: dict[str, Any]) -> None:
    """Write one canonical event as *party* does with a Kafka client of its own."""
    producer.produce(
        f"evt.{party.lower()}.canonical.v1",
        json.dumps(
            {"specversion": "1.0", "source": f"urn:guiyang:{party}:test"} | event | {"type": full_type(event["type"])}
        ).encode(),
        headers=[("content-type", b"application/cloudevents+json")],
    )


def typed(record: Seen) -> str:
    """The event's type, without the parts that are alike for all."""
    names = dict(record.headers)
    return names.get("ce_type", b"").decode().removeprefix("cn.guiyang.hub.").removesuffix(".v1")


def until(bootstrap: str, topic: str, wanted: Any, *, seconds: float = 60) -> list[Seen]:
    """The committed records of *topic* once *wanted* says they are enough."""
    end = time.monotonic() + seconds
    while not wanted(found := read_all(bootstrap, [topic])):
        assert time.monotonic() < end, f"{topic}: only {len(found)}: {Counter(map(typed, found))}"
        time.sleep(0.3)
    return found
