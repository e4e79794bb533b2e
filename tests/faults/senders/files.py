"""A system that drops files: written under another name, renamed when whole, accepted once the receipt lies in `done/`."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from pathlib import Path
from uuid import uuid4

import orjson

from connectors import registry
from connectors.protocol import Envelope
from tests.faults.journal import Journal
from tests.faults.load import Fact
from tests.faults.senders.gateway import NotAccepted

_DIALECT = "rsj-csv"


class Files:
    def __init__(self, drop: Path, party: str, journal: Journal, limit_seconds: float) -> None:
        self._home = drop / party
        self._journal = journal
        self._limit = limit_seconds

    async def send(self, facts: Sequence[Fact]) -> None:
        """Drop one file with *facts* and return once it is receipted."""
        spoken = registry.system(_DIALECT)
        rows = [
            spoken.dialect.write(fact.type, fact.data, Envelope(id=fact.id, party=fact.party, sequence=number))
            for number, fact in enumerate(facts, 1)
        ]
        content = spoken.format.encode([row for row in rows if row is not None])
        self._journal.write(fact.sent() for fact in facts)
        name = f"faults-{uuid4().hex}.csv"
        receipt, until = self._home / "done" / f"{name}.receipt.json", time.monotonic() + self._limit
        await self._drop(name, content, until)
        while not receipt.exists():
            if time.monotonic() > until:
                raise NotAccepted(f"{name}: no receipt within {self._limit:g} s")
            await asyncio.sleep(0.1)
        said = orjson.loads(receipt.read_bytes())
        whole = said["accepted"] == len(facts)
        self._journal.write(
            {"event": "answered", "party": fact.party, "id": fact.id, "accepted": whole, "status": "done"}
            for fact in facts
        )
        if not whole:
            raise NotAccepted(f"{name}: {said}")

    async def _drop(self, name: str, content: bytes, until: float) -> None:
        part = self._home / "inbox" / f"{name}.part"
        while True:
            try:
                part.parent.mkdir(parents=True, exist_ok=True)
                part.write_bytes(content)
                part.rename(part.with_suffix(""))
                return
            except OSError:  # the disk may be full, and be given room again
                if time.monotonic() > until:
                    raise
            await asyncio.sleep(0.5)

    async def close(self) -> None:
        """Nothing is open."""
