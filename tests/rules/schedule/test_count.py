"""The count day by day is the count the date came from."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub import reference
from hub.canonical.event import SHANGHAI
from hub.canonical.periods import Calendar, DayKind, add_months
from hub.rules import schedule
from hub.rules.ledger import Ledger
from hub.rules.schedule import CountedDay, Part, count_days
from hub.rules.schedule.due import last_day
from hub.rules.state import Row
from tests.rules.schedule.ledgers import at, ledger, resume, suspend

BEGIN = datetime(2024, 1, 1, tzinfo=SHANGHAI)
MOMENTS = st.integers(0, (datetime(2028, 1, 1, tzinfo=SHANGHAI) - BEGIN) // timedelta(minutes=1) - 1).map(
    lambda minutes: BEGIN + timedelta(minutes=minutes)
)
#: Rests as (days from the start to the pause, days from there to the resumption); None = it still rests.
RESTS = st.lists(st.tuples(st.integers(-3, 130), st.none() | st.integers(0, 60)), max_size=3)
KNOWN_2027 = reference.load().calendar.with_year(
    2027,
    [date(2027, 1, 1), *(date(2027, 2, day) for day in range(5, 12)), *(date(2027, 10, day) for day in range(1, 8))],
    [date(2027, 1, 31), date(2027, 2, 20), date(2027, 10, 9)],
)
CALENDARS = st.sampled_from([reference.load().calendar, KNOWN_2027])


def started(clock: str, start: datetime, calendar: Calendar, *, span: int = 7, days_given: int = 20) -> Ledger:
    rule = reference.load().clocks[clock]
    book = ledger(known=reference.load().with_calendar(calendar))
    schedule.start(
        book,
        clock,
        "X",
        start,
        obligor="GY-YJJ",
        obligee="GY-GAJ",
        span=None if rule.span else span,
        due=start.date() + timedelta(days=days_given) if rule.unit == "X" else None,
    )
    return book


@settings(max_examples=25, deadline=None)
@pytest.mark.parametrize("clock", sorted(reference.load().clocks))
@given(start=MOMENTS, rests=RESTS, calendar=CALENDARS, span=st.integers(1, 40), longer=st.integers(0, 90))
def test_the_last_counted_day_is_the_day_that_was_computed(
    clock: str,
    start: datetime,
    rests: list[tuple[int, int | None]],
    calendar: Calendar,
    span: int,
    longer: int,
) -> None:
    """All clocks of the contract, starts from 2024 to 2027 (the last year announced or not), rests and extensions."""
    book = started(clock, start, calendar, span=span, days_given=span)
    for after, length in rests:
        paused = start + timedelta(days=after)
        suspend(book, clock, "X", paused)
        if length is not None:
            resume(book, clock, "X", paused + timedelta(days=length))
    if longer:
        schedule.extend(book, clock, "X", book.state.clocks[0].span + longer, start)

    for row in book.state.clocks:
        days = count_days(row, calendar)
        consecutive(days)
        if row.due_at:
            assert days[-1].day == last_day(row.due_at)
            assert row.unit == "X" or days[-1].number == row.span
            assert row.unit not in ("C", "M") or calendar.is_working(days[-1].day)
        else:
            assert days[-1].number <= row.span
            assert days[-1].day == max(last_day(row.pauses[-1][0]), start.date())
        judged(row, days, calendar)


def consecutive(days: tuple[CountedDay, ...]) -> None:
    """No day is left out and none comes twice."""
    first = days[0].day
    assert [one.day for one in days] == [first + timedelta(days=n) for n in range(len(days))]


def judged(row: Row, days: tuple[CountedDay, ...], calendar: Calendar) -> None:
    """Each day counts, or does not, by the law of its unit; the running number follows from that alone."""
    counted = [one for one in days if one.part is Part.COUNTED]
    match row.unit:
        case "W":
            assert all(calendar.is_working(one.day) for one in counted)
            assert not any(calendar.is_working(one.day) for one in days if one.part is Part.SKIPPED)
        case "C":
            assert not any(one.part is Part.SKIPPED for one in days)
        case "M":
            full = [one.day for before, one in pairwise(days) if one.number > before.number]
            assert full == [add_months(days[0].day, n) for n in range(1, row.span + 1)]
    if row.unit in ("C", "W", "X"):
        assert [one.number for one in counted] == list(range(1, len(counted) + 1))
    for one, following in pairwise(days):
        if one.part is Part.ROLLED:
            assert row.unit != "W"
            assert following.part is Part.SUSPENDED or not calendar.is_working(one.day), (
                "it rolls to the first working day"
            )


def parts(row: Row, calendar: Calendar) -> list[str]:
    return [f"{one.day:%m-%d} {one.kind} {one.part} {one.number}" for one in count_days(row, calendar)]


def test_both_readings_over_a_holiday() -> None:
    """国庆 2026: calendar days end inside it and roll, working days jump over it."""
    book = started("F01", at("09-29 10:00"), reference.load().calendar)

    by_days, by_working_days = (parts(row, book.reference.calendar) for row in book.state.clocks)
    assert by_days[:4] == [
        "09-29 WORKDAY START 0",
        "09-30 WORKDAY COUNTED 1",
        "10-01 HOLIDAY COUNTED 2",
        "10-02 HOLIDAY COUNTED 3",
    ]
    assert by_days[4:] == [f"10-0{n} HOLIDAY ROLLED 3" for n in range(3, 8)] + ["10-08 WORKDAY ROLLED 3"]
    assert by_working_days[2:] == [f"10-0{n} HOLIDAY SKIPPED 1" for n in range(1, 8)] + [
        "10-08 WORKDAY COUNTED 2",
        "10-09 WORKDAY COUNTED 3",
    ]


def test_a_make_up_workday_and_a_rest() -> None:
    """R04 counts the Saturday that is worked 调休, and nothing while an appeal is pending."""
    book = started("R04", at("09-17 10:00"), reference.load().calendar)
    suspend(book, "R04", "X", at("09-21 10:00"))
    resume(book, "R04", "X", at("09-23 10:00"))

    told = parts(book.state.clocks[0], book.reference.calendar)
    assert told[1:8] == [
        "09-18 WORKDAY COUNTED 1",
        "09-19 WEEKEND SKIPPED 1",
        "09-20 MAKE_UP COUNTED 2",
        "09-21 WORKDAY COUNTED 3",
        "09-22 WORKDAY SUSPENDED 3",
        "09-23 WORKDAY SUSPENDED 3",
        "09-24 WORKDAY COUNTED 4",
    ]


def test_a_rest_lets_every_reading_rest() -> None:
    """Where the law may be read in two units, a rest holds under both."""
    book = started("F01", at("09-14 10:00"), reference.load().calendar)
    suspend(book, "F01", "X", at("09-15 10:00"))
    assert [row.due_at for row in book.state.clocks] == ["", ""]
    resume(book, "F01", "X", at("09-18 10:00"))

    assert [row.due_at for row in book.state.clocks] == ["2026-09-20", "2026-09-21"]


def test_hours_run_through_the_night_and_the_weekend() -> None:
    """24 hours from Friday noon end on Saturday noon; nothing rolls."""
    book = started("F02", at("09-11 12:00"), reference.load().calendar)

    assert parts(book.state.clocks[0], book.reference.calendar) == [
        "09-11 WORKDAY COUNTED 12",
        "09-12 WEEKEND COUNTED 24",
    ]


def test_days_of_an_unannounced_year_say_so() -> None:
    """Only weekends are known of 2027 until its notice."""
    book = started("P05", at("12-28 10:00"), reference.load().calendar)

    days = count_days(book.state.clocks[0], book.reference.calendar)
    assert {one.day.year: one.announced for one in days} == {2026: True, 2027: False}
    assert {one.kind for one in days if not one.announced} <= {DayKind.WORKDAY, DayKind.WEEKEND}
