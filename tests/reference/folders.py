"""Copies of the shipped reference data with an edit: what a city's lawyer would do with a text editor, and nothing else."""

from __future__ import annotations

import shutil
from pathlib import Path

from hub.reference import HERE


def copied(folder: Path) -> Path:
    """A whole copy of the shipped reference data at *folder*, tables only."""
    shutil.copytree(
        HERE, folder, ignore=lambda _, names: [name for name in names if name.endswith((".py", "__pycache__"))]
    )
    return folder


def edit(path: Path, old: str, new: str) -> None:
    """Replace *old*, which stands once in the file, by *new*."""
    text = path.read_text("utf-8")
    assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {path.name}"
    path.write_text(text.replace(old, new), "utf-8")
