"""The supervisor: it keeps its children running, tells where they are, and leaves none behind."""

from __future__ import annotations

import asyncio
import os
import signal
import stat
import sys
import textwrap
import time
from collections.abc import Callable
from pathlib import Path

import orjson
import pytest

from hub.local.child import Child, alive
from hub.local.dev import (
    AlreadyRunning,
    ChildSpec,
    StartFailed,
    Stopped,
    Supervisor,
    answers,
    clear,
    stop_supervisor,
    supervisor_of,
)
from hub.local.discovery import NoCluster, Running, bootstrap_for, find_running
from hub.local.ports import free_ports
from hub.testing import Broker
from hub.topics import Topics

ROOT = str(Path(__file__).parents[2])
SERVER = """
import http.server, os, sys
class Ready(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if self.path == "/readyz" else 404); self.end_headers()
    def log_message(self, *_): pass
assert os.environ["HUB_DEV"] == "true" and os.environ["HUB_KAFKA__BOOTSTRAP"]
assert oct(os.stat(os.environ["HUB_TOKENS_FILE"]).st_mode)[-3:] == "600"
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Ready).serve_forever()
"""


def server(name: str) -> ChildSpec:
    (port,) = free_ports(1)
    return ChildSpec(name, [sys.executable, "-c", SERVER, str(port)], ready=f"http://127.0.0.1:{port}/readyz")


@pytest.fixture
def supervise(tmp_path: Path, kafka: Broker, hub_topics: Topics) -> Callable[..., Supervisor]:
    def _supervise(*specs: ChildSpec) -> Supervisor:
        return Supervisor(
            tmp_path / ".hub",
            tmp_path / ".hub" / "data",
            topics=hub_topics,
            kafka=None,
            bootstrap=kafka.bootstrap,
            specs=specs,
            gateway="http://127.0.0.1:8081",
        )

    return _supervise


async def until(what: Callable[[], bool], seconds: float = 15) -> None:
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.02)


async def test_a_child_that_dies_comes_back_and_the_file_names_it(
    supervise: Callable[..., Supervisor], tmp_path: Path, hub_topics: Topics
) -> None:
    path = tmp_path / ".hub" / "dev.json"
    async with supervise(server("gateway"), server("worker")).running() as running:
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        document = orjson.loads(path.read_bytes())
        assert list(document) == ["bootstrap", "gateway", "console", "registry", "drop", "tokens", "processes"]
        assert document["tokens"].keys() == set(hub_topics.parties())
        assert document["processes"].keys() == {"gateway", "worker"}
        os.kill(running.processes["worker"], signal.SIGKILL)
        await until(lambda: orjson.loads(path.read_bytes())["processes"]["worker"] != running.processes["worker"])
        after = find_running(tmp_path)
        assert after is not None
        assert after.processes["gateway"] == running.processes["gateway"]
        assert all(alive(pid) for pid in after.processes.values())
    assert not path.exists()
    assert not any(alive(pid) for pid in after.processes.values())


async def test_a_process_that_dies_while_it_is_asked_does_not_hold_the_asker_up() -> None:
    """The connection's end and the asker's own end may come at one moment: whoever is cancelled must end."""
    (port,) = free_ports(1)
    held: asyncio.Queue[asyncio.StreamWriter] = asyncio.Queue()
    server = await asyncio.start_server(lambda _, writer: held.put_nowait(writer), "127.0.0.1", port)
    for turns in range(30):
        asking = asyncio.create_task(answers(f"http://127.0.0.1:{port}/readyz"))
        (await held.get()).close()
        for _ in range(turns):
            await asyncio.sleep(0)
        cancelled = asking.cancel()
        (ended,) = await asyncio.gather(asking, return_exceptions=True)
        assert isinstance(ended, asyncio.CancelledError) if cancelled else ended is False
    server.close()


async def test_tokens_outlive_a_restart_and_fresh_revokes_them(
    supervise: Callable[..., Supervisor], tmp_path: Path
) -> None:
    async with supervise().running() as first:
        pass
    async with supervise().running() as second:
        assert first.tokens == second.tokens
    await clear(tmp_path / ".hub" / "data")
    async with supervise().running() as third:
        assert not set(first.tokens.values()) & set(third.tokens.values())


