"""`hub serve connectors` looks by itself, says a change once, and stays ready."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from connectors.pauses import Pauses
from hub.canonical.event import SHANGHAI
from hub.local.ports import free_ports
from hub.testing import Broker
from tests.silence.logs import every_hour, make, topics_file, write

ROOT = Path(__file__).parents[2]


def answer(port: int) -> dict[str, Any]:
    """What a ready process says of itself; nothing if it is not ready."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz?verbose", timeout=5) as found:
            told: dict[str, Any] = json.load(found)
            return told
    except OSError:
        return {}


def silent_metric(port: int) -> str:
    """The line that says whether the system is silent."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as found:
        assert found.headers["content-type"].startswith("text/plain; version=0.0.4")
        lines = found.read().decode().splitlines()
    # Those without a record have no series.
    assert len([line for line in lines if line.startswith("hub_connector_last_event_timestamp_seconds{")]) == 1
    return next(line for line in lines if line.startswith("hub_connector_silent{"))


async def until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + 40
    while not await asyncio.to_thread(holds):
        assert time.monotonic() < end
        await asyncio.sleep(0.2)


async def test_a_silent_system_is_alerted_once_shown_and_makes_nobody_unready(tmp_path: Path, kafka: Broker) -> None:
    file, own = topics_file(tmp_path)
    topic = f"{own}-evt.gy-rsj.rsj-csv.v1"
    await make(kafka.bootstrap, topic)
    await make(kafka.bootstrap, f"{own}-dlv.gy-rsj.v1")
    await write(kafka.bootstrap, topic, every_hour(28, datetime.now(SHANGHAI) - timedelta(hours=5)))
    [port] = free_ports(1)
    command = [sys.executable, "-m", "hub", "serve", "connectors", "--party", "GY-RSJ", "--health-port", str(port)]
    environment = os.environ | {
        "HUB_KAFKA__BOOTSTRAP": kafka.bootstrap, "HUB_TOPICS_FILE": str(file), "HUB_DROP_DIR": str(tmp_path / "drop"),
        "HUB_SILENCE__LOOK_SECONDS": "0.3",
    }  # fmt: skip
    written = tmp_path / "stderr"

    def lines(event: str) -> list[dict[str, Any]]:
        whole = [line for line in written.read_text("utf-8").splitlines() if line.startswith("{")]
        return [line for line in map(json.loads, whole) if line["event"] == event]

    with written.open("w") as stderr:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stderr=stderr)
    try:
        await until(lambda: "SILENT" in answer(port).get("silence", {}).get(topic, ""))
        await asyncio.sleep(1)  # three more looks
        [line] = lines("connector.silent")
        assert (line["party"], line["dialect"], line["level"]) == ("GY-RSJ", "rsj-csv", "error")
        assert line["silent_seconds"] >= 5 * 3600
        series = 'hub_connector_silent{party="GY-RSJ",connector="rsj-csv"}'
        assert await asyncio.to_thread(silent_metric, port) == f"{series} 1"

        await write(kafka.bootstrap, topic, [datetime.now(SHANGHAI)])
        await until(lambda: answer(port).get("silence") == {})
        assert await asyncio.to_thread(silent_metric, port) == f"{series} 0"
        assert len(lines("connector.heard")) == len(lines("connector.silent")) == 1
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 143


async def test_a_paused_system_is_not_called_silent_until_it_goes_on(tmp_path: Path, kafka: Broker) -> None:
    """By the process, and by the verb beside it."""
    file, own = topics_file(tmp_path)
    topic = f"{own}-evt.gy-rsj.rsj-csv.v1"
    await make(kafka.bootstrap, topic)
    await make(kafka.bootstrap, f"{own}-dlv.gy-rsj.v1")
    await write(kafka.bootstrap, topic, every_hour(28, datetime.now(SHANGHAI) - timedelta(hours=5)))
    pauses = Pauses.under(tmp_path / "state")
    pauses.pause("rsj-csv.in", "机房搬迁")
    [port] = free_ports(1)
    environment = os.environ | {
        "HUB_KAFKA__BOOTSTRAP": kafka.bootstrap, "HUB_TOPICS_FILE": str(file), "HUB_DROP_DIR": str(tmp_path / "drop"),
        "HUB_SILENCE__LOOK_SECONDS": "0.3", "HUB_STATE_DIR": str(tmp_path / "state"),
    }  # fmt: skip
    hub = [sys.executable, "-m", "hub"]
    written = tmp_path / "stderr"

    def series() -> list[str]:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as found:
            return [line for line in found.read().decode().splitlines() if line.startswith("hub_connector_silent{")]

    with written.open("w") as stderr:
        process = subprocess.Popen(
            [*hub, "serve", "connectors", "--party", "GY-RSJ", "--health-port", str(port)],
            cwd=ROOT, env=environment, stderr=stderr,
        )  # fmt: skip
    try:
        await until(lambda: answer(port).get("paused") == ["rsj-csv.in"] and bool(series()))
        await asyncio.sleep(1)  # three more looks
        assert await asyncio.to_thread(series) == ['hub_connector_silent{party="GY-RSJ",connector="rsj-csv"} 0']
        assert (await asyncio.to_thread(answer, port))["silence"] == {}
        assert "connector.silent" not in written.read_text("utf-8")

        asked = [*hub, "connector", "silence", "--check", "--party", "GY-RSJ", "-o", "json"]
        verb = await asyncio.to_thread(
            subprocess.run, asked, cwd=ROOT, env=environment, capture_output=True, timeout=60
        )
        assert verb.returncode == 0
        [item] = [each for each in json.loads(verb.stdout)["items"] if each["dialect"] == "rsj-csv"]
        assert item["state"] == "PAUSED"

        pauses.resume("rsj-csv.in")  # and nothing had piled up
        await until(lambda: "connector.silent" in written.read_text("utf-8"))
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 143
