"""The supervisor of `hub dev`: a broker, its topics, the hub's processes; it keeps them running and takes them down.

One rule: nothing it started outlives it, and `.hub/dev.json` always names what runs now.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import shutil
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from hub.local.child import Child, alive
from hub.local.discovery import FILE, Running
from hub.local.kafka import KafkaFailed, LocalKafka
from hub.local.ports import LOOPBACK, free_ports
from hub.local.secrets import TOKENS, keep_check_code_key, keep_tokens
from hub.ops.cluster import apply, read_cluster
from hub.ops.plan import plan
from hub.topics import Topics

LOCK: Final = "dev.lock"
KAFKA: Final = "kafka"  #: the broker's folder in the data directory
FIRST_PAUSE: Final = 0.5
LONGEST_PAUSE: Final = 30.0
_STEADY_SECONDS = 30.0  # having run this long, a process starts again at the first pause
_READY_SECONDS = 180.0  # a busy machine is slow, not broken
_TRIES_BEFORE_READY = 3
_GRACE_SECONDS = 10.0
_LAST_LINES = 20


class AlreadyRunning(RuntimeError):
    """Another supervisor holds the lock."""

    def __init__(self, pid: int) -> None:
        super().__init__(f"already running (pid {pid})")
        self.pid = pid


class StartFailed(RuntimeError):
    """Something did not get ready. The text carries the end of its log."""


class Stopped(Exception):
    """`stop` came before everything was ready."""


@dataclass(frozen=True, slots=True)
class ChildSpec:
    """A process to keep running. *ready* is the URL that answers 200 once it is; None: it is ready when it runs."""

    name: str
    argv: Sequence[str]
    env: Mapping[str, str] = field(default_factory=dict)
    ready: str | None = None


def hub_processes(gateway_port: int, agents: Sequence[str] = ()) -> tuple[ChildSpec, ...]:
    """The hub's own processes: the gateway, one worker with all agents (or one for each of *agents*), the connectors."""
    serve = [sys.executable, "-m", "hub", "serve"]
    health = iter(free_ports(2 + len(agents)))

    def spec(name: str, verb: str, *more: str) -> ChildSpec:
        port = next(health)
        return ChildSpec(
            name, [*serve, verb, *more, "--health-port", str(port)], ready=f"http://{LOOPBACK}:{port}/readyz"
        )

    # A slot is a fixed place in the consumer groups: a worker that comes back has its partitions at once.
    workers = (
        tuple(spec(f"worker-{agent}", "worker", "--agent", agent, "--slot", f"dev-{agent}") for agent in agents)
        if agents
        else (spec("worker", "worker", "--slot", "dev"),)
    )
    gateway = ChildSpec(
        "gateway",
        [*serve, "gateway", "--port", str(gateway_port)],
        ready=f"http://{LOOPBACK}:{gateway_port}/readyz",
    )
    return (*workers, gateway, spec("connectors", "connectors"))


