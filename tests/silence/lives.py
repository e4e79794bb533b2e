"""Histories of invented systems: what each sends in which hour of which day."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta

from hub.canonical.event import SHANGHAI
from hub.reference import load
from hub.silence.usual import Hours
from hub.silence.verdict import Heard, Limits, State, Verdict, judge

CALENDAR = load().calendar
LIMITS = Limits()
OFFICE_HOURS = (*range(9, 12), *range(14, 18))

#: Records of a day, hour by hour.
Life = Callable[[date], Hours]


def at(text: str) -> datetime:
    """A moment of Shanghai: ``2026-11-18 10:30``."""
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


def hours(counts: dict[int, int]) -> Hours:
    """24 counts from those that are not nought."""
    return tuple(counts.get(hour, 0) for hour in range(24))


def office(day: date) -> Hours:
    """Twelve records in every office hour of a working day."""
    return hours(dict.fromkeys(OFFICE_HOURS, 12)) if CALENDAR.is_working(day) else hours({})


def nightly(day: date) -> Hours:
    """One file of 800 rows at two o'clock each night."""
    return hours({2: 800})


def round_the_clock(day: date) -> Hours:
    """A hotline."""
    return hours(dict.fromkeys(range(24), 5))


def heard(life: Life, last: datetime, days: int = 56) -> Heard:
    """What the log knows of a system that lived so for *days* and sent its last record at *last*."""
    past = [last.date() - timedelta(days=ago) for ago in range(1, days + 1)]
    return Heard(ever=True, last=last, days={day: life(day) for day in sorted(past)})


def verdict(life: Life, last: str, now: str, days: int = 56) -> Verdict:
    """Over that system at *now*."""
    return judge(heard(life, at(last), days), CALENDAR, at(now), LIMITS)


def state(life: Life, last: str, now: str, days: int = 56) -> State:
    """The same, the state alone."""
    return verdict(life, last, now, days).state
