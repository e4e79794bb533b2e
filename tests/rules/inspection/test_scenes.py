"""Short scenes with other bodies, days and turns than the scenarios: one sentence of the contract (§3.1, §3.2, §5) each."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from hub.canonical.event import Event
from hub.rules.ledger import Routed
from tests.rules.inspection.desk import USCC, Desk, moment

WEEK = "06-08..06-12"


def told(desk: Desk, event: str) -> dict[str, str]:
    """party → projection of the last *event*."""
    return dict([step.recipients for step in desk.steps if isinstance(step, Routed) and step.event.type == event][-1])


def last(desk: Desk, plan: str) -> Any:
    """The last decision about *plan*."""
    return [one for one in desk.made("inspection.plan.decided") if one["planId"] == plan][-1]


# ---- who says what, and who hears it


@pytest.mark.parametrize(
    ("party", "codes"),
    [
        ("GY-SCJGJ", []), ("GY-ZHZFJ", []), ("KY-GOV", []), ("ZB-GWH", []),
        ("KY-SCJGJ", ["NOT_PERMITTED"]), ("GY-ZD", ["NOT_PERMITTED"]), ("GY-YJJ", ["NOT_PERMITTED"]),
    ],
)  # fmt: skip
def test_who_registers(party: str, codes: list[str]) -> None:
    desk = Desk()
    said = {"updatedAt": desk.now, "version": 1, "name": "企业", "riskClass": "HIGH"}
    desk.send("inspection.enterprise.registered", party, said)
    assert desk.refused == codes


@pytest.mark.parametrize(
    ("agency", "sender", "codes"),
    [
        ("ZB-GWH", "GY-ZD-ZB", []),
        ("YY-ZHZFJ", "GY-ZD-YY", []),
        ("GY-SWJ", "GY-ZD-DD6", []),
        ("KY-ZHZFJ", "GY-ZD-DD1", ["NOT_PERMITTED"]),
        ("GY-SWJ", "GY-ZD-DD5", ["NOT_PERMITTED"]),
        ("GY-SWJ", "GY-ZD", ["NOT_PERMITTED"]),
        ("KY-SWJ", "GY-SWJ", ["NOT_PERMITTED"]),
        ("GY-ZD-DD6", "GY-ZD-DD6", ["NOT_PERMITTED"]),
        ("KY-GAFJ", "KY-GAFJ", ["NOT_PERMITTED"]),
    ],
)
def test_an_agency_speaks_itself_or_through_the_body_it_entrusts(agency: str, sender: str, codes: list[str]) -> None:
    desk = Desk()
    desk.plan("P", agency, WEEK, sender=sender)
    assert desk.refused == codes


def test_every_move_of_a_joint_is_told_to_its_members_their_handlers_and_the_city() -> None:
    """Formed, changed (also to who left), dissolved, code, closed: agency and handler, the lead, GY-ZHZFJ; nobody else."""
    desk = Desk()
    pair = {"GY-SWJ", "GY-ZD-DD6", "YY-ZHZFJ", "GY-ZD-YY"}
    desk.plan("A", "GY-SWJ", WEEK, "S1 S2")
    desk.plan("B", "YY-ZHZFJ", WEEK, "U1")
    assert told(desk, "inspection.joint.formed") == dict.fromkeys([*pair, "GY-ZHZFJ"], "OPEN")
    desk.plan("C", "KY-JTW", WEEK, "J1")
    assert set(told(desk, "inspection.joint.changed")) == {*pair, "KY-JTW", "GY-ZHZFJ"}
    desk.plan("C", "KY-JTW", "06-22..06-24", "J1", version=2)
    assert desk.made("inspection.joint.changed")[-1]["left"] == ["C"]
    assert set(told(desk, "inspection.joint.changed")) == {*pair, "KY-JTW", "GY-ZHZFJ"}
    desk.code("J1", "GY-ZD-DD6")
    assert set(told(desk, "inspection.code.issued")) == pair
    assert told(desk, "inspection.notice.prepared") == {"GY-CYZX": "OPEN"}
    desk.reopen("J1", "GY-SWJ")
    desk.cancel("A", "GY-ZD-DD6")
    assert set(told(desk, "inspection.plan.closed")) == {"GY-SWJ", "GY-ZD-DD6"}
    assert set(told(desk, "inspection.joint.dissolved")) == {*pair, "GY-ZHZFJ"}


def test_under_the_city_brigade_any_of_its_units_leads() -> None:
    """L1: the code is asked for and given up by any unit of the brigade, not by a member."""
    desk = Desk()
    desk.profile(keySector=True)
    desk.plan("A", "GY-STHJJ", WEEK, "T1")
    desk.plan("B", "WD-WJW", WEEK, "W1")
    desk.code("J1", "GY-STHJJ")
    desk.code("J1", "GY-ZD-DD4")
    desk.reopen("J1", "WD-WJW")
    desk.reopen("J1", "GY-ZD-YY")
    assert desk.refused == ["NOT_PERMITTED", "NOT_PERMITTED"]
    assert "GY-ZD" in told(desk, "inspection.code.issued")
    assert desk.state.joints[f"{USCC}-J1"].status == "OPEN"


# ---- plans


@pytest.mark.parametrize("first_first", [True, False])
def test_an_amendment_keeps_the_place_of_the_first_version(first_first: bool) -> None:
    """submittedAt stays that of version 1, whatever version 2 says and whichever arrives first: L5 goes by it."""
    desk = Desk()
    desk.plan("B", "HX-WJW", WEEK, "W1", submittedAt=moment("03-01T12"))
    versions: list[dict[str, Any]] = [
        {"submittedAt": moment("03-01T10")},
        {"submittedAt": moment("03-02"), "version": 2},
    ]
    for changes in versions if first_first else reversed(versions):
        desk.plan("A", "HX-RSJ", WEEK, "R1", **changes)
    joint = desk.state.joints[f"{USCC}-J1"]
    assert (joint.body.lead, joint.body.lead_rule) == ("HX-RSJ", "L5")
    assert desk.state.plans["A"].version == 2


def test_a_plan_that_leaves_the_scope_leaves_the_joint() -> None:
    """Amended to a remote check: OUT_OF_SCOPE, the rest goes on; amended back it joins again under the same number."""
    desk = Desk()
    for plan, agency in (("A", "GY-SWJ"), ("B", "BY-STHJJ"), ("C", "BY-WJW")):
        desk.plan(plan, agency, WEEK, plan)
    desk.plan("B", "BY-STHJJ", WEEK, "B", version=2, mode="DOCUMENT")
    assert [desk.decision(plan) for plan in "ABC"] == ["JOINED", "OUT_OF_SCOPE", "JOINED"]
    desk.plan("B", "BY-STHJJ", WEEK, "B", version=3)
    assert {desk.state.plans[plan].joint for plan in "ABC"} == {f"{USCC}-J1"}
    assert [one["version"] for one in desk.made("inspection.joint.changed")] == [2, 3, 4]


def test_expiry_comes_before_the_fact_that_arrives_after_it() -> None:
    """The first event of Monday finds Friday's plans closed: the joint is dissolved first, nobody joins it."""
    desk = Desk()
    desk.plan("A", "GY-SWJ", WEEK)
    desk.plan("B", "BY-WJW", WEEK, "W1")
    desk.plan("C", "BY-RSJ", "06-10..06-19", "R1", at="06-15T08")
    assert [(one["planId"], one["reason"]) for one in desk.made("inspection.plan.closed")] == [
        ("A", "EXPIRED"),
        ("B", "EXPIRED"),
    ]
    assert [one["cause"] for one in desk.made("inspection.joint.dissolved")] == ["TOO_FEW"]
    assert desk.decision("C") == "SINGLE"
    expired = [
        step.event.time
        for step in desk.steps
        if isinstance(step, Routed) and step.decision and step.event.type == "inspection.plan.closed"
    ]
    assert set(expired) == {"2026-06-13T00:00:00+08:00"}


