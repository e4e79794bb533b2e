"""The table of clocks: finding a run and asking whether a time is past its end.

The one rule: a clock is never open twice for one entity, so "the clock" always means its newest run.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from hub.rules.schedule.due import last_day
from hub.rules.state import Common, Row

#: A legal time: as written in an event, or parsed.
Moment = str | datetime

OPEN = ("RUNNING", "SUSPENDED")


def written(moment: Moment) -> str:
    """A legal time as an event writes it."""
    return moment if isinstance(moment, str) else moment.isoformat(timespec="seconds")


def find(state: Common, clock: str, entity: str | None = None) -> list[Row]:
    """All rows of *clock*, of all its runs, in order of start; of one *entity* or of all."""
    return [row for row in state.clocks if row.clock == clock and (entity is None or row.entity == entity)]


def run(state: Common, clock: str, entity: str, clock_id: str = "") -> list[Row]:
    """The rows of the newest run of *clock* for *entity* (or of the run *clock_id*), the governing one first; empty if there is none."""
    rows = find(state, clock, entity)
    chosen = [row for row in rows if row.clock_id == (clock_id or rows[-1].clock_id)]
    return sorted(chosen, key=lambda row: not row.governing)


def governing(state: Common, clock: str, entity: str) -> Row | None:
    """The row that makes the events and the verdict, of the newest run."""
    rows = run(state, clock, entity)
    return rows[0] if rows else None


def is_open(state: Common, clock: str, entity: str) -> bool:
    """Does *clock* run or rest for *entity*?"""
    row = governing(state, clock, entity)
    return row is not None and row.state in OPEN


def runs(state: Common) -> Iterator[list[Row]]:
    """Every run, in order of start, its governing row first."""
    by_id: dict[str, list[Row]] = {}
    for row in state.clocks:
        by_id.setdefault(row.clock_id, []).append(row)
    for rows in by_id.values():
        yield sorted(rows, key=lambda row: not row.governing)


def expired(row: Row, at: Moment) -> bool:
    """Is the legal time *at* past the end of *row*? A day ends at 24:00; a resting row has no end."""
    if not row.due_at:
        return False
    if row.unit == "H":
        return datetime.fromisoformat(written(at)) > datetime.fromisoformat(row.due_at)
    return last_day(written(at)) > last_day(row.due_at)


def late(state: Common, clock: str, entity: str, at: Moment) -> bool:
    """Is *at* past the end of the clock's newest run? A right 权利 lives as long as the later of its readings."""
    rows = run(state, clock, entity)
    return bool(rows) and late_in(rows, rows[0], at)


def late_in(rows: list[Row], row: Row, at: Moment) -> bool:
    """Is *at* too late for *row* of the run *rows*?"""
    return all(expired(other, at) for other in rows) if row.kind == "right" else expired(row, at)