class Supervisor:
    """Runs until `stop`. *say* is called with each thing worth telling a person."""

    def __init__(
        self,
        home: Path,
        data_dir: Path,
        *,
        topics: Topics,
        kafka: LocalKafka | None,
        bootstrap: str | None,
        specs: Sequence[ChildSpec],
        gateway: str = "",
        say: Callable[[str], None] = print,
    ) -> None:
        if (kafka is None) == (bootstrap is None):
            raise ValueError("either a broker of our own or the address of another")
        self._home = home.absolute()
        self._data_dir = data_dir.absolute()
        self._topics = topics
        self._kafka = kafka
        self._bootstrap = bootstrap or ""
        self._specs = tuple(specs)
        self._gateway = gateway
        self._say = say
        self._tokens: dict[str, str] = {}
        self._environment: dict[str, str] = {}
        self._children: dict[str, Child] = {}
        self._up: dict[str, asyncio.Event] = {}
        self._keepers: list[asyncio.Task[None]] = []
        self._published = False
        self._stop = asyncio.Event()
        #: seconds from `run` to everything ready
        self.seconds_to_ready = 0.0

    def stop(self) -> None:
        """Ask `run` to take everything down and return."""
        self._stop.set()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Running]:
        """Everything up and ready inside, everything down after."""
        began = time.monotonic()
        with lock(self._home):
            keepers = self._keepers
            try:
                self._data_dir.mkdir(parents=True, exist_ok=True)
                if self._kafka is not None:
                    await self._kafka.start()
                    self._bootstrap = self._kafka.bootstrap
                    self._say(f"✔ Kafka {self._kafka.version} {self._bootstrap} {self._kafka.seconds_to_ready:.1f} s")
                    keepers.append(asyncio.create_task(self._keep_kafka(self._kafka)))
                await self._declare_topics()
                self._tokens = keep_tokens(self._data_dir, self._topics.parties())
                self._environment = self._environment_of_children()
                self._up = {spec.name: asyncio.Event() for spec in self._specs}
                keepers += [asyncio.create_task(self._keep(spec)) for spec in self._specs]
                await self._all_up(keepers)
                self._published = True
                running = self._publish()
                self.seconds_to_ready = time.monotonic() - began
                yield running
            finally:
                await self._take_down(keepers)

    async def run(self) -> None:
        """Start everything and stay until `stop`."""
        with contextlib.suppress(Stopped):
            async with self.running():
                await self.until_stopped()

    async def until_stopped(self) -> None:
        """Inside `running`: return at `stop`, raise if the keeping itself fails."""
        stop = asyncio.create_task(self._stop.wait())
        await asyncio.wait([stop, *self._keepers], return_when=asyncio.FIRST_COMPLETED)
        stop.cancel()
        for keeper in self._keepers:
            if keeper.done():
                keeper.result()

    async def _declare_topics(self) -> None:
        began = time.monotonic()
        wanted = self._topics.all()
        keys = {key for topic in wanted for key in topic.settings}
        change = plan(wanted, await read_cluster(self._bootstrap, keys), internal=self._topics.internal)
        await apply(self._bootstrap, change)
        self._say(f"✔ 主题 topics {len(wanted)} (+~ {len(change.changes)}) {time.monotonic() - began:.1f} s")

    def _environment_of_children(self) -> dict[str, str]:
        package_root = str(Path(__file__).resolve().parents[2])
        inherited = os.environ.get("PYTHONPATH")
        return {
            **os.environ,
            "PYTHONPATH": os.pathsep.join([package_root, *([inherited] if inherited else [])]),
            "PYTHONUNBUFFERED": "1",
            "HUB_DEV": "true",
            "HUB_KAFKA__BOOTSTRAP": self._bootstrap,
            "HUB_TOKENS_FILE": str(self._data_dir / TOKENS),
            "HUB_STATE_DIR": str(self._data_dir / "state"),
            "HUB_DROP_DIR": str(self._data_dir / "drop"),
            "HUB_CHECK_CODE_SECRET": keep_check_code_key(self._data_dir),
        }

    async def _all_up(self, keepers: Sequence[asyncio.Task[None]]) -> None:
        """Wait for every process to be ready, for a keeper to give up, or for `stop`."""
        ready = asyncio.gather(*(event.wait() for event in self._up.values()))
        stop = asyncio.create_task(self._stop.wait())
        try:
            waited: list[asyncio.Future[Any]] = [ready, stop, *keepers]
            await asyncio.wait(waited, timeout=_READY_SECONDS, return_when=asyncio.FIRST_COMPLETED)
            for keeper in keepers:
                if keeper.done():
                    keeper.result()  # raises what made it give up
            if stop.done():
                raise Stopped
            if not ready.done():
                late = [name for name, event in self._up.items() if not event.is_set()]
                raise StartFailed("\n".join(f"{name}: not ready\n{self._end_of_log(name)}" for name in late))
        finally:
            stop.cancel()
            ready.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await ready

    async def _keep(self, spec: ChildSpec) -> None:
        pause = FIRST_PAUSE
        tries = 0
        while not self._stop.is_set():
            child = Child.start(
                spec.argv, log=self._log(spec.name), env={**self._environment, **spec.env}, cwd=self._home.parent
            )
            began = time.monotonic()
            self._children[spec.name] = child
            self._publish_if_up()
            ready = asyncio.create_task(self._until_ready(spec))
            try:
                code = await child.wait()
            finally:
                ready.cancel()
                await asyncio.gather(ready, return_exceptions=True)
            if self._stop.is_set():
                return
            tries += 1
            if not self._up[spec.name].is_set() and tries >= _TRIES_BEFORE_READY:
                raise StartFailed(
                    f"{spec.name}: ended {tries} times before it was ready\n{self._end_of_log(spec.name)}"
                )
            if time.monotonic() - began > _STEADY_SECONDS:
                pause = FIRST_PAUSE
            self._say(f"✘ {spec.name} ended with {code}; again in {pause:g} s (log {self._log(spec.name)})")
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE)

    async def _until_ready(self, spec: ChildSpec) -> None:
        if spec.ready is not None:
            while not await answers(spec.ready):
                await asyncio.sleep(0.05)
        if not self._up[spec.name].is_set():
            self._say(f"✔ {spec.name}")
        self._up[spec.name].set()

    async def _keep_kafka(self, kafka: LocalKafka) -> None:
        pause = FIRST_PAUSE
        while True:
            self._children["kafka"] = kafka.child
            self._publish_if_up()
            code = await kafka.child.wait()
            if self._stop.is_set():
                return
            self._say(f"✘ kafka ended with {code}; again in {pause:g} s (log {kafka.log})")
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE)
            while True:
                try:
                    await kafka.start()
                    break
                except KafkaFailed as failed:
                    self._say(f"✘ kafka: {failed}")
                    await asyncio.sleep(pause)

    async def _take_down(self, keepers: Sequence[asyncio.Task[None]]) -> None:
        self._stop.set()
        (self._home / FILE).unlink(missing_ok=True)
        for keeper in keepers:
            keeper.cancel()
        await asyncio.gather(*keepers, return_exceptions=True)
        ours = [child for name, child in self._children.items() if name != "kafka"]
        await asyncio.gather(*(child.stop(grace_seconds=_GRACE_SECONDS) for child in ours))
        if self._kafka is not None:  # last: the others still commit while they end
            await self._kafka.stop()

    def _publish_if_up(self) -> None:
        if self._published:
            self._publish()

    def _publish(self) -> Running:
        running = Running(
            bootstrap=self._bootstrap,
            gateway=self._gateway,
            drop=str(self._data_dir / "drop"),
            tokens=self._tokens,
            processes={name: child.pid for name, child in self._children.items()},
        )
        running.write(self._home)
        return running

    def _log(self, name: str) -> Path:
        return self._data_dir / "logs" / f"{name}.log"

    def _end_of_log(self, name: str) -> str:
        path = self._log(name)
        lines = path.read_text(errors="replace").splitlines()[-_LAST_LINES:] if path.exists() else []
        return "\n".join([f"{path}:", *lines])