@pytest.mark.parametrize(("day", "codes"), [("06-12T23", []), ("06-13T00", ["TOO_LATE"])])
def test_the_last_day_of_a_window_still_counts(day: str, codes: list[str]) -> None:
    desk = Desk()
    desk.plan("A", "GY-SWJ", WEEK, at=day)
    assert desk.refused == codes


def test_a_year_nobody_has_announced_has_weekends_only_until_it_is() -> None:
    """2027-01-01 is a Friday: a working day until the calendar is loaded; then a window of that day alone is refused."""
    desk = Desk()
    desk.plan("A", "GY-SWJ", "2027-01-01..2027-01-03", at="12-21")
    calendar = {
        "year": 2027, "loadedAt": moment("12-21T10"), "noticeNo": "国办发明电〔2026〕7号",
        "offDays": ["2027-01-01"], "workDays": [],
    }  # fmt: skip
    loaded = datetime.fromisoformat(moment("12-21T10"))
    event = Event("cal", "clock.calendar.loaded", "GY-ZHZFJ", "2027", moment("12-21T10"), loaded, calendar)
    assert desk.world.accept(event, loaded) == []
    desk.plan("B", "GY-RSJ", "2027-01-01..2027-01-03", "R1")
    desk.plan("C", "GY-RSJ", "2027-01-01..2027-01-04", "R1")
    desk.plan("D", "GY-WJW", "2026-12-30..2027-01-03", "W1")
    assert desk.refused == ["INVALID_FIELD"]
    assert [desk.decision(plan) for plan in "CD"] == ["SINGLE", "SINGLE"]


