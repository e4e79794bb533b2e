"""A party's deliveries → rows of its inbox table.

The one rule: a delivery is one row under (party, id), inserted if it is not there; what the peer does with the row afterwards is
its own affair.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final

from connectors.database.rows import text_of
from connectors.database.session import Session
from connectors.database.settings import TableSettings
from connectors.protocol import Dialect, Draft, Envelope, Format, Record, Unavailable

COLUMNS: Final = ("id", "party", "type", "key", "sequence", "payload")


class Addressed:
    """A dialect whose records leave with what the row's other columns say about them."""

    def __init__(self, inner: Dialect) -> None:
        self._inner = inner

    @property
    def name(self) -> str:
        """The dialect's own."""
        return self._inner.name

    def read(self, record: Record) -> Sequence[Draft]:
        """As the dialect does."""
        return self._inner.read(record)

    def write(self, event_type: str, data: Mapping[str, Any], envelope: Envelope) -> Record | None:
        """The dialect's record under ``payload``."""
        record = self._inner.write(event_type, data, envelope)
        if record is None:
            return None
        return {
            "id": envelope.id, "type": event_type, "key": envelope.key, "sequence": envelope.sequence, "payload": record,
        }  # fmt: skip


class Inbox:
    """The table, over one connection that all its parties share, opened with the first delivery."""

    def __init__(self, said: TableSettings, form: Format, opened: Callable[[], Awaitable[Session]]) -> None:
        self._form, self._opened = form, opened
        self._session: Session | None = None
        self._turn = asyncio.Lock()
        names = [said.column(name) for name in COLUMNS]
        self._insert = (
            f"INSERT INTO {said.place} ({', '.join(names)}, {said.column('written_at')}) "
            f"VALUES ({', '.join('?' * len(names))}, CURRENT_TIMESTAMP)"
        )
        self._exists = f"SELECT 1 FROM {said.place} WHERE {said.column('party')} = ? AND {said.column('id')} = ?"

    async def put(self, party: str, record: Record) -> None:
        """Insert, unless it is there. Raise `Unavailable`."""
        row = (
            record["id"], party, record["type"], record["key"], record["sequence"], text_of(record["payload"], self._form),
        )  # fmt: skip
        async with self._turn:
            if self._session is None:
                self._session = await self._opened()
            try:
                await self._session.put(self._insert, self._exists, row, (party, record["id"]))
            except BaseException as error:  # cancelled, too: who knows what the connection was in the middle of
                await self._close()
                if isinstance(error, Unavailable) or not isinstance(error, Exception):
                    raise
                raise Unavailable(f"{type(error).__name__}") from None  # a value that the driver does not bind

    async def close(self) -> None:
        """Let the connection go."""
        async with self._turn:
            await self._close()

    async def _close(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            await session.close()


class TableSink:
    """One party's rows of the inbox."""

    def __init__(self, inbox: Inbox, party: str) -> None:
        self._inbox, self._party = inbox, party

    async def send(self, record: Record, *, key: str) -> None:
        """A row with the event's own id; *key* holds nothing that is not in it."""
        await self._inbox.put(self._party, record)

    async def close(self) -> None:
        """Let the connection go; the next delivery opens another."""
        await self._inbox.close()
