"""Recognition of results, the level that owns an item, and who shares in a result."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from hub.rules.inspection.recognise import is_recognised
from hub.rules.inspection.state import Item
from hub.rules.inspection.window import window_from
from tests.rules.inspection.desk import Desk, items

WEEK = "03-16..03-20"


@pytest.mark.parametrize(
    ("ended", "recognised"),
    [
        ("2026-02-14", True),  # thirty days before the window
        ("2026-02-13", False),  # thirty-one
        ("2026-03-18", True),  # inside the window
        ("2026-03-20", True),  # its last day
        ("2026-03-21", False),  # after it
    ],
)
def test_a_pass_is_recognised_for_thirty_days(ended: str, recognised: bool) -> None:
    """window.from − d ≤ resultValidDays and d ≤ window.to."""
    window = window_from({"from": "2026-03-16", "to": "2026-03-20"})

    found = is_recognised(Item("QZ", "Y1", "CITY"), window, {"QZ|Y1": [date.fromisoformat(ended)]}, 30)

    assert found is recognised


@pytest.mark.parametrize("result_first", [True, False])
def test_a_result_counts_whenever_it_arrives(result_first: bool) -> None:
    """Before the plan or after it: the item is dropped, and a plan with nothing left is closed."""
    desk = Desk()
    if result_first:
        desk.result("NM-YJJ", "Y1")
    desk.plan("A", "GY-YJJ", WEEK, "Y1 Y2")
    desk.plan("B", "GY-RSJ", "04-01..04-03", "Y1")
    if not result_first:
        desk.result("NM-YJJ", "Y1")

    last = [one for one in desk.made("inspection.plan.decided") if one["planId"] == "A"][-1]
    assert (last["items"], last["recognised"]) == (["Y2"], ["Y1"])
    assert desk.decision("B") == "RESULT_RECOGNISED"
    assert "I.PASSED" in last["ruleIds"]


@pytest.mark.parametrize(
    ("profile", "result", "site"),
    [
        ({"riskClass": "HIGH"}, "PASS", "S1"),
        ({}, "FAIL", "S1"),
        ({}, "NA", "S1"),
        ({}, "SKIPPED", "S1"),
        ({}, "PASS", "S2"),
    ],
)
def test_no_recognition_at_high_risk_of_a_fail_or_elsewhere(profile: dict[str, Any], result: str, site: str) -> None:
    """Only a PASS on the same object, and never at a high-risk enterprise."""
    desk = Desk()
    desk.profile(**profile)
    desk.result("GY-YJJ", "Y1", result=result, siteCode=site)
    desk.plan("A", "GY-YJJ", WEEK, "Y1")

    assert desk.decision("A") == "SINGLE"


def test_a_frozen_plan_keeps_its_items() -> None:
    """What the enterprise was told stays as it is."""
    desk = Desk()
    desk.plan("A", "GY-YJJ", WEEK, "Y1")
    desk.code("A", "GY-YJJ")
    desk.result("NM-YJJ", "Y1")

    assert desk.decision("A") == "SINGLE"


@pytest.mark.parametrize("city_first", [True, False])
@pytest.mark.parametrize(("tier", "closed", "stays"), [("DISTRICT", "C", "D"), ("CITY", "D", "C")])
def test_the_level_that_owns_the_item_goes(tier: str, closed: str, stays: str, city_first: bool) -> None:
    """市区两级: whoever submits first, the item stays with its tier, as the city plan states it."""
    desk = Desk()
    city = ("C", "GY-ZJJ", WEEK, f"Z1:{tier}")
    district = ("D", "NM-ZJJ", WEEK, "Z1:DISTRICT")
    for plan in (city, district) if city_first else (district, city):
        desk.plan(*plan)

    assert (desk.decision(closed), desk.decision(stays)) == ("LEVEL_YIELDED", "SINGLE")
    assert desk.made("inspection.plan.closed")[-1]["yieldedTo"] == stays


@pytest.mark.parametrize(
    ("other", "window"),
    [("NM-RSJ", WEEK), ("NM-ZJJ", "03-23..03-27"), ("GY-ZJJ", WEEK)],
    ids=["another system", "no common day", "the same agency"],
)
def test_only_two_levels_of_one_system_that_meet_yield(other: str, window: str) -> None:
    """Same ORG, two levels, a working day in common."""
    desk = Desk()
    desk.plan("C", "GY-ZJJ", WEEK, "Z1:DISTRICT")
    desk.plan("D", other, window, "Z1:DISTRICT")

    assert [one["yielded"] for one in desk.made("inspection.plan.decided")][-1] == []
    assert desk.made("inspection.plan.closed") == []


def test_what_was_yielded_comes_back_when_the_other_plan_goes() -> None:
    """Nothing is lost: the city plan takes its item back when the district gives up."""
    desk = Desk()
    desk.plan("C", "GY-ZJJ", WEEK, "Z1:DISTRICT Z9")
    desk.plan("D", "NM-ZJJ", WEEK, "Z1:DISTRICT")
    desk.cancel("D", "NM-ZJJ")

    told = [(one["items"], one["yielded"]) for one in desk.made("inspection.plan.decided") if one["planId"] == "C"]
    assert told == [(["Z1", "Z9"], []), (["Z9"], ["Z1"]), (["Z1", "Z9"], [])]


def test_a_result_is_shared_with_the_joint_and_with_those_who_yielded() -> None:
    """结果共享: other members and the level that left the item, never the performer itself."""
    desk = Desk()
    desk.plan("C", "GY-ZJJ", WEEK, "Z1:DISTRICT")
    desk.plan("D", "NM-ZJJ", WEEK, "Z1:DISTRICT")
    desk.plan("R", "GY-RSJ", WEEK, "R1")
    desk.code("J1", "NM-ZJJ")
    desk.visit("V1", "NM-ZJJ", "03-16T10", "J1")
    desk.result("NM-ZJJ", "Z1", "03-16T12", visitId="V1")

    for party in ("GY-RSJ", "GY-ZD-DD4", "GY-ZJJ"):
        assert len(desk.delivered("inspection.result.recorded", party)) == 1, party
    assert desk.delivered("inspection.result.recorded", "NM-ZJJ") == []


def test_a_result_of_other_items_is_not_shared_with_those_who_yielded() -> None:
    """Only a result for the item that was left."""
    desk = Desk()
    desk.plan("C", "GY-ZJJ", WEEK, "Z1:DISTRICT")
    desk.plan("D", "NM-ZJJ", WEEK, "Z1:DISTRICT Z2:DISTRICT")
    desk.result("NM-ZJJ", "Z2", planId="D")

    assert desk.delivered("inspection.result.recorded", "GY-ZJJ") == []


def test_an_item_named_twice_in_a_plan_counts_once() -> None:
    """Doubled rows of a sender's table do not make a lead."""
    desk = Desk()
    desk.plan("A", "GY-YJJ", WEEK, items=items("Y1 Y1"))

    assert desk.made("inspection.plan.decided")[-1]["items"] == ["Y1"]
