"""Letting a clock rest 中止 and run on: the case period while the police decide (P01), the review during an appeal (R04).

The one rule: a rest is a pair of legal times. What was used before it is counted, what is left runs from the day it ends.
"""

from __future__ import annotations

from typing import Final

from msgspec.structs import replace

from hub.rules.ledger import Ledger
from hub.rules.schedule.recount import recount
from hub.rules.schedule.table import Moment, run, written
from hub.rules.state import Row

#: The law does not say that 行政处罚法 60 rests during a transfer: both dates are shown, the policy says which governs.
SHOWN_BOTH_WAYS: Final = {"P01": "suspendP01OnTransfer"}


def suspend(ledger: Ledger, clock: str, entity: str, at: Moment) -> None:
    """Let *clock* rest from the legal time *at*; ignored if it never ran or had ended by then."""
    rows = run(ledger.state, clock, entity)
    moment = written(at)
    if not rows or rows[0].state == "VOID" or (rows[0].ended_at and rows[0].ended_at < moment):
        return
    switch = SHOWN_BOTH_WAYS.get(clock)
    if switch and len(rows) == 1:
        _split(ledger, rows[0], suspended_governs=bool(ledger.reference.policy[switch]))
        rows = run(ledger.state, clock, entity)
    for row in _resting(rows):
        row.pauses = _with_pause(row.pauses, moment)
    recount(ledger, rows)


def resume(ledger: Ledger, clock: str, entity: str, at: Moment) -> None:
    """Let *clock* run on from the legal time *at*; ignored if it does not rest."""
    rows = run(ledger.state, clock, entity)
    moment = written(at)
    if not rows or (rows[0].ended_at and rows[0].ended_at < moment):
        return
    pauses = _resting(rows)[0].pauses
    if pauses and not pauses[-1][1] and pauses[-1][0] <= moment:
        for row in _resting(rows):
            row.pauses = (*pauses[:-1], (pauses[-1][0], moment))
        recount(ledger, rows)


def _resting(rows: list[Row]) -> list[Row]:
    """The rows to which pauses apply: the one that shows the rest, else every reading."""
    return [row for row in rows if row.reading == "SUSPENDED"] or rows


def _split(ledger: Ledger, row: Row, *, suspended_governs: bool) -> None:
    """From the first transfer on, show the date with the rest and the date without."""
    clocks = ledger.state.clocks
    clocks.insert(clocks.index(row) + 1, replace(row, reading="UNSUSPENDED", governing=not suspended_governs))
    row.reading, row.governing = "SUSPENDED", suspended_governs


def _with_pause(pauses: tuple[tuple[str, str], ...], moment: str) -> tuple[tuple[str, str], ...]:
    """*pauses* with one more that begins at *moment* and is still open; overlapping ones are one."""
    kept: list[tuple[str, str]] = []
    for begun, ended in pauses:
        if begun <= moment <= (ended or moment):
            return (*kept, (begun, ""))
        if begun > moment:
            break
        kept.append((begun, ended))
    return (*kept, (moment, pauses[-1][1] if pauses and pauses[-1][0] > moment else ""))
