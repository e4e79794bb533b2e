"""Where the project's own files lie: `topics.yaml`, `deploy/kafka/`, and what was fetched or built once for the user.

One rule: a path is looked up here and nowhere else.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

_CHECKOUT = Path(__file__).resolve().parents[2]
_INSTALLED = Path(sys.prefix) / "share" / "enforcement-hub"


def project_file(name: str) -> Path:
    """The file *name* of the project: beside the package in a checkout, under `share/` when installed from a wheel."""
    in_checkout = _CHECKOUT / name
    return in_checkout if in_checkout.exists() else _INSTALLED / name


def cache_folder(*names: str) -> Path:
    """The user's folder *names* for what can be made again at any time (XDG Base Directory Specification)."""
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache").joinpath("hub", *names)
