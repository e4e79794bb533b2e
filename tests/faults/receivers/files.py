"""A receiver that takes files away: reads its outbox folder, keeps, and moves on to names it has not seen."""

from __future__ import annotations

import asyncio
from pathlib import Path

from tests.faults.receivers.inbox import Inbox

#: What the labour inspectorate's system is told in files and this receiver acts on.
KIND = "inspection.plan.decided"
_WORD = b"JHTCJD"  #: the dialect's word for it


async def collect(drop: Path, party: str, inbox: Inbox) -> None:
    """Until cancelled. The name of a file ends with the event's id."""
    outbox, seen = drop / party / "outbox", set[str]()
    while True:
        found = []
        for path in sorted(outbox.glob("*.csv")) if outbox.exists() else ():
            if path.name in seen or path.name.startswith("."):
                continue
            seen.add(path.name)
            rows = path.read_bytes().splitlines()
            if len(rows) > 1 and rows[1].startswith(_WORD):
                found.append((path.stem.partition("-")[2], KIND, ""))
        inbox.take(found)
        await asyncio.sleep(0.5)
