"""What the load meets: a broker, the topics of those who send, and `hub serve gateway` on a core of its own.

The one rule: quotas are wide enough for the load and nothing else is switched off.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
import sys
import time
import urllib.request
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from hub.local.child import Child
from hub.local.ports import LOOPBACK, free_ports
from hub.local.topics import load_topics
from hub.settings import Settings
from hub.topics import Topic
from tests.bench.gateway.posts import BRIGADE, DIALECT, TOKENS, WORK
from tests.bench.work.plans import UNITS

#: One sender stands for a city of them.
_QUOTAS: Final = {
    "HUB_GATEWAY__LIMITS__EVENTS_PER_SECOND": "1000000",
    "HUB_GATEWAY__LIMITS__EVENTS_BURST": "1000000",
    "HUB_GATEWAY__LIMITS__REQUESTS_PER_PARTY": "1000",
    "HUB_GATEWAY__LIMITS__CONNECTIONS_PER_PARTY": "1000",
}
_TICKS: Final = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Stand:
    """A gateway that runs, and where its events go."""

    bootstrap: str
    port: int
    pid: int
    topics: Sequence[Topic]

    @property
    def cpu_seconds(self) -> float:
        """What the gateway has used so far."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS

    @property
    def peak_mib(self) -> float:
        """The most memory it ever held."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        return int(status.partition("VmHWM:")[2].split()[0]) / 1024


@contextlib.asynccontextmanager
async def stand(bootstrap: str, folder: Path, *, core: int | None = None) -> AsyncIterator[Stand]:
    """A gateway before *bootstrap*, on *core* alone if one is named."""
    topics = await _create(bootstrap)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "tokens.json").write_text(json.dumps(TOKENS))
    (port,) = free_ports(1)
    pinned = ["taskset", "-c", str(core)] if core is not None and shutil.which("taskset") else []
    child = Child.start(
        [*pinned, sys.executable, "-m", "hub", "serve", "gateway", "--port", str(port)],
        log=folder / "gateway.log",
        env=os.environ | _environment(bootstrap, folder),
    )
    try:
        await asyncio.to_thread(_until_ready, f"http://{LOOPBACK}:{port}/readyz", child)
        yield Stand(bootstrap, port, child.pid, topics)
    finally:
        await child.stop(grace_seconds=20)


def _environment(bootstrap: str, folder: Path) -> Mapping[str, str]:
    return _QUOTAS | {
        "HUB_ENVIRONMENT": "local",
        "HUB_KAFKA__BOOTSTRAP": bootstrap,
        "HUB_TOKENS_FILE": str(folder / "tokens.json"),
        "HUB_STATE_DIR": str(folder / "state"),
        "HUB_CONNECTORS_DIR": str(WORK),
    }


def _until_ready(url: str, child: Child) -> None:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    for _ in range(600):
        try:
            with opener.open(url, timeout=5) as answer:
                if answer.status == 200:
                    return
        except OSError:
            assert Path(f"/proc/{child.pid}").exists(), "the gateway ended before it was ready"
        time.sleep(0.05)
    raise TimeoutError("the gateway does not become ready")


async def _create(bootstrap: str) -> list[Topic]:
    """The topics of the senders, and the control topic, as topics.yaml has them."""
    topics = load_topics(Settings(connectors_dir=WORK), "local")
    wanted = [topics.ingress(BRIGADE, DIALECT), *(topics.ingress(unit, "canonical") for unit in UNITS)]
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        there = await admin.list_topics()
        await admin.create_topics(
            [NewTopic(each.name, each.partitions, 1) for each in (*wanted, topics.control) if each.name not in there]
        )
    finally:
        await admin.close()
    return wanted


async def logged(on: Stand) -> tuple[int, int]:
    """Records in the log of the senders' topics, and how many different ids they have."""
    places = [TopicPartition(topic.name, number) for topic in on.topics for number in range(topic.partitions)]
    consumer = AIOKafkaConsumer(bootstrap_servers=on.bootstrap, isolation_level="read_committed")
    await consumer.start()
    try:
        consumer.assign(places)
        await consumer.seek_to_beginning(*places)
        ends = await consumer.end_offsets(places)
        count, ids = 0, set[bytes]()
        while any([await consumer.position(place) < ends[place] for place in places]):
            for found in (await consumer.getmany(timeout_ms=200)).values():
                count += len(found)
                ids.update(value for each in found for name, value in each.headers if name == "ce_id")
        return count, len(ids)
    finally:
        await consumer.stop()
