"""Which day a clock ends on, when it expires and when it warns: the arithmetic, without any state of an aggregate.

The one rule: everything a row says about its end is computed here, from its start, its span, its pauses and the calendar.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final

from hub.canonical.event import SHANGHAI
from hub.canonical.periods import ONE_DAY, Calendar, add_months
from hub.reference import Reference
from hub.rules.state import Row

#: Hour clocks warn so long before their end (contract §6.5, a choice).
HOURS_WARNING: Final = timedelta(hours=6)
#: Day clocks warn at this time of day.
MORNING: Final = time(9, tzinfo=SHANGHAI)
#: Periods longer than this many days warn a second time, so many working days before their end.
LONG_DAYS: Final = 15
EARLY_WARNING_DAYS: Final = 10
#: 行政强制法 54: so long after the demand 催告 the application may be filed.
DEMAND: Final = "E02"


def compute_due(calendar: Calendar, started_at: datetime | date, span: int, unit: str) -> date | datetime:
    """The last day (for hours: the last instant) of a period of *span* units *unit* that begins at *started_at*."""
    if unit == "H":
        if not isinstance(started_at, datetime):
            raise TypeError("a period of hours begins at an instant")
        return started_at + timedelta(hours=span)
    day = started_at.date() if isinstance(started_at, datetime) else started_at
    match unit:
        case "C":
            return calendar.roll(day + span * ONE_DAY)
        case "W":
            return calendar.add_working_days(day, span)
        case "M":
            return calendar.roll(add_months(day, span))
    raise ValueError(f"no period of unit {unit!r}")


def latest_demand(reference: Reference, due: date) -> date:
    """The last day on which a demand 催告 can be served and the application still be filed by *due*."""
    day = due
    while _may_file(reference, day) > due:
        day -= ONE_DAY
    return day


def _may_file(reference: Reference, demanded: date) -> date:
    """The first day after the wait that a demand served on *demanded* begins."""
    wait = reference.clocks[DEMAND].on(demanded.isoformat())
    over = compute_due(reference.calendar, demanded, wait.span, wait.unit)
    return (over.date() if isinstance(over, datetime) else over) + ONE_DAY


def lay_out(row: Row, reference: Reference) -> None:
    """Write into *row* when it is due and when it expires. A pause that began after the last day changes nothing."""
    calendar = reference.calendar
    due = _due(row, calendar)
    if due is None:
        row.due_at, row.expires_at, row.provisional = "", "", False
        return
    started = datetime.fromisoformat(row.started_at).date()
    if isinstance(due, datetime):
        row.expires_at = (due + timedelta(seconds=1)).isoformat()
        row.provisional = calendar.is_provisional(started, due.date())
    else:
        row.expires_at = datetime.combine(due + ONE_DAY, time(tzinfo=SHANGHAI)).isoformat()
        row.provisional = calendar.is_provisional(started, due)
    row.due_at = due.isoformat()
    if row.latest_demand_at:
        row.latest_demand_at = latest_demand(reference, last_day(row.due_at)).isoformat()


def _due(row: Row, calendar: Calendar) -> date | datetime | None:
    """When *row* is due; None while it rests."""
    started = datetime.fromisoformat(row.started_at)
    if row.unit == "X":
        return date.fromisoformat(row.due_at)
    if row.unit not in ("C", "W"):
        return compute_due(calendar, started, row.span, row.unit)
    for stretch in stretches(row, calendar):
        last = stretch
    return None if last.paused else last.due


@dataclass(frozen=True, slots=True)
class Stretch:
    """Days of a period of calendar or working days that no rest interrupts."""

    after: date  #: the day it runs from, not counted itself
    due: date  #: the last day, if no rest comes before
    paused: date | None = None  #: the last day before a rest; None in the last stretch


def stretches(row: Row, calendar: Calendar) -> Iterator[Stretch]:
    """How *row* runs between its pauses, in order; if it still rests, the last one is paused."""
    day, left = datetime.fromisoformat(row.started_at).date(), row.span
    due = _due_day(calendar, day, left, row.unit)
    for paused_at, resumed_at in row.pauses:
        paused = max(last_day(paused_at), day)  # a rest may have begun before the clock did
        if paused > due or (resumed_at and last_day(resumed_at) <= day):
            continue
        yield Stretch(day, due, paused)
        if not resumed_at:
            return
        used = (paused - day).days if row.unit == "C" else calendar.working_days_between(day, paused)
        day, left = last_day(resumed_at), max(left - used, 0)
        due = _due_day(calendar, day, left, row.unit)
    yield Stretch(day, due)


def _due_day(calendar: Calendar, day: date, span: int, unit: str) -> date:
    return last_day(compute_due(calendar, day, span, unit).isoformat())


def is_paused(row: Row) -> bool:
    """Does *row* rest now? (A pause that came too late does not count.)"""
    return bool(row.pauses) and not row.due_at


def lay_warnings(row: Row, earliest: str, calendar: Calendar) -> None:
    """Write into *row* the moments of warning still to come, counted from the *earliest* due date of its readings."""
    moments = _hour_moments(earliest) if row.unit == "H" else _day_moments(row, last_day(earliest), calendar)
    row.warn_at = tuple(text for text in (moment.isoformat() for moment in moments) if text not in row.warned)


def _hour_moments(earliest: str) -> list[datetime]:
    return [datetime.fromisoformat(earliest) - HOURS_WARNING]


def _day_moments(row: Row, due: date, calendar: Calendar) -> list[datetime]:
    started = datetime.fromisoformat(row.started_at)
    eve = datetime.combine(calendar.working_day_before(due), MORNING)
    moments = [eve if eve > started else datetime.combine(due, MORNING)]
    days = (due - started.date()).days if row.unit == "X" else row.span
    if row.unit == "M" or days > LONG_DAYS:
        early = datetime.combine(calendar.working_day_before(due, EARLY_WARNING_DAYS), MORNING)
        if started < early < moments[0]:
            moments.insert(0, early)
    return moments


def last_day(moment: str) -> date:
    """The date of a written date or datetime."""
    return date.fromisoformat(moment[:10])
