"""Met, missed or void: what becomes of a clock when its end comes, or when its matter ends otherwise.

The one rule: the legal time of the end decides, the first end accepted counts, and a verdict said too early is taken back aloud.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from hub.rules.ledger import Ledger
from hub.rules.schedule.table import OPEN, Moment, late_in, run, runs, written
from hub.rules.schedule.tell import tell
from hub.rules.state import Row

#: What an end within the period makes of a clock, whatever its kind.
IN_TIME: Final = "MET"
#: What an end that came too late makes of a clock, by kind: a right or a softened duty simply lapses (contract §6.2).
LATE: Final = {"duty": "MISSED", "cond": "MISSED", "right": "VOID", "soft": "VOID", "wait": "MET"}
#: What the mere passing of time makes of it.
EXPIRY: Final = {"duty": "MISSED", "cond": "VOID", "right": "VOID", "soft": "VOID", "wait": "MET"}


def end(ledger: Ledger, clock: str, entity: str, at: Moment, *, clock_id: str = "") -> None:
    """The event that ends *clock* for *entity* happened at the legal time *at*. Nothing happens if it never ran or has ended.

    *clock_id* names an earlier run than the newest, where the event tells which it ends.
    """
    rows = run(ledger.state, clock, entity, clock_id)
    for row in rows:
        if may_end(row, written(at)):
            judge(ledger, rows, row, written(at))


def may_end(row: Row, at: str) -> bool:
    """Open, or only expired or made void: an end that happened before that may still arrive."""
    if row.state == "VOID" and row.void_at:
        return at <= row.void_at
    return row.state in OPEN or (row.overdue and not row.ended_at)


def judge(ledger: Ledger, rows: list[Row], row: Row, at: str) -> None:
    """Give *row* the verdict that an end at *at* deserves, and say what is new in it."""
    before = row.state
    verdict = LATE[row.kind] if late_in(rows, row, at) else IN_TIME
    if verdict != "VOID":
        row.ended_at = at
    row.overdue = row.overdue or verdict != "MET"
    row.state, row.warn_at = verdict, ()
    if verdict == before:
        return
    if before == "MISSED":
        tell(ledger, "miss.withdrawn", row)
    tell(ledger, "voided" if verdict == "VOID" else verdict.lower(), row)


def expire(ledger: Ledger, row: Row) -> None:
    """Nothing came by the end of *row*."""
    row.state, row.overdue, row.warn_at = EXPIRY[row.kind], True, ()
    if row.state == "MET":
        row.ended_at = row.due_at
    tell(ledger, "voided" if row.state == "VOID" else row.state.lower(), row)


def void(ledger: Ledger, clock: str, entity: str, at: Moment | None = None) -> None:
    """The matter of *clock* ended otherwise, at the legal time *at* if that is known.

    A miss said only because this was heard of late is taken back; a clock whose last day lay before has expired all the same.
    """
    if at is None:
        void_run(ledger, run(ledger.state, clock, entity))
        return
    rows, moment = run(ledger.state, clock, entity), written(at)
    for row in rows:
        over = late_in(rows, row, moment)
        if row.state in OPEN and over:
            expire(ledger, row)
        elif row.state in OPEN or (row.state == "MISSED" and not row.ended_at and not over):
            _lapse(ledger, row, moment)
        elif row.state == "VOID" and row.void_at:
            row.void_at = min(row.void_at, moment)  # heard of in any order, the first is when it lapsed


def void_all(ledger: Ledger, chosen: Callable[[Row], bool] = lambda row: True) -> None:
    """Void every open clock whose governing row is *chosen*."""
    for rows in list(runs(ledger.state)):
        if chosen(rows[0]):
            void_run(ledger, rows)


def void_run(ledger: Ledger, rows: list[Row]) -> None:
    """Void what is open of a run."""
    for row in rows:
        if row.state in OPEN:
            _lapse(ledger, row)


def _lapse(ledger: Ledger, row: Row, at: str = "") -> None:
    missed = row.state == "MISSED"
    row.state, row.warn_at, row.overdue, row.void_at = "VOID", (), False, at
    if missed:
        tell(ledger, "miss.withdrawn", row)
    tell(ledger, "voided", row)
