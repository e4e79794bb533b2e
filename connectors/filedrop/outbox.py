"""A party's deliveries → files it takes away.

The one rule: the name of a file is made of the delivery alone, so the same delivery written again is the same file.
"""

from __future__ import annotations

import asyncio
import hashlib
from pathlib import Path

from connectors.filedrop import manifest
from connectors.filedrop.folders import MANIFEST, Folders, put
from connectors.protocol import Format, Record


class FileSink:
    """The outbox of one party; *manifests*: each file has its manifest beside it, there before the file itself."""

    def __init__(self, folders: Folders, form: Format, *, manifests: bool = False) -> None:
        self._folders, self._format, self._manifests = folders, form, manifests

    async def send(self, record: Record, *, key: str) -> None:
        """Write ``outbox/<key>.<extension>``; on disk when this returns."""
        await asyncio.to_thread(
            self._write, self._folders.outbox / f"{key}.{self._format.extension}", self._format.encode([record])
        )

    def _write(self, path: Path, value: bytes) -> None:
        if path.is_file() and path.read_bytes() == value:
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        if self._manifests:
            said = manifest.told(path.name, len(value), hashlib.sha256(value).hexdigest())
            put(path.with_name(f"{path.name}{MANIFEST}"), said)
        put(path, value)
