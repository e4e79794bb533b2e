"""When clocks warn and expire (contract §6.1, §6.5), and what another calendar changes."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pytest

from hub import reference
from hub.rules import schedule
from hub.rules.ledger import Ledger, Routed
from tests.rules.schedule.ledgers import at, ledger, pass_time, rows, said, the

ORGAN: dict[str, Any] = {"obligor": "GY-YJJ", "obligee": "GY-YJJ"}


def warnings(book: Ledger) -> list[str]:
    return [
        step.event.time[5:16] for step in book.steps if isinstance(step, Routed) and step.event.type == "clock.warned"
    ]


@pytest.mark.parametrize(
    ("clock", "start", "moments"),
    [
        ("F02", "09-30 15:00", ["10-01T09:00"]),  # hours: six before the end, holiday or not
        ("F01", "09-29 10:00", ["09-30T09:00"]),  # the last working day before the earlier reading
        ("R03", "08-14 16:00", ["08-18T09:00"]),
        ("P01", "03-02 10:00", ["05-18T09:00", "05-29T09:00"]),  # long: ten working days before, too
        ("R06", "09-03 10:00", ["10-20T09:00", "11-02T09:00"]),  # months, over a make-up Saturday
        ("P03", "04-29 10:00", []),  # the party 当事人 is not told
        ("E02", "07-20 10:00", []),  # nothing to do but wait
    ],
)
def test_warnings(clock: str, start: str, moments: list[str]) -> None:
    book = ledger()
    obligor = "PARTY" if clock in ("P03", "E02") else "GY-YJJ"
    schedule.start(book, clock, "X", at(start), obligor=obligor, obligee="GY-YJJ")
    pass_time(book, at("12-31 00:00"))
    assert warnings(book) == moments


@pytest.mark.parametrize(("start", "moment"), [("02-11 08:30", "02-11T09:00"), ("02-11 09:00", "02-12T09:00")])
def test_warning_that_would_precede_the_start_comes_on_the_last_day(start: str, moment: str) -> None:
    book = ledger()
    schedule.start(book, "R01", "X", at(start), obligor="GY-YJJ", obligee="GY-GAJ", span=1)
    pass_time(book, at("02-12 23:00"))
    assert warnings(book) == [moment]


def test_given_date_far_away_warns_twice() -> None:
    book = ledger()
    schedule.start(book, "D01", "T1", at("09-10 11:00"), obligor="GY-SWJ", obligee="GY-LXHY", due=date(2026, 9, 30))
    pass_time(book, at("09-30 23:00"))
    assert warnings(book) == ["09-16T09:00", "09-29T09:00"]  # 09-20 is a make-up Sunday


def test_each_warning_once_and_new_ones_after_an_extension() -> None:
    book = ledger()
    schedule.start(book, "F08b", "L", at("09-14 10:00"), obligor="GY-GAJ", obligee="GY-SCJGJ")
    pass_time(book, at("09-23 10:00"))
    schedule.extend(book, "F08b", "L", 30, at("09-23 10:00"))
    pass_time(book, at("10-14 23:00"))
    assert warnings(book) == ["09-23T09:00", "10-13T09:00"]  # ten working days before the new end is 09-23 again


def test_day_clock_expires_at_midnight_and_hours_at_the_first_second_after() -> None:
    book = ledger()
    schedule.start(book, "P05", "D", at("04-01 11:00"), **ORGAN)
    schedule.start(book, "F02", "L", at("04-03 09:00"), **ORGAN)
    whens = {
        name.split("|")[1]: when
        for when, what, name in schedule.timers(book.state, book.reference)
        if what == "clock.expiry"
    }
    assert whens == {"P05": at("04-14 00:00"), "F02": datetime.fromisoformat("2026-04-04T09:00:01+08:00")}


def test_timers_are_fired_by_name_only() -> None:
    assert not schedule.fire(ledger(), "parked", "e1", at("04-01 11:00"))


def test_unknown_year_is_provisional_until_its_calendar_is_loaded() -> None:
    book = ledger()
    schedule.start(book, "I01", "V27", "2027-01-05T09:00:00+08:00", obligor="GY-YJJ", obligee="GY-SFJ", span=10)
    assert (the(book, "I01").due_at, the(book, "I01").provisional) == ("2027-01-15", True)
    load(book)
    assert (the(book, "I01").due_at, the(book, "I01").provisional) == ("2027-01-16", False)
    assert said(book) == ["started I01", "recalculated I01"]
    load(book)
    assert said(book) == ["started I01", "recalculated I01"]


def test_start_in_december_due_in_january_is_provisional() -> None:
    book = ledger()
    schedule.start(book, "P05", "D", at("12-28 11:00"), **ORGAN)
    schedule.start(book, "R03", "N", at("12-28 11:00"), **ORGAN)
    assert [(row.due_at, row.provisional) for row in book.state.clocks] == [("2027-01-06", True), ("2026-12-31", False)]


def test_clock_that_starts_on_the_last_day_of_another_moves_with_it() -> None:
    book = ledger()
    suit = schedule.start(book, "P12", "D", at("07-15 10:00"), obligor="PARTY", obligee="GY-YJJ")
    assert suit is not None
    assert suit.due_at == "2027-01-15"
    schedule.start(
        book, "E01", "D", "2027-01-15T00:00:00+08:00", obligor="GY-YJJ", obligee="COURT",
        opens_at="2027-01-16", latest_demand_at="2027-03-31", follows=suit.clock_id,
    )  # fmt: skip
    load(book)
    enforcement = the(book, "E01")
    assert (enforcement.started_at, enforcement.opens_at, enforcement.due_at) == (
        "2027-01-16T00:00:00+08:00",
        "2027-01-17",
        "2027-04-16",
    )
    assert enforcement.latest_demand_at == "2027-04-01"


def test_verdicts_stay_when_a_calendar_is_loaded() -> None:
    book = ledger()
    schedule.start(book, "I01", "V1", "2027-01-05T09:00:00+08:00", obligor="GY-YJJ", obligee="GY-SFJ", span=10)
    pass_time(book, datetime.fromisoformat("2027-01-16T00:00:00+08:00"))
    before = rows(book), said(book)
    load(book)
    assert (rows(book), said(book)) == before


def load(book: Ledger) -> None:
    """Announce a made-up 2027."""
    calendar = reference.load().calendar.with_year(2027, [date(2027, 1, 1), date(2027, 1, 15)], [date(2027, 1, 16)])
    book.reference = book.reference.with_calendar(calendar)
    schedule.recalculate(book)
