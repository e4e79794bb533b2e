"""A hub as `hub dev` starts it, on a broker of its own, each process on the core it is given.

The one rule: the hub runs by its own commands with its own settings; what a measurement changes is said by environment variables
or by the name of another module to start, never by reaching into a process.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import yaml

from hub.agents.install import AGENTS
from hub.local.dev import ChildSpec, Supervisor, hub_processes
from hub.local.discovery import Running
from hub.local.files import project_file
from hub.local.kafka import LocalKafka
from hub.local.ports import LOOPBACK, free_ports
from hub.local.topics import load_topics
from hub.settings import Settings
from hub.topics import Topics
from tests.bench.chain.load import RECEIVER

_TICKS = os.sysconf("SC_CLK_TCK")
_BROKER = "kafka"
_CHAIN = ("translate", "inspections", "deliver")
#: What takes processor time and is not the hub.
BESIDE = frozenset((_BROKER, "load", "receiver"))


@dataclass(frozen=True)
class Shape:
    """How the hub runs. *cores*: the broker's and the hub's, each process free to use any if None."""

    #: ``chain``: a worker for each agent of the chain and the gateway; ``per-agent`` and ``one``: everything, as `hub dev` says it.
    workers: str = "chain"
    #: Partitions of the aggregates' topics and of the outgoing one, hence lanes of the agents; 0: as `topics.yaml` says.
    partitions: int = 0
    env: Mapping[str, str] = field(default_factory=dict)
    cores: tuple[int, int] | None = None
    #: Guarantees taken away, by their names in `without.py`: only a measurement may do that.
    without: tuple[str, ...] = ()


@dataclass(frozen=True)
class Hub:
    """A hub that is ready."""

    running: Running
    topics: Topics

    @property
    def topic(self) -> str:
        """The receiver's topic."""
        return self.topics.delivery(RECEIVER).name

    def cpu_seconds(self, receiver: int) -> dict[str, float]:
        """Processor time of every process so far, user and system; that of the measurement itself, too."""
        pids = {**self.running.processes, "load": os.getpid(), "receiver": receiver}
        return {name: cpu_seconds(pid) for name, pid in pids.items()}

    def pin(self, cores: tuple[int, int]) -> None:
        """Keep the broker, and the measurement with it, on the first of *cores* and every process of the hub on the second."""
        os.sched_setaffinity(0, {cores[0]})
        for name, pid in self.running.processes.items():
            pin(pid, cores[0] if name == _BROKER else cores[1])

    def rss_mb(self) -> dict[str, float]:
        """Resident memory of every process."""
        page = os.sysconf("SC_PAGE_SIZE")
        return {
            name: int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * page / 2**20
            for name, pid in self.running.processes.items()
        }


@contextlib.asynccontextmanager
async def started(home: Path, shape: Shape) -> AsyncIterator[Hub]:
    """The hub of *shape*, ready, with its data below *home*."""
    (port,) = free_ports(1)
    settings = Settings()
    if shape.partitions:
        path = home / "topics.yaml"
        path.write_text(_with_partitions(project_file("topics.yaml").read_text(), shape.partitions))
        settings = settings.model_copy(update={"topics_file": path})
        shape = replace(shape, env={**shape.env, "HUB_TOPICS_FILE": str(path)})
    topics = load_topics(settings, "local")
    supervisor = Supervisor(
        home / ".hub",
        home / "data",
        topics=topics,
        kafka=LocalKafka(home / "data" / "kafka", jvm="fast", heap_mb=1024),
        bootstrap=None,
        specs=[_shaped(spec, shape) for spec in _processes(port, shape.workers)],
        gateway=f"http://{LOOPBACK}:{port}",
        say=lambda line: print(line, file=sys.stderr),
    )
    async with _as_before(), supervisor.running() as running:
        hub = Hub(running, topics)
        if shape.cores is not None:
            hub.pin(shape.cores)
        yield hub


@contextlib.asynccontextmanager
async def _as_before() -> AsyncIterator[None]:
    """Afterwards this process may use again what it might before."""
    before = os.sched_getaffinity(0)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def pin(pid: int, core: int) -> None:
    """Keep every thread of *pid* on *core*; threads made later follow those that make them."""
    for thread in Path(f"/proc/{pid}/task").iterdir():
        with contextlib.suppress(ProcessLookupError):
            os.sched_setaffinity(int(thread.name), {core})


def cpu_seconds(pid: int) -> float:
    """Processor time of *pid* so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def _processes(port: int, workers: str) -> Sequence[ChildSpec]:
    if workers == "chain":
        return [spec for spec in hub_processes(port, _CHAIN) if spec.name != "connectors"]
    return hub_processes(port, AGENTS if workers == "per-agent" else ())


def _with_partitions(file: str, partitions: int) -> str:
    content = yaml.safe_load(file)
    for entry in content["topics"].values():
        if entry.get("partitions", 1) > 1:
            entry["partitions"] = partitions
    return yaml.safe_dump(content, allow_unicode=True)


def _shaped(spec: ChildSpec, shape: Shape) -> ChildSpec:
    argv = list(spec.argv)
    if shape.without:
        argv[argv.index("hub")] = "tests.bench.chain.without"
        argv.insert(argv.index("serve"), ",".join(shape.without))
    return replace(spec, argv=argv, env={**spec.env, **shape.env})
