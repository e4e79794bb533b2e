"""Suspension and extension, by legal times whatever the order of arrival (contract §6.2, §6.4)."""

from __future__ import annotations

from typing import Any

from hub.rules import schedule
from hub.rules.ledger import Ledger
from tests.rules.schedule.ledgers import at, ledger, pass_time, resume, rows, said, suspend, the, told

ORGAN: dict[str, Any] = {"obligor": "GY-NYNCJ", "obligee": "GY-NYNCJ"}


def case(policy: dict[str, object] | None = None) -> Ledger:
    book = ledger(policy)
    schedule.start(book, "P01", "A", at("03-02 10:00"), **ORGAN)
    return book


def test_case_period_rests_during_a_transfer() -> None:
    book = case()
    suspend(book, "P01", "A", at("04-01 10:00"))
    assert rows(book) == [("SUSPENDED", "", "SUSPENDED", True), ("UNSUSPENDED", "2026-06-01", "RUNNING", False)]
    pass_time(book, at("05-12 10:00"))
    resume(book, "P01", "A", at("05-12 10:00"))
    pass_time(book, at("07-10 10:00"))
    schedule.end(book, "P01", "A", at("07-10 10:00"))
    assert rows(book) == [("SUSPENDED", "2026-07-13", "MET", True), ("UNSUSPENDED", "2026-06-01", "MISSED", False)]
    assert [word for word in said(book) if word != "warned P01"] == [
        "started P01",
        "suspended P01",
        "resumed P01",
        "met P01",
    ]


def test_a_transfer_heard_of_after_the_miss_takes_it_back() -> None:
    book = case()
    pass_time(book, at("06-05 10:00"))
    suspend(book, "P01", "A", at("04-01 10:00"))
    assert rows(book) == [("SUSPENDED", "", "SUSPENDED", True), ("UNSUSPENDED", "2026-06-01", "MISSED", False)]
    assert said(book)[-3:] == ["missed P01", "miss.withdrawn P01", "suspended P01"]
    assert told(book, "miss.withdrawn") == told(book, "missed")


def test_a_transfer_after_the_last_day_heals_nothing() -> None:
    book = case()
    pass_time(book, at("06-05 10:00"))
    before = said(book)
    suspend(book, "P01", "A", at("06-03 10:00"))
    resume(book, "P01", "A", at("06-04 10:00"))
    assert said(book) == before
    assert rows(book) == [("SUSPENDED", "2026-06-01", "MISSED", True), ("UNSUSPENDED", "2026-06-01", "MISSED", False)]


def test_decision_accepted_before_the_transfer_it_followed() -> None:
    book = case()
    pass_time(book, at("06-20 10:00"))
    schedule.end(book, "P01", "A", at("06-20 10:00"))
    suspend(book, "P01", "A", at("04-01 10:00"))
    resume(book, "P01", "A", at("05-12 10:00"))
    assert rows(book)[0] == ("SUSPENDED", "2026-07-13", "MET", True)
    assert said(book)[-2:] == ["miss.withdrawn P01", "met P01"]


def test_transfer_after_the_decision_does_not_touch_it() -> None:
    book = case()
    schedule.end(book, "P01", "A", at("03-30 10:00"))
    suspend(book, "P01", "A", at("04-01 10:00"))
    assert rows(book) == [("C", "2026-06-01", "MET", True)]


def test_policy_may_let_the_original_date_govern() -> None:
    book = case({"suspendP01OnTransfer": False})
    suspend(book, "P01", "A", at("04-01 10:00"))
    assert rows(book) == [("SUSPENDED", "", "SUSPENDED", False), ("UNSUSPENDED", "2026-06-01", "RUNNING", True)]
    pass_time(book, at("06-02 00:00"))
    assert [word for word in said(book) if word != "warned P01"] == ["started P01", "missed P01"]


def test_two_transfers_are_two_rests() -> None:
    book = case()
    for pause, word in (("03-12", "03-22"), ("04-01", "05-01")):
        suspend(book, "P01", "A", at(f"{pause} 10:00"))
        resume(book, "P01", "A", at(f"{word} 10:00"))
    assert the(book, "P01").due_at == "2026-07-10"  # 90 + 10 + 30 calendar days


def test_working_days_rest_too() -> None:
    book = ledger()
    schedule.start(book, "R04", "N", at("08-19 09:30"), obligor="GY-JCY", obligee="GY-JCY")
    suspend(book, "R04", "N", at("08-26 09:00"))
    assert rows(book) == [("W", "", "SUSPENDED", True)]
    resume(book, "R04", "N", at("09-07 09:00"))
    assert rows(book) == [("W", "2026-09-14", "RUNNING", True)]


def test_extension_counts_from_the_start() -> None:
    book = ledger()
    schedule.start(book, "F08b", "L", at("09-14 10:00"), obligor="GY-GAJ", obligee="GY-SCJGJ")
    schedule.extend(book, "F08b", "L", 30, at("09-23 10:00"))
    assert the(book, "F08b").due_at == "2026-10-14"
    schedule.extend(book, "F08b", "L", 60, at("10-13 10:00"))
    assert the(book, "F08b").due_at == "2026-11-13"
    assert said(book) == ["started F08b", "recalculated F08b", "recalculated F08b"]


def test_extension_in_time_but_heard_of_late_takes_the_miss_back() -> None:
    book = ledger()
    schedule.start(book, "P13", "A", at("03-02 10:00"), **ORGAN)
    pass_time(book, at("04-10 10:00"))
    schedule.extend(book, "P13", "A", 60, at("03-30 10:00"))
    assert said(book)[-3:] == ["missed P13", "miss.withdrawn P13", "recalculated P13"]
    assert the(book, "P13").state == "RUNNING"
    pass_time(book, at("05-20 10:00"))
    assert the(book, "P13").state == "MISSED"


def test_late_extension_is_none() -> None:
    book = ledger()
    schedule.start(book, "P13", "A", at("03-02 10:00"), **ORGAN)
    pass_time(book, at("04-10 10:00"))
    schedule.extend(book, "P13", "A", 60, at("04-03 10:00"))
    assert (the(book, "P13").state, the(book, "P13").due_at) == ("MISSED", "2026-04-01")


def test_extension_after_the_end_is_none() -> None:
    book = ledger()
    schedule.start(book, "P13", "A", at("03-02 10:00"), **ORGAN)
    schedule.end(book, "P13", "A", at("03-10 10:00"))
    schedule.extend(book, "P13", "A", 60, at("03-12 10:00"))
    assert (the(book, "P13").state, the(book, "P13").due_at) == ("MET", "2026-04-01")


def test_rest_that_began_before_the_clock() -> None:
    book = case()
    suspend(book, "P01", "A", at("02-20 10:00"))
    resume(book, "P01", "A", at("03-12 10:00"))
    assert the(book, "P01").due_at == "2026-06-10"  # ninety days from the end of the rest


def test_rest_that_was_over_before_the_clock() -> None:
    book = case()
    suspend(book, "P01", "A", at("02-20 10:00"))
    resume(book, "P01", "A", at("02-25 10:00"))
    assert the(book, "P01").due_at == "2026-06-01"
