"""A whole hub, started as its user starts it: `hub dev` in an empty folder. One for all tests of this folder."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from hub.local.ports import free_ports

PROJECT = Path(__file__).parents[2]


@dataclass
class RunningHub:
    """A running `hub dev` and the verbs of the command line beside it."""

    home: Path
    process: subprocess.Popen[str]

    @property
    def dev(self) -> dict[str, Any]:
        """What `.hub/dev.json` says now."""
        found: dict[str, Any] = json.loads((self.home / ".hub" / "dev.json").read_text())
        return found

    def run(self, *words: str, timeout: float = 120) -> subprocess.CompletedProcess[str]:
        """Run ``hub`` with *words*, as from another terminal."""
        return subprocess.run(
            [sys.executable, "-m", "hub", *words],
            cwd=self.home,
            env=os.environ | {"HUB_LANG": "en"},
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )

    def items(self, *words: str) -> list[dict[str, Any]]:
        """Items of a reading verb."""
        done = self.run(*words, "-o", "json")
        assert done.returncode == 0, done.stderr
        found: list[dict[str, Any]] = json.loads(done.stdout)["items"]
        return found

    def client(self, party: str) -> httpx.Client:
        """The gateway as *party* meets it."""
        headers = {"authorization": f"Bearer {self.dev['tokens'][party]}"}
        return httpx.Client(base_url=self.dev["gateway"], headers=headers, trust_env=False, timeout=30)

    def post(self, party: str, event: dict[str, Any]) -> httpx.Response:
        """Post one canonical event."""
        with self.client(party) as http:
            whole = {"specversion": "1.0", "source": f"urn:guiyang:{party}:test"} | event
            headers = {"content-type": "application/cloudevents+json", "idempotency-key": f"test-{event['id']:0>16}"}
            return http.post("/v1/events", json=whole, headers=headers)

    def deliveries(self, party: str, wanted: int, *, seconds: float = 30) -> list[dict[str, Any]]:
        """At least *wanted* deliveries of *party* from the beginning, waiting for them."""
        found: list[dict[str, Any]] = []
        cursor, until = "", time.monotonic() + seconds
        with self.client(party) as http:
            while len(found) < wanted:
                assert time.monotonic() < until, f"{party}: {len(found)} of {wanted} deliveries came"
                answer = http.get(
                    "/v1/deliveries", params={"limit": 100, "wait": 2} | ({"after": cursor} if cursor else {})
                )
                assert answer.status_code == 200, answer.text
                found += answer.json()["deliveries"]
                cursor = answer.json()["cursor"]
        return found


@pytest.fixture(scope="session")
def running_hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHub]:
    """`hub dev`, ready."""
    home = tmp_path_factory.mktemp("hub")
    # Ports of its own: another test may start a hub at the same moment, and both would find the usual ones free.
    port, kafka_port = free_ports(2)
    with (home / "dev.log").open("w") as log:
        process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "hub",
                "dev",
                "--headless",
                "--workers",
                "per-agent",
                "--port",
                str(port),
                "--kafka-port",
                str(kafka_port),
            ],
            cwd=home,
            stdout=log,
            stderr=log,
            text=True,
            start_new_session=True,
        )
        hub = RunningHub(home, process)
        until = time.monotonic() + 180
        while not (home / ".hub" / "dev.json").exists():
            assert process.poll() is None, (home / "dev.log").read_text()
            assert time.monotonic() < until, (home / "dev.log").read_text()
            time.sleep(0.1)
        yield hub
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(60)
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
