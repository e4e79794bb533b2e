"""A party's deliveries → files it takes away.

The one rule: the name of a file is made of the delivery alone, so the same delivery written again is the same file.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

from connectors.filedrop.folders import Folders, put
from connectors.protocol import Format, Record


class FileSink:
    """The outbox of one party."""

    def __init__(self, folders: Folders, form: Format) -> None:
        self._folders, self._format = folders, form

    async def send(self, record: Record, *, key: str) -> None:
        """Write ``outbox/<key>.<extension>``; on disk when this returns."""
        await asyncio.to_thread(
            self._write, self._folders.outbox / f"{key}.{self._format.extension}", self._format.encode([record])
        )

    def _write(self, path: Path, value: bytes) -> None:
        if path.is_file() and path.read_bytes() == value:
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        put(path, value)
