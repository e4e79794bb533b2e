"""Which hub the simulators may talk to: one that `hub dev` runs on this machine.

The one rule: anything else is refused. What simulators write is invented, and must never reach a hub that somebody works with.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from hub.local.discovery import NoCluster, Running, find_home, find_running


class NotForSimulators(NoCluster):
    """There is a hub, but it is none of this machine's development."""


@dataclass(frozen=True, slots=True)
class Place:
    """The running `hub dev` and its drop folder."""

    running: Running
    drop: Path


def find_place(start: Path | None = None) -> Place:
    """The hub that runs here. Raise `NoCluster` if none does, `NotForSimulators` if it is not on loopback."""
    home = find_home(start)
    running = find_running(start)
    if home is None or running is None or not running.gateway:
        raise NoCluster("no hub runs here: start `hub dev` first")
    addresses = [running.gateway, *(f"//{each}" for each in running.bootstrap.split(","))]
    for address in addresses:
        if not _loopback(urlsplit(address).hostname or ""):
            raise NotForSimulators(f"{address} is not on this machine: simulators talk to `hub dev` only")
    return Place(running, Path(running.drop) if running.drop else home / "data" / "drop")


def _loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
