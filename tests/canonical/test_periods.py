"""Periods of law against published calendars and worked examples."""

from __future__ import annotations

from datetime import date, timedelta

import chinese_calendar
import pytest

from hub import reference
from hub.canonical.periods import Calendar, add_months
from hub.rules.schedule import compute_due, latest_demand

CALENDAR = reference.load().calendar


@pytest.mark.parametrize(
    ("unit", "span", "start", "due"),
    [
        ("C", 3, "2026-09-29", "2026-10-08"),
        ("W", 3, "2026-09-29", "2026-10-09"),
        ("W", 3, "2026-10-01", "2026-10-10"),
        ("C", 3, "2026-04-03", "2026-04-07"),
        ("W", 3, "2026-04-03", "2026-04-09"),
        ("W", 1, "2026-02-13", "2026-02-14"),
        ("W", 2, "2026-02-13", "2026-02-24"),
        ("C", 3, "2026-02-13", "2026-02-24"),
        ("W", 7, "2026-02-12", "2026-02-28"),
        ("W", 5, "2026-04-29", "2026-05-09"),
        ("W", 5, "2026-09-29", "2026-10-12"),
        ("C", 15, "2026-09-18", "2026-10-08"),
        ("C", 15, "2026-04-20", "2026-05-06"),
        ("C", 90, "2026-03-02", "2026-06-01"),
        ("W", 60, "2026-03-02", "2026-05-28"),
        ("M", 6, "2025-08-31", "2026-02-28"),
        ("M", 3, "2025-11-30", "2026-02-28"),
        ("M", 6, "2026-01-15", "2026-07-15"),
        ("M", 2, "2026-09-03", "2026-11-03"),
    ],
)
def test_worked_examples(unit: str, span: int, start: str, due: str) -> None:
    assert compute_due(CALENDAR, date.fromisoformat(start), span, unit) == date.fromisoformat(due)


@pytest.mark.parametrize(("year", "working"), [(2024, 251), (2025, 248), (2026, 248)])
def test_every_day_agrees_with_the_published_calendar(year: int, working: int) -> None:
    days = [date(year, 1, 1) + timedelta(days=n) for n in range(366)]
    days = [day for day in days if day.year == year]
    published = {day: chinese_calendar.is_workday(day) for day in days}  # type: ignore[no-untyped-call]
    assert [day for day in days if CALENDAR.is_working(day) is not published[day]] == []
    assert sum(map(CALENDAR.is_working, days)) == working


def test_month_of_fewer_days_ends_on_its_last() -> None:
    assert add_months(date(2025, 12, 31), 2) == date(2026, 2, 28)
    assert add_months(date(2023, 12, 31), 2) == date(2024, 2, 29)


def test_unknown_year_has_weekends_only_and_is_provisional() -> None:
    assert CALENDAR.is_working(date(2027, 10, 1))
    assert not CALENDAR.is_working(date(2027, 10, 2))
    assert CALENDAR.is_provisional(date(2026, 12, 31), date(2027, 1, 4))
    assert not CALENDAR.is_provisional(date(2026, 12, 1), date(2026, 12, 31))


def test_loading_a_year_replaces_what_was_known_of_it() -> None:
    first = Calendar().with_year(2027, [date(2027, 1, 1)], [])
    again = first.with_year(2027, [date(2027, 1, 4)], [date(2027, 1, 2)])
    assert again.is_working(date(2027, 1, 1))
    assert not again.is_working(date(2027, 1, 4))
    assert again.is_working(date(2027, 1, 2))


def test_latest_demand_leaves_ten_working_days_and_one() -> None:
    assert latest_demand(reference.load(), date(2026, 10, 15)) == date(2026, 9, 23)
