"""The probes of a running hub's processes, found as an operator finds them: by the port each was started with."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx

from tests.hub.conftest import RunningHub


def probe(hub: RunningHub, name: str, path: str) -> tuple[int, dict[str, Any]]:
    """Status and JSON of ``GET /<path>`` of the process *name*; status 0 if nobody answers."""
    try:
        base = hub.dev["gateway"] if name == "gateway" else f"http://127.0.0.1:{_port(hub.dev['processes'][name])}"
        answer = httpx.get(f"{base}/{path}", timeout=8, trust_env=False)
    except (httpx.TransportError, OSError, ValueError):
        return 0, {}
    return answer.status_code, answer.json()


def ready(hub: RunningHub) -> bool:
    """Whether every process is."""
    return all(probe(hub, name, "readyz")[0] == 200 for name in hub.dev["processes"] if name != "kafka")


def _port(pid: int) -> int:
    words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    return int(words[words.index(b"--health-port") + 1])
