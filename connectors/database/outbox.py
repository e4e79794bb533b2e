"""Rows of a peer's outbox table → deliveries.

The one rule: what is not marked is not taken, whatever its number. No place is remembered on our side, so a row that a slow
transaction makes visible late, under a number long passed, is found like any other.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from connectors.database import rows
from connectors.database.session import Session, Tongue
from connectors.database.settings import OutboxSettings
from connectors.protocol import Delivery, Format, NotUnderstood, Record, Unavailable
from hub.log import get_logger

log = get_logger(__name__)

_BEATS: Final = 3  #: how often the lease is renewed within the time it holds


@dataclass(frozen=True, slots=True)
class OutboxTable:
    """The statements for one table; its names were checked when the settings were read."""

    said: OutboxSettings

    def pending(self, tongue: Tongue, most: int) -> str:
        """The rows that wait: number, id, then the payload or the record's columns."""
        said, column = self.said, self.said.column
        content = [tongue.value(name) for name in said.columns] or [tongue.text(column("payload"))]
        return (
            f"SELECT {column('seq')}, {tongue.value(column('id'))}, {', '.join(content)} FROM {said.place} "
            f"WHERE {column('taken_at')} IS NULL AND {column('seq')} IS NOT NULL "
            f"ORDER BY {column('seq')} {tongue.most(most)}"
        )

    def mark(self, tongue: Tongue) -> str:
        """Write the outcome beside one row: code, detail, number, id. The number alone would do where it is unique."""
        return f"{self._marking()} AND {tongue.value(self.said.column('id'))} = ?"

    def mark_nameless(self) -> str:
        """Likewise for a row without an id."""
        return f"{self._marking()} AND {self.said.column('id')} IS NULL"

    def trial(self) -> str:
        """A mark that meets no row: may we write, before anything is sent that could not be marked?"""
        return f"{self.mark_nameless()} AND 1 = 0"

    def _marking(self) -> str:
        column = self.said.column
        return (
            f"UPDATE {self.said.place} SET {column('taken_at')} = CURRENT_TIMESTAMP, "
            f"{column('result_code')} = ?, {column('result_detail')} = ? "
            f"WHERE {column('taken_at')} IS NULL AND {column('seq')} = ?"  # so worded, the index of waiting rows serves
        )

    def record(self, content: Sequence[Any], form: Format) -> Record:
        """The record of a row. Raise `NotUnderstood`."""
        if self.said.columns:
            return rows.flat_record(self.said.columns, content)
        return rows.payload_record(content[0], form)


@dataclass(slots=True)
class _Row:
    """A row in work. *outcome*: None while it is open, then its code and detail, both empty if it was accepted."""

    seq: Any
    id: Any
    outcome: tuple[str, str] | None = None


class OutboxSource:
    """The outbox of one peer; *opened* connects."""

    def __init__(self, said: OutboxSettings, form: Format, opened: Callable[[], Awaitable[Session]]) -> None:
        self._said, self._form, self._opened = said, form, opened
        self._table = OutboxTable(said)
        self._session: Session | None = None

    async def deliveries(self) -> AsyncIterator[Sequence[Delivery]]:
        """Batches in the order of their numbers; waits for more for ever. Raise `Unavailable`."""
        await self._leave()  # a reading that was cancelled may not have come to its end
        session = self._session = await self._opened()
        try:
            if not await session.hold(self._said.place):
                raise Unavailable(f"another process reads {self._said.place}")
            await session.run(self._table.trial(), [("", "", -1)])
            beating = asyncio.create_task(self._beat(session))
            try:
                async for batch in self._batches(session, beating):
                    yield batch
            finally:
                beating.cancel()
                await asyncio.gather(beating, return_exceptions=True)
        finally:
            await self._leave(session)

    async def _batches(self, session: Session, beating: asyncio.Task[None]) -> AsyncIterator[Sequence[Delivery]]:
        pending = self._table.pending(session.tongue, self._said.batch)
        marked: set[Any] = set()
        while True:
            if beating.done():
                beating.result()
            found = await session.fetch(pending)
            if not found:
                marked.clear()
                await session.idle(self._said.poll_seconds)
                continue
            if any(each[0] in marked for each in found):  # else they would be sent again, as fast as we can
                raise Unavailable(f"marks in {self._said.place} do not stay: a trigger, a policy or a correction")
            batch = [_Row(seq, row_id) for seq, row_id, *_ in found]
            failures: list[Exception] = []
            good = [
                delivery
                for row, (_, _, *content) in zip(batch, found, strict=True)
                if (delivery := self._delivery(row, content, failures)) is not None
            ]
            if good:
                yield good
            await self._mark(session, batch)
            marked = {row.seq for row in batch if row.outcome is not None}
            if failures:
                raise Unavailable(str(failures[0])) from failures[0]

    def _delivery(self, row: _Row, content: Sequence[Any], failures: list[Exception]) -> Delivery | None:
        """None for a row that is no record: it is refused here, alone."""
        try:
            row_id = rows.id_of(row.id)
            record = self._table.record(content, self._form)
        except NotUnderstood as error:
            row.outcome = (error.code, rows.why(error))
            return None

        async def settle(error: Exception | None) -> None:
            if error is None:
                row.outcome = ("", "")
            elif isinstance(error, NotUnderstood):
                row.outcome = (error.code, rows.why(error))
            else:
                failures.append(error)

        return Delivery(record, ("outbox", self._said.place.lower(), row_id), settle)

    async def _mark(self, session: Session, batch: Sequence[_Row]) -> None:
        """Accepted rows have no code: NULL, in every database."""
        settled = [(row, row.outcome) for row in batch if row.outcome is not None]
        named = [(code or None, why or None, row.seq, row.id) for row, (code, why) in settled if row.id is not None]
        nameless = [(code, why, row.seq) for row, (code, why) in settled if row.id is None]
        if named:
            await session.run(self._table.mark(session.tongue), named)
        if nameless:
            await session.run(self._table.mark_nameless(), nameless)
        refused = sum(bool(code) for _, (code, _) in settled)
        if refused:
            log.warning("outbox.refused", table=self._said.place, rows=len(settled), refused=refused)

    async def _beat(self, session: Session) -> None:
        """Also while the log is slow, so that nobody takes over what is merely waiting."""
        while True:
            await asyncio.sleep(self._said.lease_seconds / _BEATS)
            await session.keep()

    async def _leave(self, session: Session | None = None) -> None:
        """Close *session*, or whatever is open."""
        leaving = session or self._session
        if leaving is not None:
            if leaving is self._session:
                self._session = None
            await leaving.close()
