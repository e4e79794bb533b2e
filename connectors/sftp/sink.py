"""A party's deliveries → files in the folder from which the peer reads.

The one rule: `send` returns only when the file is complete over there under its final name, which is made of the delivery alone.
"""

from __future__ import annotations

import hashlib
import io
from pathlib import PurePosixPath

from connectors.filedrop import manifest
from connectors.filedrop.folders import MANIFEST
from connectors.protocol import Format, Record
from connectors.sftp.line import Line


class SftpSink:
    """The remote *folder* of one party; *own*: it is ours to make."""

    def __init__(self, line: Line, folder: PurePosixPath, form: Format, *, own: bool, manifests: bool) -> None:
        self._line, self._folder, self._format = line, folder, form
        self._own, self._manifests = own, manifests

    async def send(self, record: Record, *, key: str) -> None:
        """Write ``<folder>/<key>.<extension>``, its manifest before it."""
        remote = await self._line.open()
        if self._own:
            await remote.folder(self._folder)
        value, name = self._format.encode([record]), f"{key}.{self._format.extension}"
        if self._manifests:
            said = manifest.told(name, len(value), hashlib.sha256(value).hexdigest())
            await remote.put(self._folder / f"{name}{MANIFEST}", io.BytesIO(said))
        await remote.put(self._folder / name, io.BytesIO(value))

    async def close(self) -> None:
        """Let go of the connection, which the party's others may share."""
        await self._line.close()
