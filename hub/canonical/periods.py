"""Periods of law: what day a period of hours, calendar days, working days or months ends on.

The one rule: a calendar is data. A year without a published notice is computed with weekends only and is said to be unknown.
Sources: 民法典 200–204 (day of the event excluded, last day rolled), 行政处罚法 85 and 行政强制法 69 (working days).
"""

from __future__ import annotations

import calendar as gregorian
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum

ONE_DAY = timedelta(days=1)


class DayKind(StrEnum):
    """What a calendar knows of a day."""

    WORKDAY = "WORKDAY"
    WEEKEND = "WEEKEND"
    HOLIDAY = "HOLIDAY"  #: off by the notice, weekends inside the holiday included
    MAKE_UP = "MAKE_UP"  #: worked by the notice 调休


@dataclass(frozen=True)
class Calendar:
    """Working days of the known years. Immutable; `with_year` gives another one."""

    known_years: frozenset[int] = frozenset()
    off_days: frozenset[date] = frozenset()
    make_up_days: frozenset[date] = field(default=frozenset())

    def with_year(self, year: int, off_days: Iterable[date], make_up_days: Iterable[date]) -> Calendar:
        """This calendar with *year* announced, replacing what was known of it."""
        return Calendar(
            self.known_years | {year},
            frozenset(day for day in self.off_days if day.year != year) | frozenset(off_days),
            frozenset(day for day in self.make_up_days if day.year != year) | frozenset(make_up_days),
        )

    def is_working(self, day: date) -> bool:
        """Monday to Friday and not off, or a make-up workday 调休."""
        if day in self.make_up_days:
            return True
        return day.weekday() < 5 and day not in self.off_days

    def kind_of(self, day: date) -> DayKind:
        """Why *day* is or is not a working day."""
        if self.is_working(day):
            return DayKind.MAKE_UP if day in self.make_up_days else DayKind.WORKDAY
        return DayKind.HOLIDAY if day in self.off_days else DayKind.WEEKEND

    def roll(self, day: date) -> date:
        """*day*, or the next working day if it is off (民法典 203)."""
        while not self.is_working(day):
            day += ONE_DAY
        return day

    def add_working_days(self, day: date, count: int) -> date:
        """The *count*-th working day after *day*; the day itself is not counted."""
        while count > 0:
            day += ONE_DAY
            if self.is_working(day):
                count -= 1
        return day

    def working_day_before(self, day: date, count: int = 1) -> date:
        """The *count*-th working day before *day*."""
        while count > 0:
            day -= ONE_DAY
            if self.is_working(day):
                count -= 1
        return day

    def working_days_between(self, after: date, until: date) -> int:
        """Working days in (*after*, *until*]."""
        return sum(self.is_working(after + timedelta(days=n)) for n in range(1, (until - after).days + 1))

    def has_working_day(self, first: date, last: date) -> bool:
        """Is there a working day in [*first*, *last*]?"""
        day = first
        while day <= last:
            if self.is_working(day):
                return True
            day += ONE_DAY
        return False

    def is_provisional(self, after: date, until: date) -> bool:
        """Does (*after*, *until*] touch a year whose holidays are not announced?"""
        first = after + ONE_DAY
        return any(year not in self.known_years for year in range(first.year, until.year + 1))


def add_months(day: date, months: int) -> date:
    """The day of the same number, or the end of the month; not rolled."""
    index = day.year * 12 + day.month - 1 + months
    year, month = divmod(index, 12)
    return date(year, month + 1, min(day.day, gregorian.monthrange(year, month + 1)[1]))


def days_of(year: int, spans: Iterable[str]) -> Iterable[date]:
    """The days of *year* in *spans* ``MM-DD`` or ``MM-DD..MM-DD``."""
    for span in spans:
        first, _, last = span.partition("..")
        day, end = date.fromisoformat(f"{year}-{first}"), date.fromisoformat(f"{year}-{last or first}")
        while day <= end:
            yield day
            day += ONE_DAY


def parse_time(text: str) -> datetime:
    """Parse a datetime of the contract (``YYYY-MM-DDTHH:MM:SS+08:00``)."""
    return datetime.fromisoformat(text)
