"""Letting a clock rest 中止 and run on: the case period while the police decide (P01), the review during an appeal (R04).

The one rule: rests are laid down whole, as pairs of legal times, from all facts known; so a rest that is heard of late, or
ends before another that was heard of first, counts as if it had been known in time.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from msgspec.structs import replace

from hub.rules.ledger import Ledger
from hub.rules.schedule.recount import recount
from hub.rules.schedule.table import run
from hub.rules.state import Row

#: From one legal time to another, "" = it still lasts.
Rest = tuple[str, str]

#: The law does not say that 行政处罚法 60 rests during a transfer: both dates are shown, the policy says which governs.
SHOWN_BOTH_WAYS: Final = {"P01": "suspendP01OnTransfer"}


def rest(ledger: Ledger, clock: str, entity: str, rests: Iterable[Rest]) -> None:
    """Let *clock* rest during *rests*, all that are known; a rest that begins after the clock had ended is none."""
    rows = run(ledger.state, clock, entity)
    if not rows or rows[0].state == "VOID":
        return
    ended_at = rows[0].ended_at
    pauses = tuple(one for one in merged(rests) if not ended_at or one[0] <= ended_at)
    if all(pauses == row.pauses for row in _resting(rows)):
        return
    switch = SHOWN_BOTH_WAYS.get(clock)
    if switch and len(rows) == 1:
        _split(ledger, rows[0], suspended_governs=bool(ledger.reference.policy[switch]))
        rows = run(ledger.state, clock, entity)
    for row in _resting(rows):
        row.pauses = pauses
    recount(ledger, rows)


def merged(rests: Iterable[Rest]) -> tuple[Rest, ...]:
    """*rests* in their order; those that overlap or touch are one."""
    result: list[Rest] = []
    for begun, ended in sorted(rests):
        if result and (not result[-1][1] or begun <= result[-1][1]):
            first, last = result[-1]
            result[-1] = (first, max(last, ended) if last and ended else "")
        else:
            result.append((begun, ended))
    return tuple(result)


def _resting(rows: list[Row]) -> list[Row]:
    """The rows to which pauses apply: the one that shows the rest, else every reading."""
    return [row for row in rows if row.reading == "SUSPENDED"] or rows


def _split(ledger: Ledger, row: Row, *, suspended_governs: bool) -> None:
    """From the first transfer on, show the date with the rest and the date without."""
    clocks = ledger.state.clocks
    clocks.insert(clocks.index(row) + 1, replace(row, reading="UNSUSPENDED", governing=not suspended_governs))
    row.reading, row.governing = "SUSPENDED", suspended_governs
