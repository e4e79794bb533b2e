"""When a silence is usual, shown or alerted. 2026-11-18 is a Wednesday."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.canonical.periods import Calendar
from hub.silence.usual import Hours, Past
from hub.silence.verdict import Heard, Limits, State, judge
from tests.silence.lives import (
    CALENDAR,
    LIMITS,
    Life,
    at,
    heard,
    hours,
    nightly,
    office,
    round_the_clock,
    state,
    verdict,
)


@pytest.mark.parametrize(
    ("life", "last", "now", "expected"),
    [
        (office, "2026-11-18 10:40", "2026-11-18 11:59", State.OK),  # the hour is not over
        (office, "2026-11-18 09:40", "2026-11-18 11:01", State.QUIET),
        (office, "2026-11-18 10:40", "2026-11-18 13:30", State.QUIET),  # nothing is expected at noon
        (office, "2026-11-18 10:40", "2026-11-18 15:00", State.SILENT),
        (office, "2026-11-18 17:50", "2026-11-19 08:59", State.OK),  # midnight
        (office, "2026-11-18 17:50", "2026-11-19 11:00", State.SILENT),
        (office, "2026-11-20 17:50", "2026-11-23 09:30", State.OK),  # over the weekend
        (office, "2026-11-20 17:50", "2026-11-23 11:00", State.SILENT),
        (nightly, "2026-11-18 02:20", "2026-11-19 02:59", State.OK),  # silent all day
        (nightly, "2026-11-18 02:20", "2026-11-19 03:00", State.SILENT),  # its night has passed without a batch
        (round_the_clock, "2026-11-18 23:30", "2026-11-19 00:59", State.OK),
        (round_the_clock, "2026-11-18 23:30", "2026-11-19 02:00", State.SILENT),
    ],
)
def test_the_hour_and_the_day_decide_what_is_too_quiet(life: Life, last: str, now: str, expected: State) -> None:
    assert state(life, last, now) is expected


def test_spring_festival_is_nine_days_off_and_nobody_is_alarmed() -> None:
    """Off from 15 to 23 February 2026; the 14th, a Saturday, and the 24th, a Tuesday, are worked."""
    assert state(office, "2026-02-14 17:40", "2026-02-23 23:59") is State.OK
    assert state(office, "2026-02-14 17:40", "2026-02-24 12:00") is State.SILENT


def test_a_make_up_saturday_is_a_working_day() -> None:
    """2026-10-10; the Saturday after it is none."""
    assert state(office, "2026-10-09 17:40", "2026-10-10 12:00") is State.SILENT
    assert state(office, "2026-10-16 17:40", "2026-10-17 12:00") is State.OK


def test_a_year_without_a_notice_is_judged_and_said_to_be_provisional() -> None:
    assert verdict(office, "2026-12-31 17:40", "2027-01-04 12:00").provisional
    assert not verdict(office, "2026-11-18 09:40", "2026-11-18 12:00").provisional


def test_two_weeks_are_enough_to_alarm_and_thirteen_days_are_not() -> None:
    assert state(nightly, "2026-11-18 02:20", "2026-11-19 03:00", days=14) is State.SILENT
    assert state(nightly, "2026-11-18 02:20", "2026-11-19 03:00", days=13) is State.NEW
    assert (
        state(nightly, "2026-11-18 02:20", "2026-12-02 03:00", days=13) is State.QUIET
    )  # as long silent as it was known


def test_a_system_that_starts_anew_is_judged_by_the_days_it_worked() -> None:
    """Five weeks of outage in the middle are no habit of being silent; too few days beside them are too few."""

    def back(since: date) -> Life:
        return lambda day: hours({}) if since - timedelta(days=35) <= day < since else office(day)

    assert state(back(date(2026, 11, 9)), "2026-11-18 09:40", "2026-11-18 12:00") is State.SILENT
    assert state(back(date(2026, 11, 9)), "2026-11-18 09:40", "2026-11-18 12:00", days=45) is not State.SILENT


def test_one_outage_of_the_past_does_not_hide_the_next() -> None:
    def broken(day: date) -> Hours:
        return hours({}) if date(2026, 10, 26) <= day <= date(2026, 10, 30) else office(day)

    assert state(broken, "2026-11-18 09:40", "2026-11-18 12:00") is State.SILENT


def test_a_habit_of_weekly_reports_is_no_outage() -> None:
    def mondays(day: date) -> Hours:
        return hours({10: 300}) if day.weekday() == 0 else hours({})

    assert state(mondays, "2026-11-16 10:10", "2026-11-23 09:00") is State.OK
    assert state(mondays, "2026-11-16 10:10", "2026-11-23 12:00") is State.QUIET
    assert state(mondays, "2026-11-16 10:10", "2026-11-30 12:00") is State.SILENT


def test_a_habit_of_two_days_a_week_is_no_outage_either() -> None:
    def mondays_and_tuesdays(day: date) -> Hours:
        return office(day) if day.weekday() < 2 else hours({})

    assert state(mondays_and_tuesdays, "2026-11-17 17:40", "2026-11-20 18:00") is State.OK


def test_two_nights_prove_nothing() -> None:
    """After two weeks, in which both Saturdays were worked, a Saturday off is no alarm: Sundays were off too."""

    def saturdays_too(day: date) -> Hours:
        return hours({}) if day.weekday() == 6 else hours(dict.fromkeys(range(9, 18), 4))

    assert state(saturdays_too, "2026-11-20 17:40", "2026-11-21 18:00", days=14) is State.OK


def test_days_on_which_nothing_happens_at_all_are_no_alarm() -> None:
    """Whoever has inspections on every other day has no busy hours on the days between."""

    def every_other(day: date) -> Hours:
        return office(day) if day.toordinal() % 2 else hours({})

    assert state(every_other, "2026-11-17 17:40", "2026-11-18 18:00") is State.OK


def test_a_batch_that_wanders_about_midnight_is_missed_after_one_night() -> None:
    def wandering(day: date) -> Hours:
        """At half past eleven or half past twelve, one batch a night."""
        late, early = day.toordinal() % 2, (day.toordinal() - 1) % 2
        return hours({23: 500 * late, 0: 500 * (1 - early)})

    assert state(wandering, "2026-11-18 00:30", "2026-11-18 23:00") is State.OK
    assert state(wandering, "2026-11-18 00:30", "2026-11-19 01:00") is State.SILENT


def test_what_was_never_heard_or_has_left_the_log_is_said() -> None:
    assert judge(Heard(ever=False), CALENDAR, at("2026-11-18 10:00"), LIMITS).state is State.NEVER
    assert judge(Heard(ever=True), CALENDAR, at("2026-11-18 10:00"), LIMITS).state is State.QUIET


def test_the_verdict_says_what_it_rests_on() -> None:
    told = verdict(office, "2026-11-18 09:40", "2026-11-18 12:10")

    assert (told.usual, told.missing) == (0, 24)  # at noon nothing is usual; in the two hours before it was
    assert told.silent_for == timedelta(hours=2, minutes=30)
    assert told.past.silent == 0
    assert told.past.days == 35  # working days of the eight weeks, seven of them taken by October


def test_the_count_that_is_shown_as_usual_bears_a_burst() -> None:
    def once_too_much(day: date) -> Hours:
        return hours({10: 1_000_000}) if day == date(2026, 11, 10) else office(day)

    assert verdict(once_too_much, "2026-11-18 09:40", "2026-11-18 10:10").usual == 12


def test_an_operator_moves_the_limits() -> None:
    """Nine hundred days without an alarm need more than one empty hour."""
    past = heard(nightly, at("2026-11-18 02:20"))

    assert judge(past, CALENDAR, at("2026-11-19 03:00"), Limits(3, 900)).state is State.QUIET
    assert judge(past, CALENDAR, at("2026-11-20 03:00"), Limits(3, 900)).state is State.SILENT


@pytest.mark.parametrize(
    ("past", "chance"), [(Past(0, 10), 0.5 / 11), (Past(1, 40), 0.5 / 40), (Past(20, 40), 0.5), (Past(7, 7), 1.0)]
)
def test_what_never_was_is_unlikely_and_not_impossible(past: Past, chance: float) -> None:
    assert past.chance == pytest.approx(chance)


def test_every_day_of_shanghai_has_24_hours() -> None:
    """When Europe changes its clocks, 25 October 2026, nothing is added here."""
    told = verdict(round_the_clock, "2026-10-24 12:00", "2026-10-25 12:00")
    assert told.missing == 5 * 23


lives = st.lists(
    st.lists(st.integers(0, 3), min_size=24, max_size=24).map(tuple), min_size=14, max_size=70
)  # fmt: skip
LAST = at("2026-11-18 10:20")


def lived(days: list[Hours]) -> Heard:
    return heard(dict(zip((LAST.date() - timedelta(days=ago) for ago in range(1, 71)), days, strict=False)).__getitem__, LAST, len(days))  # fmt: skip


RANK = {State.NEW: 0, State.OK: 0, State.QUIET: 1, State.SILENT: 2}


@given(lives, st.lists(st.integers(0, 60 * 24 * 12), min_size=2, max_size=12))
def test_a_longer_silence_is_never_a_lighter_one(days: list[Hours], minutes: list[int]) -> None:
    past = lived(days)
    ranks = [RANK[judge(past, CALENDAR, LAST + timedelta(minutes=each), LIMITS).state] for each in sorted(minutes)]
    assert all(before <= after for before, after in pairwise(ranks))


@given(lives, st.integers(0, 13), st.integers(0, 23), st.integers(1, 10**7), st.integers(0, 24 * 6))
def test_a_burst_moves_no_verdict(days: list[Hours], day: int, hour: int, size: int, silent: int) -> None:
    """As long as something came in that hour anyway."""
    plain = [*days]
    plain[day] = tuple(max(1, each) if at_ == hour else each for at_, each in enumerate(plain[day]))
    burst = [*plain]
    burst[day] = tuple(each + size if at_ == hour else each for at_, each in enumerate(plain[day]))
    now = LAST + timedelta(hours=silent)
    one, two = (judge(lived(each), CALENDAR, now, LIMITS) for each in (plain, burst))
    assert (one.state, one.once_in_days) == (two.state, two.once_in_days)


@given(lives)
def test_whoever_was_just_heard_is_never_too_quiet(days: list[Hours]) -> None:
    assert judge(lived(days), CALENDAR, LAST + timedelta(minutes=30), LIMITS).state in {State.OK, State.NEW}


@given(lives, st.integers(1, 9))
def test_the_same_weekdays_of_other_weeks_are_judged_alike(days: list[Hours], weeks: int) -> None:
    """Without holidays the date itself means nothing."""
    plain, ago = Calendar(), timedelta(weeks=weeks)
    past = lived(days)
    earlier = Heard(True, LAST - ago, {day - ago: each for day, each in past.days.items()})
    now = LAST + timedelta(hours=30)
    assert judge(past, plain, now, LIMITS).once_in_days == judge(earlier, plain, now - ago, LIMITS).once_in_days
