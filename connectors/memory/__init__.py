"""The second implementation of everything in `protocol.py`, for tests and for reading first: lists instead of a world."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from typing import Any

from connectors.protocol import Delivery, Draft, Envelope, NotUnderstood, Record


class PlainDialect:
    """Says events as they are: ``{"type": …, "id": …, "data": {…}}``."""

    name = "plain"

    def read(self, record: Record) -> Sequence[Draft]:
        """The event as it stands."""
        event, data = record.get("type"), record.get("data")
        if not isinstance(event, str) or not isinstance(data, dict):
            raise NotUnderstood("须有 type 和 data", source="type", detail_en="type and data are needed")
        return (Draft(event, data, str(record.get("id", ""))),)

    def write(self, event_type: str, data: Mapping[str, Any], envelope: Envelope) -> Record | None:
        """The event as it stands."""
        return {"type": event_type, "id": envelope.id, "data": dict(data)}


class MemorySource:
    """Yields *records* in batches and remembers how each was settled."""

    def __init__(self, records: Iterable[Record], batch: int = 2) -> None:
        self._records, self._batch = list(records), batch
        self.settled: dict[int, Exception | None] = {}

    async def deliveries(self) -> AsyncIterator[Sequence[Delivery]]:
        """Every record once, then the end."""
        for start in range(0, len(self._records), self._batch):
            part = self._records[start : start + self._batch]
            yield [self._delivery(start + number, record) for number, record in enumerate(part)]

    def _delivery(self, number: int, record: Record) -> Delivery:
        async def settle(error: Exception | None) -> None:
            self.settled[number] = error

        return Delivery(record, ("memory", str(number)), settle)


class MemorySink:
    """Keeps the latest record of each key: the same key twice is one record."""

    def __init__(self) -> None:
        self.sent: dict[str, Record] = {}

    async def send(self, record: Record, *, key: str) -> None:
        """Keep it."""
        self.sent[key] = record
