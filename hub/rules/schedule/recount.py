"""Counting a clock anew: an extension, another calendar, a pause that became known.

The one rule: loading a calendar never touches a verdict; a legal fact (extension, pause) that was in time counts
as if it had been known in time, and takes a miss back that was said without it.
"""

from __future__ import annotations

from hub.canonical.periods import ONE_DAY
from hub.rules.ledger import Ledger
from hub.rules.schedule.due import is_paused, last_day, lay_out
from hub.rules.schedule.start import set_warnings
from hub.rules.schedule.table import Moment, expired, run, runs, written
from hub.rules.schedule.tell import tell
from hub.rules.schedule.verdict import judge
from hub.rules.state import Row


def extend(ledger: Ledger, clock: str, entity: str, span: int, at: Moment) -> None:
    """Let *clock* last *span* units from its start, by a decision of the legal time *at*; ignored if that came too late.

    Too late is after the last day, or after the clock had ended.
    """
    rows = run(ledger.state, clock, entity)
    if not rows or rows[0].state == "VOID" or expired(rows[0], at) or "" < rows[0].ended_at < written(at):
        return
    for row in rows:
        row.span = span
    recount(ledger, rows)


def recount(ledger: Ledger, rows: list[Row]) -> None:
    """Compute the run *rows* anew after a legal fact, and say what changed."""
    before = {row.reading: row.due_at for row in rows}
    for row in rows:
        lay_out(row, ledger.reference)
    for row in rows:
        if row.due_at == before[row.reading] or row.state == "VOID":
            continue
        if row.ended_at:
            judge(ledger, rows, row, row.ended_at)
        else:
            _run_on(ledger, row)
    set_warnings(ledger, rows)


def _run_on(ledger: Ledger, row: Row) -> None:
    """Let *row* go on, or rest, with its new date."""
    before = row.state
    row.state, row.overdue = "SUSPENDED" if is_paused(row) else "RUNNING", False
    if before == "MISSED":
        tell(ledger, "miss.withdrawn", row)
    if row.state == "SUSPENDED":
        tell(ledger, "suspended", row)
    else:
        tell(ledger, "resumed" if before == "SUSPENDED" else "recalculated", row)


def recalculate(ledger: Ledger) -> None:
    """A calendar was loaded: compute the running provisional clocks anew."""
    for rows in list(runs(ledger.state)):
        unsettled = [row for row in rows if row.state == "RUNNING" and row.provisional]
        if not unsettled:
            continue
        before = rows[0].due_at, rows[0].provisional
        for row in unsettled:
            _follow(ledger, row)
            lay_out(row, ledger.reference)
        set_warnings(ledger, rows)
        if (rows[0].due_at, rows[0].provisional) != before:
            tell(ledger, "recalculated", rows[0])


def _follow(ledger: Ledger, row: Row) -> None:
    """A clock that starts on the last day of another (E01, 强制法 53) moves with it."""
    followed = next((other for other in ledger.state.clocks if other.clock_id == row.follows and other.governing), None)
    if followed is None or not followed.due_at:
        return
    day = last_day(followed.due_at)
    row.started_at = f"{day.isoformat()}T00:00:00+08:00"
    if row.opens_at:
        row.opens_at = (day + ONE_DAY).isoformat()
