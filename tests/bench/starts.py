"""How long things take to start: the command line, the local broker, a worker.

The one rule: every run is a process of its own, and what is timed ends when the thing can be used, not when it says so:
the help is printed, a client of the broker has its answers, every lane of the worker has opened.

`python -m tests.bench.starts [--runs N] [help] [broker] [worker]`
"""

from __future__ import annotations

import argparse
import asyncio
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import AsyncIterator
from pathlib import Path
from statistics import median
from typing import Final

from hub.local.child import Child
from hub.local.kafka import LocalKafka, prepare
from hub.local.ports import LOOPBACK, free_ports
from hub.local.topics import load_topics
from hub.ops.cluster import apply, read_cluster
from hub.ops.plan import plan
from hub.settings import Settings

#: What is started -> seconds it may take, median of the runs.
TARGETS: Final = {"help": 0.15, "broker": 3.0, "worker": 2.0}
_LOOK_SECONDS: Final = 0.01
_PATIENCE_SECONDS: Final = 60.0


async def helps(runs: int) -> AsyncIterator[float]:
    """`hub --help`, as the installed command."""
    command = Path(sys.executable).with_name("hub")
    for _ in range(runs):
        began = time.monotonic()
        subprocess.run([command, "--help"], check=True, stdout=subprocess.DEVNULL)
        yield time.monotonic() - began


async def brokers(runs: int) -> AsyncIterator[float]:
    """A broker with an empty log, once this machine has had one: jars, template and class archive are kept."""
    await prepare()
    for _ in range(runs):
        with tempfile.TemporaryDirectory(prefix="hub-starts-") as folder:
            async with LocalKafka(Path(folder)) as broker:
                yield broker.seconds_to_ready


async def workers(runs: int) -> AsyncIterator[float]:
    """`hub serve worker` with every agent, before a broker with every topic of the city."""
    with tempfile.TemporaryDirectory(prefix="hub-starts-") as folder:
        async with LocalKafka(Path(folder) / "kafka") as broker:
            topics = load_topics(Settings(), "local")
            wanted = topics.all()
            keys = {key for topic in wanted for key in topic.settings}
            present = await read_cluster(broker.bootstrap, keys)
            await apply(broker.bootstrap, plan(wanted, present, internal=topics.internal))
            for _ in range(runs):
                yield await _worker(broker.bootstrap, Path(folder))


async def _worker(bootstrap: str, folder: Path) -> float:
    (port,) = free_ports(1)
    began = time.monotonic()
    child = Child.start(
        [sys.executable, "-m", "hub", "serve", "worker", "--health-port", str(port), "--bootstrap", bootstrap],
        log=folder / "worker.log",
        env=os.environ | {"HUB_ENVIRONMENT": "local", "HUB_STATE_DIR": str(folder / "state")},
    )
    try:
        await asyncio.to_thread(_until_ready, f"http://{LOOPBACK}:{port}/readyz", began + _PATIENCE_SECONDS)
        return time.monotonic() - began
    finally:
        await child.stop(grace_seconds=20)


def _until_ready(url: str, deadline: float) -> None:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    while True:
        try:
            with opener.open(url, timeout=5):
                return
        except OSError as error:  # not listening yet, or 503
            if time.monotonic() > deadline:
                raise TimeoutError("the worker does not become ready") from error
        time.sleep(_LOOK_SECONDS)


_STARTS: Final = {"help": helps, "broker": brokers, "worker": workers}


async def measure(names: list[str], runs: int) -> bool:
    """Print a line for each of *names*; whether all medians are within their targets."""
    within = True
    for name in names:
        seconds = [each async for each in _STARTS[name](runs)]
        ok = median(seconds) <= TARGETS[name]
        within &= ok
        print(
            f"{name:8} min {min(seconds):6.3f} s   median {median(seconds):6.3f} s   max {max(seconds):6.3f} s"
            f"   of {runs} runs   target {TARGETS[name]} s   {'reached' if ok else 'NOT reached'}",
            flush=True,
        )
    return within


def main() -> int:
    """0 if every target is reached."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.starts", description=__doc__)
    parser.add_argument("what", nargs="*", metavar="help|broker|worker", help="all of them, unless named")
    parser.add_argument("--runs", type=int, default=10)
    asked = parser.parse_args()
    return 0 if asyncio.run(measure(asked.what or list(_STARTS), asked.runs)) else 1


if __name__ == "__main__":
    sys.exit(main())