async def test_a_second_start_says_who_runs(supervise: Callable[..., Supervisor], tmp_path: Path) -> None:
    async with supervise().running():
        assert supervisor_of(tmp_path / ".hub") == os.getpid()
        with pytest.raises(AlreadyRunning, match=rf"already running \(pid {os.getpid()}\)"):
            async with supervise().running():
                pass
    assert supervisor_of(tmp_path / ".hub") is None


async def test_a_child_that_never_gets_ready_ends_the_start_with_its_log(supervise: Callable[..., Supervisor]) -> None:
    broken = ChildSpec(
        "broken", [sys.executable, "-c", "raise SystemExit('no such setting')"], ready="http://127.0.0.1:1/"
    )
    with pytest.raises(StartFailed, match=r"(?s)broken: ended 3 times.*no such setting"):
        async with supervise(broken).running():
            pass


async def test_a_stop_while_starting_is_not_called_ready(supervise: Callable[..., Supervisor], tmp_path: Path) -> None:
    never = ChildSpec("never", [sys.executable, "-c", "import time; time.sleep(60)"], ready="http://127.0.0.1:1/")
    supervisor = supervise(never)
    asyncio.get_running_loop().call_later(0.5, supervisor.stop)
    with pytest.raises(Stopped):
        async with supervisor.running():
            pass
    assert not (tmp_path / ".hub" / "dev.json").exists()


@pytest.mark.parametrize("sent", [signal.SIGKILL, signal.SIGTERM])
async def test_no_child_outlives_the_supervisor(kafka: Broker, tmp_path: Path, sent: signal.Signals) -> None:
    (port,) = free_ports(1)
    (tmp_path / "server.py").write_text(SERVER)
    (tmp_path / "main.py").write_text(
        textwrap.dedent(
            f"""
            import asyncio, signal, sys
            from pathlib import Path
            from hub.local.dev import ChildSpec, Supervisor
            from hub.local.topics import load_topics
            from hub.settings import Settings
            async def main():
                spec = ChildSpec("gateway", [sys.executable, "server.py", "{port}"], ready="http://127.0.0.1:{port}/readyz")
                supervisor = Supervisor(Path(".hub"), Path(".hub/data"), topics=load_topics(Settings(), "local"),
                                        kafka=None, bootstrap="{kafka.bootstrap}", specs=[spec])
                asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, supervisor.stop)
                await supervisor.run()
            asyncio.run(main())
            """
        )
    )
    parent = Child.start(
        [sys.executable, "main.py"], log=tmp_path / "out", env={**os.environ, "PYTHONPATH": ROOT}, cwd=tmp_path
    )
    try:
        await until(lambda: find_running(tmp_path) is not None)
        running = find_running(tmp_path)
        assert running is not None
        if sent == signal.SIGKILL:
            parent.kill()
        else:
            assert await stop_supervisor(tmp_path / ".hub") == parent.pid
        await parent.wait()
        await until(lambda: not any(alive(pid) for pid in running.processes.values()), 3)
    finally:
        parent.kill()


async def test_only_data_of_ours_is_removed(tmp_path: Path) -> None:
    (tmp_path / "thesis.doc").touch()
    with pytest.raises(StartFailed, match="was not made by hub dev"):
        await clear(tmp_path)
    assert (tmp_path / "thesis.doc").exists()


def test_other_verbs_find_the_cluster_from_any_folder_below(tmp_path: Path) -> None:
    below = tmp_path / "a" / "b"
    below.mkdir(parents=True)
    with pytest.raises(NoCluster, match="hub dev"):
        bootstrap_for(None, None, below)
    Running(bootstrap="here:1").write(tmp_path / ".hub")
    assert bootstrap_for(None, None, below) == "here:1"
    assert bootstrap_for(None, "setting:1", below) == "setting:1"
    assert bootstrap_for("flag:1", "setting:1", below) == "flag:1"
