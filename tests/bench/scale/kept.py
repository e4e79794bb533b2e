"""The figures of the last measurement, a file for each part: what the pages and the province are computed from.

The one rule: a figure is written by the program that measured it and by nobody else.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from tests.bench.scale.curve import Curve

FOLDER: Final = Path(__file__).parent / "figures"


def write(part: str, curves: Iterable[Curve], more: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Keep what was measured of *part*."""
    found = {
        "part": part,
        "at": datetime.now(UTC).date().isoformat(),
        "on": {"cores": os.cpu_count(), "python": platform.python_version(), "commit": _commit()},
        "curves": {curve.name: curve.written() for curve in curves},
        **(more or {}),
    }
    FOLDER.mkdir(exist_ok=True)
    (FOLDER / f"{part}.json").write_text(json.dumps(found, ensure_ascii=False, indent=1) + "\n", "utf-8")
    return found


def read(part: str) -> dict[str, Any]:
    """What was measured of *part* last."""
    found: dict[str, Any] = json.loads((FOLDER / f"{part}.json").read_text("utf-8"))
    return found


def known(part: str) -> bool:
    """Has *part* ever been measured?"""
    return (FOLDER / f"{part}.json").exists()


def _commit() -> str:
    told = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False)
    return told.stdout.strip()
