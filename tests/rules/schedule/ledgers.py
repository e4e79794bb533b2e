"""A ledger over an empty state, and shorthand to look at what it said."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from hub import reference
from hub.reference import Reference
from hub.rules import schedule
from hub.rules.ledger import Ledger, Routed
from hub.rules.state import Common, Row


def at(text: str) -> datetime:
    """A moment of 2026: ``MM-DD HH:MM``."""
    return datetime.fromisoformat(f"2026-{text.replace(' ', 'T')}:00+08:00")


def ledger(policy: Mapping[str, Any] | None = None, known: Reference | None = None) -> Ledger:
    """A ledger of an aggregate that has no parties of its own."""
    base = known or reference.load().with_policy(policy or {})
    return Ledger(Common(key="MT-1"), at("01-01 00:00"), base, lambda role, event_type, data: ())


def pass_time(book: Ledger, until: datetime) -> None:
    """Let all timers up to *until* fire, in their order."""
    while (first := min(schedule.timers(book.state, book.reference), default=None)) is not None and first[0] <= until:
        book.now = first[0]
        schedule.fire(book, first[1], first[2], first[0])
    book.now = until


def suspend(book: Ledger, clock: str, entity: str, moment: datetime) -> None:
    """One more rest of *clock* became known, that still lasts."""
    schedule.rest(book, clock, entity, [*_rests(book, clock, entity), (moment.isoformat(), "")])


def resume(book: Ledger, clock: str, entity: str, moment: datetime) -> None:
    """The last rest of *clock* ended, if one still lasts."""
    known, end = _rests(book, clock, entity), moment.isoformat()
    if known and not known[-1][1] and known[-1][0] <= end:
        schedule.rest(book, clock, entity, [*known[:-1], (known[-1][0], end)])


def _rests(book: Ledger, clock: str, entity: str) -> tuple[tuple[str, str], ...]:
    return max((row.pauses for row in schedule.run(book.state, clock, entity)), default=())


def said(book: Ledger) -> list[str]:
    """Short names of the events made, in order, with the clock: ``started F01``."""
    return [
        f"{step.event.type.removeprefix('clock.')} {step.event.data['clock']}"
        for step in book.steps
        if isinstance(step, Routed)
    ]


def told(book: Ledger, what: str) -> list[str]:
    """Who got the last event *what*."""
    for step in reversed(book.steps):
        if isinstance(step, Routed) and step.event.type == f"clock.{what}":
            return [party for party, _ in step.recipients]
    raise LookupError(what)


def rows(book: Ledger) -> list[tuple[str, str, str, bool]]:
    """(reading, dueAt, state, governing) of every row."""
    return [(row.reading, row.due_at, row.state, row.governing) for row in book.state.clocks]


def the(book: Ledger, clock: str) -> Row:
    """The governing row of the newest run of *clock*."""
    return next(row for row in reversed(book.state.clocks) if row.clock == clock and row.governing)