@contextlib.contextmanager
def lock(home: Path) -> Iterator[None]:
    """Be the only supervisor of *home*, else `AlreadyRunning`. The kernel gives the lock back, whatever happens."""
    home.mkdir(parents=True, exist_ok=True)
    with (home / LOCK).open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise AlreadyRunning(_pid_in(home)) from None
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield
        file.truncate(0)


def supervisor_of(home: Path) -> int | None:
    """The pid of the supervisor that holds *home*, or None."""
    try:
        with (home / LOCK).open("r") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return None
    except BlockingIOError:
        return _pid_in(home) or None
    return None


async def stop_supervisor(home: Path, *, grace_seconds: float = 60.0) -> int | None:
    """End the supervisor of *home* and wait until everything is down. Its pid, or None if there was none."""
    pid = supervisor_of(home)
    if pid is None:
        return None
    os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + grace_seconds
    while alive(pid) and supervisor_of(home) == pid:
        if time.monotonic() > deadline:
            raise TimeoutError(f"pid {pid} is still running after {grace_seconds:.0f} s")
        await asyncio.sleep(0.05)
    return pid


async def clear(data_dir: Path) -> None:
    """Remove the data of an earlier run, and nothing that was not made by one."""
    if not _made_here(data_dir):
        raise StartFailed(f"{data_dir} was not made by hub dev; not removed")
    await LocalKafka(data_dir / KAFKA).previous_gone()
    shutil.rmtree(data_dir, ignore_errors=True)


def _made_here(data_dir: Path) -> bool:
    names = {each.name for each in data_dir.iterdir()} if data_dir.exists() else set()
    return not names or bool(names & {TOKENS, KAFKA})


async def answers(url: str) -> bool:
    """Whether GET *url* on this machine says 200. A few bytes by hand: no HTTP client is worth loading for this."""
    address, _, path = url.removeprefix("http://").partition("/")
    host, _, port = address.partition(":")
    try:
        reader, writer = await asyncio.open_connection(host, int(port))
    except OSError:
        return False
    try:
        writer.write(f"GET /{path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n".encode())
        async with asyncio.timeout(5):
            status = await reader.readline()
    except (OSError, TimeoutError):
        return False
    finally:
        writer.close()
    return status.split()[1:2] == [b"200"]


def _pid_in(home: Path) -> int:
    text = (home / LOCK).read_text().strip()
    return int(text) if text.isdigit() else 0