# ---- items


def test_each_of_three_levels_keeps_what_is_its_own() -> None:
    """One city and two district plans: pairs in their order; an item yielded once is not yielded again."""
    desk = Desk()
    desk.plan("C", "GY-NYNCJ", WEEK, "N1:CITY N2:DISTRICT N3:DISTRICT")
    desk.plan("D", "XFG-NYNCJ", WEEK, "N1:CITY N2:DISTRICT")
    desk.plan("E", "QZ-NYNCJ", WEEK, "N1:CITY N2:DISTRICT N3:DISTRICT")
    assert (last(desk, "C")["items"], last(desk, "C")["yielded"]) == (["N1"], ["N2", "N3"])
    assert (last(desk, "D")["items"], last(desk, "D")["yielded"]) == (["N2"], ["N1"])
    assert (last(desk, "E")["items"], last(desk, "E")["yielded"]) == (["N2", "N3"], ["N1"])
    body = desk.state.joints[f"{USCC}-J1"].body
    assert sorted(item.code for item in body.items) == ["N1", "N2", "N3"]


def test_an_unannounced_check_yields_to_the_level_too_and_goes_alone_with_the_rest() -> None:
    desk = Desk()
    desk.plan("C", "GY-JTW", WEEK, "T1:DISTRICT T2:CITY", unannounced=True)
    desk.plan("D", "BY-JTW", WEEK, "T1:DISTRICT")
    assert (desk.decision("C"), last(desk, "C")["items"]) == ("SINGLE", ["T2"])
    assert "GY-ZD" not in desk.read_by("BY-JTW")
    assert desk.made("inspection.joint.formed") == []


def test_a_zone_committee_and_a_city_bureau_are_no_two_levels_of_one_system() -> None:
    desk = Desk()
    desk.plan("A", "GY-ZHZFJ", WEEK, "Z1:DISTRICT")
    desk.plan("B", "SL-GWH", WEEK, "Z1:DISTRICT")
    assert [desk.decision(plan) for plan in "AB"] == ["JOINED", "JOINED"]
    assert [item.performer for item in desk.state.joints[f"{USCC}-J1"].body.items] == ["SL-GWH"]


def test_a_result_reaches_the_level_that_yielded_and_its_handler() -> None:
    """yieldedTo, and later a copy of the result; officers stay at home."""
    desk = Desk()
    desk.plan("C", "GY-SWJ", WEEK, "S1:DISTRICT")
    desk.plan("D", "KY-SWJ", WEEK, "S1:DISTRICT")
    assert desk.made("inspection.plan.closed")[-1]["yieldedTo"] == "D"
    officers = [{"name": "赵", "certNo": "K-1"}, {"name": "钱", "certNo": "K-2"}]
    desk.result("KY-SWJ", "S1", "06-09", planId="D", result="FAIL", officers=officers)
    assert set(told(desk, "inspection.result.recorded")) == {"GY-SWJ", "GY-ZD-DD6"}
    assert "K-1" not in desk.read_by("GY-SWJ")
