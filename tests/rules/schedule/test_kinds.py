"""Kinds of clocks: what expiry, a timely end and a late end make of each (contract §6.2)."""

from __future__ import annotations

from typing import Any

import pytest

from hub.rules import schedule
from hub.rules.ledger import Ledger
from tests.rules.schedule.ledgers import at, ledger, pass_time, rows, said, the, told

POLICE: dict[str, Any] = {"obligor": "GY-GAJ", "obligee": "GY-YJJ"}
ORGAN: dict[str, Any] = {"obligor": "GY-YJJ", "obligee": "GY-YJJ"}


def started(clock: str, when: str, **names: object) -> Ledger:
    book = ledger()
    schedule.start(book, clock, "L", at(when), **{**POLICE, **names})
    return book


def test_duty_met_in_time_on_both_readings() -> None:
    book = started("F01", "09-29 10:00", **ORGAN)
    schedule.end(book, "F01", "L", at("10-08 23:59"))
    assert rows(book) == [("C", "2026-10-08", "MET", True), ("W", "2026-10-09", "MET", False)]
    assert said(book) == ["started F01", "met F01"]


def test_duty_ended_between_the_readings_is_judged_by_each() -> None:
    book = started("F01", "09-29 10:00")
    pass_time(book, at("10-09 09:00"))
    schedule.end(book, "F01", "L", at("10-09 09:00"))
    assert rows(book) == [("C", "2026-10-08", "MISSED", True), ("W", "2026-10-09", "MET", False)]
    assert said(book) == ["started F01", "warned F01", "missed F01"]


def test_policy_lets_working_days_govern() -> None:
    book = ledger({"clockUnit": {"F01": "W"}})
    schedule.start(book, "F01", "L", at("09-29 10:00"), **ORGAN)
    pass_time(book, at("10-09 09:00"))
    schedule.end(book, "F01", "L", at("10-09 09:00"))
    assert rows(book) == [("W", "2026-10-09", "MET", True), ("C", "2026-10-08", "MISSED", False)]
    assert "missed F01" not in said(book)


def test_duty_is_missed_once_and_the_miss_withdrawn_to_the_same_list() -> None:
    book = started("F08", "10-01 10:00", told_obligee=("GY-YJJ", "GY-ZD-DD2"), procuratorate="GY-JCY")
    pass_time(book, at("10-20 09:00"))
    assert said(book).count("missed F08") == 1
    miss_list = told(book, "missed")
    assert miss_list == ["GY-GAJ", "GY-YJJ", "GY-ZD-DD2", "GY-GOV", "GY-SFJ", "GY-JCY"]
    schedule.end(book, "F08", "L", at("10-08 17:00"))
    assert told(book, "miss.withdrawn") == miss_list
    assert the(book, "F08").state == "MET"
    schedule.end(book, "F08", "L", at("10-19 17:00"))
    assert the(book, "F08").state == "MET"


def test_late_end_after_the_miss_says_nothing_more_and_stands() -> None:
    book = started("F14", "07-06 09:00")
    pass_time(book, at("07-20 09:00"))
    before = said(book)
    schedule.end(book, "F14", "L", at("07-16 09:00"))
    schedule.end(book, "F14", "L", at("07-10 09:00"))
    assert said(book) == before
    assert the(book, "F14").state == "MISSED"


def test_duty_ended_late_before_its_expiry_fired() -> None:
    book = started("F02", "07-06 09:00")
    schedule.end(book, "F02", "L", "2026-07-07T09:00:01+08:00")
    assert the(book, "F02").state == "MISSED"
    assert said(book) == ["started F02", "missed F02"]


@pytest.mark.parametrize(("end", "state"), [("07-07 09:00", "MET"), ("07-07 09:01", "MISSED")])
def test_cond_used(end: str, state: str) -> None:
    book = started("F04", "07-06 09:00")
    pass_time(book, at("07-08 09:00"))
    assert the(book, "F04").state == "VOID"
    schedule.end(book, "F04", "L", at(end))
    assert the(book, "F04").state == state
    assert said(book) == ["started F04", "voided F04", f"{state.lower()} F04"]


def test_soft_lapses() -> None:
    book = started("F08", "09-14 10:00", kind="soft")
    pass_time(book, at("09-20 10:00"))
    assert {row[2] for row in rows(book)} == {"VOID"}
    schedule.end(book, "F08", "L", at("09-20 10:00"))
    assert said(book) == ["started F08", "voided F08"]


def test_right_lives_until_the_later_reading() -> None:
    book = started("F11", "06-18 09:00", **ORGAN)
    pass_time(book, at("06-24 23:00"))
    assert {row[2] for row in rows(book)} == {"RUNNING"}
    assert not schedule.late(book.state, "F11", "L", at("06-24 23:59"))
    assert schedule.late(book.state, "F11", "L", at("06-25 00:00"))
    schedule.end(book, "F11", "L", at("06-24 23:30"))
    assert rows(book) == [("C", "2026-06-22", "MET", True), ("W", "2026-06-24", "MET", False)]


def test_right_expires_as_one_and_a_use_in_time_may_still_arrive() -> None:
    book = started("F11", "06-18 09:00", **ORGAN)
    pass_time(book, at("06-25 00:00"))
    assert {row[2] for row in rows(book)} == {"VOID"}
    assert said(book).count("voided F11") == 1
    schedule.end(book, "F11", "L", at("06-23 09:00"))
    assert {row[2] for row in rows(book)} == {"MET"}


def test_wait_is_met_by_waiting_and_tells_no_word() -> None:
    book = started("E02", "07-20 10:00", obligor="PARTY", obligee="GY-YJJ", told_obligee=("GY-YJJ", "GY-ZD-DD2"))
    pass_time(book, at("08-03 23:59"))
    assert the(book, "E02").state == "RUNNING"
    pass_time(book, at("08-04 00:00"))
    assert said(book) == ["started E02", "met E02"]
    assert told(book, "started") == ["GY-YJJ", "GY-ZD-DD2"]


def test_void_tells_and_spares_verdicts() -> None:
    book = started("F08", "07-06 15:00")
    schedule.start(book, "F06", "L", at("07-06 15:00"), **POLICE)
    schedule.end(book, "F06", "L", at("07-06 16:00"))
    schedule.void_all(book, lambda row: row.entity == "L")
    assert [row[2] for row in rows(book)] == ["VOID", "VOID", "MET"]
    assert said(book)[-1] == "voided F08"
    schedule.end(book, "F08", "L", at("07-07 15:00"))
    assert the(book, "F08").state == "VOID"


def test_started_again_after_its_end_but_never_twice_open() -> None:
    book = started("F08", "05-08 09:00", obligor="NM-GAFJ")
    assert schedule.start(book, "F08", "L", at("05-08 10:00"), **POLICE) is None
    schedule.void(book, "F08", "L")
    again = schedule.start(book, "F08", "L", at("05-09 11:00"), **POLICE)
    assert again is not None
    assert again.clock_id == "MT-1|F08|L|2"
    assert len(schedule.find(book.state, "F08", "L")) == 4
    assert schedule.governing(book.state, "F08", "L") is again


def test_given_date_is_not_rolled() -> None:
    book = started("D01", "09-10 11:00", obligor="GY-SWJ", obligee="GY-LXHY", due="2026-10-03")
    assert rows(book) == [("X", "2026-10-03", "RUNNING", True)]
    pass_time(book, at("10-08 09:00"))
    assert told(book, "missed") == ["GY-SWJ", "GY-LXHY", "GY-SFJ"]
