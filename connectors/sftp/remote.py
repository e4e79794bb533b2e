"""What we do in a peer's folders, each thing within its time, each failure as `Unavailable` with a reason.

The one rule: the server is not trusted: what it lists is bounded, what it sends is counted, a link is looked at and never followed
by a name of ours. What we write appears under its name whole or not at all.
"""

from __future__ import annotations

import asyncio
import stat
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, BinaryIO, Final, cast

import asyncssh
from asyncssh import constants

from connectors.protocol import Unavailable
from connectors.sftp.settings import SftpSettings
from connectors.sftp.trouble import ERRORS, line_lost, trouble

_CHUNK: Final = 256 * 1024
_SLOWEST: Final = 1024  #: bytes a second; whoever sends slower does not hold a file open for days
_MOST_NAMES: Final = 10_000


@dataclass(frozen=True, slots=True)
class Entry:
    """What lies in a remote folder; *plain*: a file, not a link, a device or a folder."""

    name: str
    size: int
    modified: int
    plain: bool
    folder: bool

    @property
    def mark(self) -> tuple[int, int]:
        """While it is written to, this changes."""
        return self.size, self.modified


class Remote:
    """The folders of the peer's server."""

    def __init__(self, client: asyncssh.SFTPClient, settings: SftpSettings) -> None:
        self._client, self._settings = client, settings
        self._made: set[PurePosixPath] = set()
        self.lost = False

    async def listing(self, folder: PurePosixPath) -> list[Entry]:
        """What lies in *folder*, the oldest first; of a folder beyond all measure a part."""
        found: list[Entry] = []
        async with self._asking(folder):
            async for name in self._client.scandir(str(folder)):
                said = str(name.filename)
                if said not in {"", ".", ".."} and "/" not in said and "\x00" not in said:
                    found.append(_entry(said, name.attrs))
                if len(found) >= _MOST_NAMES:
                    break
        return sorted(found, key=lambda each: (each.modified, each.name))

    async def look(self, path: PurePosixPath) -> Entry | None:
        """What *path* itself is; None: nothing."""
        async with self._asking(path):
            try:
                return _entry(path.name, await self._client.lstat(str(path)))
            except (asyncssh.SFTPNoSuchFile, asyncssh.SFTPNoSuchPath):
                return None

    async def fetch(self, path: PurePosixPath, file: BinaryIO, size: int) -> None:
        """Copy *path*, which has *size* bytes, piece by piece into *file*."""
        done = 0
        async with (
            self._asking(path, extra=size / _SLOWEST),
            self._client.open(str(path), "rb", encoding=None) as opened,
        ):
            while chunk := cast("bytes", await opened.read(_CHUNK)):
                done += len(chunk)
                if done > size:
                    break
                file.write(chunk)
        if done != size:
            raise Unavailable(f"{path}: 读取时有变化 / changed while it was read")

    async def put(self, path: PurePosixPath, file: BinaryIO) -> None:
        """Write the whole of *file* under the name *path*, over what may be there of an earlier try."""
        draft = path.with_name(f".{path.name}.part")
        size = file.seek(0, 2)
        file.seek(0)
        async with self._asking(path, extra=size / _SLOWEST):
            async with self._client.open(str(draft), "wb", encoding=None) as opened:
                while chunk := file.read(_CHUNK):
                    await opened.write(chunk)
                with suppress(asyncssh.SFTPOpUnsupported):
                    await opened.fsync()
            await self._over(draft, path)

    async def claim(self, path: PurePosixPath, to: PurePosixPath) -> bool:
        """Rename *path*, for one of those who try at once; False: it is not there, or *to*, a name only we use, is.

        Not by the plain rename, which OpenSSH makes of a hard link: Linux refuses that for a file of another account.
        """
        async with self._asking(path):
            try:
                if await self._client.lexists(str(to)):
                    return False
                await self._over(path, to)
            except (asyncssh.SFTPNoSuchFile, asyncssh.SFTPNoSuchPath):
                return False
        return True

    async def move(self, path: PurePosixPath, to: PurePosixPath) -> None:
        """Rename *path* over whatever *to* is."""
        async with self._asking(path):
            await self._over(path, to)

    async def remove(self, path: PurePosixPath) -> None:
        """Delete the file *path*."""
        async with self._asking(path):
            await self._client.remove(str(path))

    async def folder(self, path: PurePosixPath) -> PurePosixPath:
        """Make *path* unless it is there."""
        if path not in self._made:
            async with self._asking(path):
                if not await self._client.isdir(str(path)):
                    await self._client.mkdir(str(path))
            self._made.add(path)
        return path

    async def _over(self, path: PurePosixPath, to: PurePosixPath) -> None:
        try:
            await self._client.posix_rename(str(path), str(to))
        except asyncssh.SFTPOpUnsupported:
            # A server without OpenSSH's extension: for a moment nothing is there, never half of something.
            if await self._client.lexists(str(to)):
                await self._client.remove(str(to))
            await self._client.rename(str(path), str(to))

    @asynccontextmanager
    async def _asking(self, path: PurePosixPath, extra: float = 0.0) -> AsyncIterator[None]:
        with self._told(path):
            async with asyncio.timeout(self._settings.answer_seconds + extra):
                yield

    @contextmanager
    def _told(self, path: PurePosixPath) -> Iterator[None]:
        try:
            yield
        except ERRORS as error:
            self.lost = self.lost or line_lost(error)
            raise Unavailable(trouble(error, self._settings, str(path)).detail) from None


def _entry(name: str, attributes: Any) -> Entry:
    mode = attributes.permissions
    if mode is not None and stat.S_IFMT(mode):
        plain, folder = stat.S_ISREG(mode), stat.S_ISDIR(mode)
    else:
        plain = attributes.type == constants.FILEXFER_TYPE_REGULAR
        folder = attributes.type == constants.FILEXFER_TYPE_DIRECTORY
    return Entry(name, attributes.size or 0, int(attributes.mtime or 0), plain, folder)
