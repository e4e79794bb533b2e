"""What falls due in the table of clocks by itself: warnings and expiries.

The one rule: a timer says only when; what happens is decided from the row when it fires, and each fires once.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from hub.reference import Reference
from hub.rules.ledger import Ledger
from hub.rules.schedule.tell import tell
from hub.rules.schedule.verdict import expire
from hub.rules.state import Common, Row

WARNING: Final = "clock.warning"
EXPIRY: Final = "clock.expiry"


def timers(state: Common, reference: Reference) -> Iterable[tuple[datetime, str, str]]:
    """(when, name, subject) of everything to come, in no order."""
    for row in state.clocks:
        if row.state != "RUNNING":
            continue
        for moment in row.warn_at:
            yield datetime.fromisoformat(moment), WARNING, _subject(row)
        if row.kind != "right":
            yield datetime.fromisoformat(row.expires_at), EXPIRY, _subject(row)
        elif row.governing:  # a right lives until the later of its readings
            last = max(other.expires_at for other in state.clocks if other.clock_id == row.clock_id)
            yield datetime.fromisoformat(last), EXPIRY, _subject(row)


def fire(ledger: Ledger, name: str, subject: str, at: datetime) -> bool:
    """Let a timer of `timers` happen; False if *name* is not one of them."""
    if name not in (WARNING, EXPIRY):
        return False
    clock_id, _, reading = subject.rpartition("|")
    rows = [row for row in ledger.state.clocks if row.clock_id == clock_id]
    row = next(row for row in rows if row.reading == reading)
    if name == WARNING:
        moment = at.isoformat()
        row.warned, row.warn_at = (*row.warned, moment), tuple(text for text in row.warn_at if text != moment)
        tell(ledger, "warned", row)
    elif row.kind == "right":
        for each in rows:
            expire(ledger, each)
    else:
        expire(ledger, row)
    return True


def _subject(row: Row) -> str:
    return f"{row.clock_id}|{row.reading}"
