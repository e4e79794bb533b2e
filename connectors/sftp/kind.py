"""SFTP as a kind: the file drop whose folders lie with the peer.

The one rule: files are read and written by the file drop's own reader and formats; only how they get here and there is ours.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator, Sequence
from itertools import islice
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, BinaryIO, Final

from connectors import formats
from connectors.filedrop.folders import Folders
from connectors.filedrop.inbox import FileSource
from connectors.formats.limits import CSV_BYTES
from connectors.kind import Connection, Finding, Site
from connectors.protocol import Connector, NotUnderstood, Row
from connectors.sftp.settings import SftpSettings

if TYPE_CHECKING:
    from connectors.sftp.bay import Bay


class Sftp:
    """`out/` and `in/` on the peer's server. What speaks SSH is loaded by who has such a connection: it is an extra."""

    name: Final = "sftp"
    title: Final = ("SFTP 文件交换", "SFTP")
    settings: Final = SftpSettings

    def connect(self, connection: Connection, site: Site) -> Connector:
        """One connection brings, another one carries out: a large file of the one does not hold up the other."""
        from connectors.sftp.line import Line  # noqa: PLC0415
        from connectors.sftp.sink import SftpSink  # noqa: PLC0415
        from connectors.sftp.source import SftpSource  # noqa: PLC0415

        said: SftpSettings = connection.settings
        form = connection.system.format
        bay = _bay(connection, site)
        folders = Folders(bay.hand.home)
        files = FileSource(
            folders, form, now=site.now, quiet_seconds=0, manifests=said.manifests, progress=site.progress
        )
        out = Line(said, connection.folder)
        return Connector(
            name=connection.name,
            party=connection.party,
            dialect=connection.system.dialect,
            format=form,
            source=SftpSource(Line(said, connection.folder), bay, folders, files),
            sinks={
                party: SftpSink(
                    out, into(connection, party), form, own=party != connection.party, manifests=said.manifests
                )
                for party in site.served(connection)
            },
            kind=self.name,
        )

    async def check(self, connection: Connection, site: Site) -> AsyncIterator[Finding]:
        """The key, the network, the host key, the sign-in, and what must be allowed in each folder."""
        from connectors.sftp.checking import findings  # noqa: PLC0415

        units = [into(connection, party) for party in site.served(connection) if party != connection.party]
        async for finding in findings(_bay(connection, site), connection.folder, units):
            yield finding

    async def peek(self, connection: Connection, site: Site, most: int) -> Sequence[Row]:
        """Rows of the oldest file that waits, which stays where it is."""
        from connectors.sftp.line import Line  # noqa: PLC0415

        line, bay = Line(connection.settings, connection.folder), _bay(connection, site)
        try:
            remote = await line.open()
            plain = [each for each in await bay.waiting(remote) if each.plain and each.size <= CSV_BYTES]
            for each in plain[:1]:
                with tempfile.TemporaryFile() as file:
                    await remote.fetch(bay.settings.out / each.name, file, each.size)
                    return await asyncio.to_thread(_first_rows, connection, each.name, file, most)
            return []
        except NotUnderstood as error:
            return [Row(1, None, error)]
        finally:
            await line.close()


def _first_rows(connection: Connection, name: str, file: BinaryIO, most: int) -> list[Row]:
    return list(islice(formats.rows(formats.for_file(connection.system.format, name), file), most))


def into(connection: Connection, party: str) -> PurePosixPath:
    """Where the deliveries of *party* go: the units of a body have folders of their own inside its folder."""
    said: SftpSettings = connection.settings
    return said.into if party == connection.party else said.into / party


def _bay(connection: Connection, site: Site) -> Bay:
    from connectors.sftp.bay import Bay  # noqa: PLC0415
    from connectors.sftp.hand import Hand  # noqa: PLC0415

    hand = Hand(site.state / "sftp" / connection.name / connection.party)
    return Bay(connection.settings, hand, site.account(connection))
