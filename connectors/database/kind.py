"""Databases as two kinds: ``outbox`` for what a peer sends, ``table`` for what it is sent.

The one rule: a password is read from its file when a connection is opened, and nowhere kept.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Final

from connectors import formats
from connectors.database import checking
from connectors.database.dbapi import open_dbapi
from connectors.database.lease import Seen
from connectors.database.outbox import OutboxSource, OutboxTable
from connectors.database.postgres import open_postgres
from connectors.database.session import Session
from connectors.database.settings import DatabaseSettings, OutboxSettings, TableSettings
from connectors.database.table import Addressed, Inbox, TableSink
from connectors.kind import Connection, Finding, Site
from connectors.protocol import Connector, NotUnderstood, Row, Unavailable


def opener(connection: Connection) -> Callable[[], Awaitable[Session]]:
    """How to connect; what is seen of another reader's lease is kept from one try to the next."""
    said: DatabaseSettings = connection.settings
    lease = (said.beside(said.lease_table), said.lease_seconds, Seen()) if isinstance(said, OutboxSettings) else None

    async def opened() -> Session:
        secret = password(connection)
        if said.database == "postgresql":
            return await open_postgres(said, connection.folder, secret)
        return await open_dbapi(said, connection.folder, secret, lease)

    return opened


def password(connection: Connection) -> str:
    """The first line of the password's file. Raise `Unavailable` if it cannot be read."""
    said: DatabaseSettings = connection.settings
    if said.password_file is None:
        return ""
    try:
        return (connection.folder / said.password_file).read_text("utf-8").partition("\n")[0].rstrip("\r")
    except (OSError, UnicodeDecodeError) as error:
        raise Unavailable(f"password_file: {error}") from None


class Outbox:
    """Records that the peer writes into a table of its own, in the same transaction as its business."""

    name: Final = "outbox"
    title: Final = ("数据库发件表", "Outbox table")
    settings: Final = OutboxSettings

    def connect(self, connection: Connection, site: Site) -> Connector:
        """A source only."""
        form = connection.system.format
        return Connector(
            name=connection.name,
            party=connection.party,
            dialect=connection.system.dialect,
            format=form,
            source=OutboxSource(connection.settings, formats.logged(form), opener(connection)),
            kind=self.name,
        )

    def check(self, connection: Connection, site: Site) -> AsyncIterator[Finding]:
        """From the password's file to the right to mark."""
        return checking.outbox(connection, site, opener(connection))

    async def peek(self, connection: Connection, site: Site, most: int) -> Sequence[Row]:
        """The first rows that wait, unmarked."""
        table, form = OutboxTable(connection.settings), formats.logged(connection.system.format)
        session = await opener(connection)()
        try:
            found = await session.fetch(table.pending(session.tongue, most))
        finally:
            await session.close()
        seen: list[Row] = []
        for number, (_, _, *content) in enumerate(found, 1):
            try:
                seen.append(Row(number, table.record(content, form)))
            except NotUnderstood as error:
                seen.append(Row(number, None, error))
        return seen


class Table:
    """Deliveries that the peer finds in a table of its own."""

    name: Final = "table"
    title: Final = ("数据库收件表", "Inbox table")
    settings: Final = TableSettings

    def connect(self, connection: Connection, site: Site) -> Connector:
        """Sinks only: one table for every party that the system speaks for."""
        form = connection.system.format
        inbox = Inbox(connection.settings, formats.logged(form), opener(connection))
        return Connector(
            name=connection.name,
            party=connection.party,
            dialect=Addressed(connection.system.dialect),
            format=form,
            sinks={party: TableSink(inbox, party) for party in site.served(connection)},
            kind=self.name,
        )

    def check(self, connection: Connection, site: Site) -> AsyncIterator[Finding]:
        """From the password's file to the right to insert."""
        return checking.inbox(connection, site, opener(connection))

    async def peek(self, connection: Connection, site: Site, most: int) -> Sequence[Row]:
        """Nothing waits for us there."""
        return ()
