"""A journal that survives its writer: JSON lines, on disk before anything else happens."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any


class Journal:
    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self._file = path.open("ab")

    def write(self, lines: Iterable[Mapping[str, Any]]) -> None:
        """Append *lines* and return once they are on disk."""
        now = round(time.time(), 3)
        said = b"".join(json.dumps({"at": now} | dict(line), ensure_ascii=False).encode() + b"\n" for line in lines)
        if said:
            self._file.write(said)
            self._file.flush()
            os.fsync(self._file.fileno())

    def close(self) -> None:
        self._file.close()
