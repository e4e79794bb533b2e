"""Where the project's own files lie: `topics.yaml`, `deploy/kafka/`. One rule: a path is looked up here and nowhere else."""

from __future__ import annotations

import sys
from pathlib import Path

_CHECKOUT = Path(__file__).resolve().parents[2]
_INSTALLED = Path(sys.prefix) / "share" / "enforcement-hub"


def project_file(name: str) -> Path:
    """The file *name* of the project: beside the package in a checkout, under `share/` when installed from a wheel."""
    in_checkout = _CHECKOUT / name
    return in_checkout if in_checkout.exists() else _INSTALLED / name
