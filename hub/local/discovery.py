"""`.hub/dev.json`: what a running `hub dev` tells everybody else. One rule: it is there while that hub runs, and whole.

It holds tokens, so only its owner can read it; it is replaced in one step, so nobody reads half of it.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import orjson

HOME = ".hub"
FILE = "dev.json"


class NoCluster(LookupError):
    """Nobody said which cluster, and no hub runs here."""


@dataclass(frozen=True, slots=True)
class Running:
    """Where a running hub is. Addresses not built or not started are empty."""

    bootstrap: str
    gateway: str = ""
    console: str = ""
    registry: str = ""
    drop: str = ""  #: root of the drop folders
    tokens: Mapping[str, str] = field(default_factory=dict, repr=False)  #: party → its token
    processes: Mapping[str, int] = field(default_factory=dict)  #: name → pid, as of now

    def write(self, home: Path) -> None:
        """Put it into *home*, in one step, for the owner alone."""
        home.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=home, prefix=".dev-")  # 0600 from the start
        with os.fdopen(handle, "wb") as file:
            file.write(orjson.dumps(asdict(self), option=orjson.OPT_INDENT_2))
        Path(name).replace(home / FILE)


def find_home(start: Path | None = None) -> Path | None:
    """The `.hub` of a running hub: in *start* (the working directory) or the nearest folder above."""
    here = (start or Path.cwd()).absolute()
    return next((each / HOME for each in (here, *here.parents) if (each / HOME / FILE).is_file()), None)


def find_running(start: Path | None = None) -> Running | None:
    """The hub that runs here, if one does."""
    home = find_home(start)
    if home is None:
        return None
    found: dict[str, Any] = orjson.loads((home / FILE).read_bytes())
    return Running(**found)


def bootstrap_for(flag: str | None, setting: str | None, start: Path | None = None) -> str:
    """The cluster to talk to: the flag, else the setting, else that of the hub that runs here."""
    if given := flag or setting:
        return given
    running = find_running(start)
    if running is None:
        raise NoCluster(
            "no Kafka named and no hub running here: start `hub dev`, or give --bootstrap or HUB_KAFKA__BOOTSTRAP"
        )
    return running.bootstrap
