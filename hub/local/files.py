"""Where the project's own files lie: `topics.yaml`, `deploy/kafka/`. One rule: a path is looked up here and nowhere else."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parents[1]


def project_file(name: str) -> Path:
    """The file *name* of the project: beside the package in a checkout, inside it when installed from a wheel."""
    installed = _PACKAGE / "_project" / name
    return installed if installed.exists() else _PACKAGE.parent / name
