"""A small disk of its own for whatever shall run out of space.

One rule: what lies on it is gone with it; it is unmounted when its processes are.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Self


class NotAllowed(RuntimeError):
    """Only root may mount."""


class Disk:
    """A tmpfs of *megabytes* at *at*; 0: no disk of its own."""

    def __init__(self, at: Path, megabytes: int) -> None:
        self.at = at
        self._megabytes = megabytes
        self._filler = at / "filler"

    def fill(self) -> int:
        """Write until nothing more fits; how many bytes that took."""
        taken = 0
        with self._filler.open("wb", buffering=0) as filler:
            for size in (1 << 20, 1 << 12, 1):
                try:
                    while True:
                        taken += filler.write(bytes(size))
                except OSError:  # ENOSPC: the last, smaller pieces may still fit
                    continue
        return taken

    def free(self) -> None:
        """Give the space back."""
        self._filler.unlink(missing_ok=True)

    def __enter__(self) -> Self:
        if self._megabytes:
            if os.geteuid():
                raise NotAllowed("a plan with disks of its own mounts them: run it as root")
            self.at.mkdir(parents=True, exist_ok=True)
            subprocess.run(
                ["mount", "-t", "tmpfs", "-o", f"size={self._megabytes}m", "tmpfs", str(self.at)], check=True
            )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._megabytes:
            subprocess.run(["umount", "--lazy", str(self.at)], check=True)
