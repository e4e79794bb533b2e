"""The count of a period, day by day: which days it ran, which it left out, and why.

The one rule: nothing is computed here. Where a stretch ends and what a day is say `due` and the calendar, the same that give the
row its date; this file only walks from the one to the other and numbers what it passes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from hub.canonical.event import SHANGHAI
from hub.canonical.periods import ONE_DAY, Calendar, DayKind, add_months
from hub.rules.schedule.due import compute_due, last_day, stretches
from hub.rules.state import Row


class Part(StrEnum):
    """What a day is in the count of a period."""

    START = "START"  #: the day of the event, not counted (民法典 201)
    COUNTED = "COUNTED"
    SKIPPED = "SKIPPED"  #: an off day in a period of working days
    SUSPENDED = "SUSPENDED"  #: the period rests 中止
    ROLLED = "ROLLED"  #: the count is full, but its last day was an off day (民法典 203)


@dataclass(frozen=True, slots=True)
class CountedDay:
    """One day of a period."""

    day: date
    kind: DayKind
    announced: bool  #: is the year's calendar published? If not, only weekends are known
    part: Part
    number: int  #: units full by the end of this day: days, working days, months or hours


def count_days(row: Row, calendar: Calendar) -> tuple[CountedDay, ...]:
    """The days of *row* from its start to its last; to the day before its rest while it rests."""
    match row.unit:
        case "H":
            days = _hours(row, calendar)
        case "M":
            days = _months(row, calendar)
        case "X":
            days = _given(row)
        case _:
            days = _days(row, calendar)
    return tuple(
        CountedDay(day, calendar.kind_of(day), day.year in calendar.known_years, part, number)
        for day, part, number in days
    )


_Day = tuple[date, Part, int]


def _days(row: Row, calendar: Calendar) -> Iterator[_Day]:
    number, told = 0, _start(row)
    yield told, Part.START, 0
    for stretch in stretches(row, calendar):
        for day in _between(told, stretch.after):
            yield day, Part.SUSPENDED, number
        told = stretch.paused or stretch.due
        for day in _between(stretch.after, told):
            if number == row.span:
                yield day, Part.ROLLED, number
            elif row.unit == "C" or calendar.is_working(day):
                number += 1
                yield day, Part.COUNTED, number
            else:
                yield day, Part.SKIPPED, number


def _months(row: Row, calendar: Calendar) -> Iterator[_Day]:
    start, full = _start(row), 0
    yield start, Part.START, 0
    for day in _between(start, last_day(compute_due(calendar, start, row.span, "M").isoformat())):
        if full == row.span:
            yield day, Part.ROLLED, full
            continue
        full += day == add_months(start, full + 1)
        yield day, Part.COUNTED, full


def _hours(row: Row, calendar: Calendar) -> Iterator[_Day]:
    start = datetime.fromisoformat(row.started_at)
    due = compute_due(calendar, start, row.span, "H")
    assert isinstance(due, datetime)
    for day in (start.date(), *_between(start.date(), due.date())):
        until = min(due, datetime.combine(day + ONE_DAY, time(tzinfo=SHANGHAI)))
        yield day, Part.COUNTED, (until - start) // timedelta(hours=1)


def _given(row: Row) -> Iterator[_Day]:
    yield _start(row), Part.START, 0
    for number, day in enumerate(_between(_start(row), last_day(row.due_at)), 1):
        yield day, Part.COUNTED, number


def _start(row: Row) -> date:
    return datetime.fromisoformat(row.started_at).date()


def _between(after: date, until: date) -> Iterator[date]:
    """The days of (*after*, *until*]."""
    for count in range(1, (until - after).days + 1):
        yield after + count * ONE_DAY
