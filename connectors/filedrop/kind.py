"""Files as a kind: a folder of its own for each party, shared with the peer over whatever carries files.

The one rule: the folders are the whole interface; who carries them is not our affair.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections.abc import AsyncIterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Final

from connectors import formats
from connectors.filedrop.folders import Folders
from connectors.filedrop.inbox import FileSource
from connectors.filedrop.outbox import FileSink
from connectors.kind import Connection, Finding, KindSettings, Site
from connectors.protocol import Connector, Row


class FileSettings(KindSettings):
    """Where the folders are, and whether every file must have a manifest."""

    root: Path | None = None  #: instead of the process's own root of drop folders
    manifests: bool = False


class FileDrop:
    """`inbox/` and `outbox/` of each party."""

    name: Final = "file"
    title: Final = ("文件投放", "File drop")
    settings: Final = FileSettings

    def connect(self, connection: Connection, site: Site) -> Connector:
        """The owner has the inbox, every party the system speaks for an outbox."""
        said: FileSettings = connection.settings
        form = connection.system.format
        return Connector(
            name=connection.name,
            party=connection.party,
            dialect=connection.system.dialect,
            format=form,
            source=FileSource(
                self._folders(connection, site, connection.party),
                form,
                now=site.now,
                manifests=said.manifests,
                progress=site.progress,
                account=site.account(connection),
            ),
            sinks={
                party: FileSink(self._folders(connection, site, party), form, manifests=said.manifests)
                for party in site.served(connection)
            },
            kind="files",
        )

    async def check(self, connection: Connection, site: Site) -> AsyncIterator[Finding]:
        """May the folders be made, and files in them be written and renamed?"""
        home = self._folders(connection, site, connection.party).home
        try:
            await asyncio.to_thread(_try_out, home)
        except OSError as error:
            yield Finding(str(home), ok=False, detail=str(error), cure="目录须可读写 / the folder must be writable")
        else:
            yield Finding(str(home), ok=True)

    async def peek(self, connection: Connection, site: Site, most: int) -> Sequence[Row]:
        """Rows of the oldest file in the inbox."""
        folders = self._folders(connection, site, connection.party)
        return await asyncio.to_thread(_first_rows, folders, connection, most)

    @staticmethod
    def _folders(connection: Connection, site: Site, party: str) -> Folders:
        root: Path | None = connection.settings.root
        return Folders((connection.folder / root if root else site.drop) / party)


def _try_out(home: Path) -> None:
    home.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=".check-", dir=home)
    os.close(handle)
    path = Path(name)
    try:
        path = path.rename(path.with_suffix(".renamed"))
    finally:
        path.unlink()


def _first_rows(folders: Folders, connection: Connection, most: int) -> list[Row]:
    for path in folders.waiting(float("inf"), 0) if folders.inbox.is_dir() else []:
        with os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb") as file:
            return list(islice(formats.rows(formats.for_file(connection.system.format, path.name), file), most))
    return []
