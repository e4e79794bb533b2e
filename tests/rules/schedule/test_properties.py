"""What holds for any history of a clock."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub import reference
from hub.canonical.event import SHANGHAI
from hub.rules import schedule
from hub.rules.ledger import Ledger
from hub.rules.schedule.table import OPEN
from hub.rules.state import Common, decode, encode
from tests.rules.schedule.ledgers import ledger, pass_time, resume, said, suspend

BEGIN = datetime(2026, 11, 2, 9, tzinfo=SHANGHAI)
MOMENTS = st.integers(0, 200 * 24).map(lambda hours: BEGIN + timedelta(hours=hours))
CLOCKS = st.sampled_from(["F01", "F02", "F04", "F08", "F11", "P01", "P05", "R04", "R06", "E02", "C02c"])
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["start", "end", "void", "suspend", "resume", "extend", "pass", "load"]), CLOCKS, MOMENTS
    ),
    max_size=25,
)
CALENDAR_2027 = reference.load().calendar.with_year(
    2027, [date(2027, 1, 1), date(2027, 2, 5), date(2027, 2, 8)], [date(2027, 1, 2)]
)


def do(book: Ledger, what: str, clock: str, moment: datetime) -> None:
    match what:
        case "start":
            schedule.start(
                book, clock, "X", moment, obligor="GY-YJJ", obligee="GY-GAJ", kind="soft" if clock == "F08" else ""
            )
        case "end":
            schedule.end(book, clock, "X", moment)
        case "void":
            schedule.void(book, clock, "X")
        case "suspend" if clock in ("P01", "R04"):
            suspend(book, clock, "X", moment)
        case "resume" if clock in ("P01", "R04"):
            resume(book, clock, "X", moment)
        case "extend" if clock in ("P01", "C02c"):
            schedule.extend(book, clock, "X", 120, moment)
        case "load":
            book.reference = book.reference.with_calendar(CALENDAR_2027)
            schedule.recalculate(book)
        case "pass":
            pass_time(book, max(book.now, moment))


def check(book: Ledger) -> None:
    open_runs = {(row.clock, row.clock_id) for row in book.state.clocks if row.state in OPEN}
    assert len({clock for clock, _ in open_runs}) == len(open_runs), "a clock is open twice"
    for row in book.state.clocks:
        assert (row.state == "SUSPENDED") <= (row.due_at == "")
        assert (row.state == "RUNNING") <= bool(row.expires_at)
        assert not (row.state != "RUNNING" and row.warn_at)
    runs = {row.clock_id for row in book.state.clocks}
    assert len(runs) == sum(row.governing for row in book.state.clocks), "one row governs each run"


@settings(max_examples=300, deadline=None)
@given(STEPS)
def test_no_clock_is_open_twice_and_every_state_is_sound(steps: list[tuple[str, str, datetime]]) -> None:
    book = ledger()
    book.now = BEGIN
    for step in steps:
        do(book, *step)
        check(book)
    assert decode(encode(book.state), Common) == book.state


@settings(max_examples=200, deadline=None)
@given(STEPS)
def test_a_calendar_never_touches_a_verdict(steps: list[tuple[str, str, datetime]]) -> None:
    book = ledger()
    book.now = BEGIN
    for what, clock, moment in steps:
        if what != "load":
            do(book, what, clock, moment)
    before = [(row.clock_id, row.reading, row.state, row.due_at) for row in book.state.clocks if row.state != "RUNNING"]
    do(book, "load", "", BEGIN)
    assert [
        (row.clock_id, row.reading, row.state, row.due_at) for row in book.state.clocks if row.state != "RUNNING"
    ] == before


@settings(max_examples=200, deadline=None)
@given(times=st.lists(MOMENTS, min_size=4, max_size=4, unique=True), end_at=st.sampled_from([1, 2, 3]), heard=MOMENTS)
def test_verdict_follows_legal_times_whatever_the_order_of_arrival(
    times: list[datetime], end_at: int, heard: datetime
) -> None:
    start, *others = sorted(times)
    end = others.pop(end_at - 1)
    transfer, back = others

    def history(order: tuple[str, str], arrival: datetime) -> tuple[str, str]:
        book = ledger()
        schedule.start(book, "P01", "A", start, obligor="GY-YJJ", obligee="GY-YJJ")
        for what in order:
            pass_time(book, arrival)
            if what == "rest":
                suspend(book, "P01", "A", transfer)
                resume(book, "P01", "A", back)
            else:
                schedule.end(book, "P01", "A", end)
        row = schedule.governing(book.state, "P01", "A")
        assert row is not None
        return row.state, row.due_at if end > back else ""

    known_at_once = history(("rest", "end"), start)
    assert history(("rest", "end"), heard) == known_at_once
    assert history(("end", "rest"), heard) == known_at_once


@settings(max_examples=200, deadline=None)
@given(
    clock=st.sampled_from(["F01", "F04", "F05", "F10", "F11", "P13", "P14"]),
    hours=st.lists(st.integers(0, 40 * 24), min_size=2, max_size=2, unique=True),
    heard=st.integers(0, 100 * 24),
)
def test_an_end_before_its_matter_lapsed_counts_in_either_order(clock: str, hours: list[int], heard: int) -> None:
    ended, lapsed = (BEGIN + timedelta(hours=one) for one in sorted(hours))

    def history(first: str) -> list[tuple[str, str, str]]:
        book = ledger()
        schedule.start(book, clock, "X", BEGIN, obligor="GY-YJJ", obligee="GY-GAJ")
        for what in (first, "void" if first == "end" else "end"):
            if what == "end":
                schedule.end(book, clock, "X", ended)
            else:
                schedule.void(book, clock, "X", lapsed)
            pass_time(book, max(book.now, BEGIN + timedelta(hours=heard)))
        return [(row.reading, row.state, row.ended_at) for row in book.state.clocks]

    in_time = history("end")
    assert history("void") == in_time
    assert {state for _, state, _ in in_time} <= {"MET", "MISSED", "VOID"}


@pytest.mark.parametrize("clock", sorted(reference.load().clocks))
def test_left_alone_every_clock_ends_once(clock: str) -> None:
    book = ledger()
    span = None if reference.load().clocks[clock].span else 5
    schedule.start(
        book,
        clock,
        "X",
        BEGIN,
        obligor="GY-YJJ",
        obligee="GY-GAJ",
        span=span,
        due=date(2026, 12, 1) if clock == "D01" else None,
    )
    pass_time(book, BEGIN + timedelta(days=400))
    kind = reference.load().clocks[clock].kind
    ending = {"duty": "missed", "wait": "met"}.get(kind, "voided")
    assert said(book)[0] == f"started {clock}"
    assert said(book)[-1] == f"{ending} {clock}"
    assert set(said(book)[1:-1]) <= {f"warned {clock}"}
