"""Short scenes with other bodies, days and turns than the scenarios: one sentence of the contract (§3.1, §3.2, §5) each."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from hub.canonical.event import Event
from hub.rules.ledger import Routed
from tests.rules.inspection.desk import OTHER, USCC, Desk, items, moment

WEEK = "06-08..06-12"
FREE = {"state": "SUBMITTED"}


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


# ---- caps


@pytest.mark.parametrize(("years", "decision"), [((2025,), "SINGLE"), ((2026,), "SINGLE"), ((2025, 2026), "HOLD_CAP")])
def test_a_window_over_new_year_is_held_if_both_years_are_full(years: tuple[int, ...], decision: str) -> None:
    """The counter of every calendar year the window touches; a visit counts in the year it took place."""
    desk = Desk({"caps": {"MEDIUM": 1}}, now="2025-12-22T09:00:00+08:00")
    desk.plan("A", "GY-SWJ", "2025-12-29..2026-01-09", "S1")
    for year in years:
        day = "2025-12-23" if year == 2025 else "2026-01-05"
        desk.visit(f"V{year}", "GY-SWJ", f"{day}T10:00:00+08:00", siteCode="S9")
    assert [one["year"] for one in desk.made("inspection.visit.counted")] == list(years)
    assert desk.decision("A") == decision


def test_an_exempt_lead_leaves_a_visit_that_counts_for_nobody() -> None:
    """jointCountsAll false: only the lead's counter could move, and its check was ordered from above."""
    desk = Desk({"jointCountsAll": False})
    desk.plan("A", "QZ-ZJJ", WEEK, "Z1", type="SPECIAL", deploymentNo="建〔2026〕1")
    desk.plan("B", "QZ-WJW", WEEK, "W1 W2")
    desk.visit("V", "QZ-WJW", "06-09", "B")
    rows = desk.made("inspection.visit.counted")[-1]["agencies"]
    assert rows == [
        {"agency": "QZ-ZJJ", "count": 0, "counted": False, "capExempt": "SUPERIOR_DEPLOYMENT"},
        {"agency": "QZ-WJW", "count": 0, "counted": False},
    ]
    assert desk.state.yearly == {"2026": 1}


def test_the_cap_of_one_agency_goes_before_the_general_one() -> None:
    desk = Desk({"capsByAgency": {"YY-XFJY": {"LOW": 0}}})
    desk.profile(riskClass="LOW")
    desk.plan("A", "YY-XFJY", WEEK)
    desk.plan("B", "YY-XFJY", "06-22..06-24", "X2", type="CASE", trigger="ASSIGNED")
    assert (desk.decision("A"), last(desk, "B").get("capExempt")) == ("HOLD_CAP", "ASSIGNED")
    desk.plan("A", "YY-XFJY", WEEK, version=2, type="SPECIAL", deploymentNo="消〔2026〕2")
    assert (desk.decision("A"), last(desk, "A").get("capExempt")) == ("SINGLE", "SUPERIOR_DEPLOYMENT")


# ---- freeze, objections


def test_a_hold_moves_on_to_the_next_unit_and_says_so() -> None:
    """holdRef is told anew when the earliest unit is given up."""
    desk = Desk()
    desk.plan("A", "GY-SWJ", "06-08..06-09", "S1")
    desk.code("A", "GY-SWJ")
    desk.plan("B", "GY-WJW", "06-11..06-12", "W1")
    desk.code("B", "GY-WJW")
    desk.plan("C", "GY-RSJ", WEEK, "R1")
    desk.cancel("A", "GY-SWJ")
    desk.cancel("B", "GY-WJW")
    held = [
        (one["decision"], one.get("holdRef")) for one in desk.made("inspection.plan.decided") if one["planId"] == "C"
    ]
    assert held == [("HOLD_REPEAT", "A"), ("HOLD_REPEAT", "B"), ("SINGLE", None)]


def test_a_visited_unit_holds_by_its_window_not_by_its_day() -> None:
    desk = Desk()
    desk.plan("A", "GY-SWJ", WEEK, "S1")
    desk.plan("B", "BY-WJW", WEEK, "W1")
    desk.visit("V", "BY-WJW", "06-08", "A")
    desk.plan("C", "BY-RSJ", "06-12..06-16", "R1")
    desk.plan("D", "BY-ZJJ", "06-13..06-16", "Z1")
    assert [desk.decision(plan) for plan in "ABCD"] == ["VISITED", "VISITED", "HOLD_REPEAT", "SINGLE"]
    assert last(desk, "C")["holdRef"] == f"{USCC}-J1"


def test_a_justified_plan_goes_alone_and_holds_nobody() -> None:
    """Released by its grounds; later plans are held by the joint alone, and its code can be asked for."""
    desk = Desk()
    desk.plan("A", "GY-SWJ", "06-08..06-09", "S1")
    desk.code("A", "GY-ZD-DD6")
    desk.plan("B", "XW-WJW", "06-09..06-19", "W1")
    desk.justify("B", "XW-WJW")
    desk.code("B", "XW-WJW")
    desk.plan("C", "XW-RSJ", "06-15..06-19", "R1")
    assert [desk.decision(plan) for plan in "BC"] == ["SINGLE", "SINGLE"]
    assert last(desk, "B")["overrideGround"] == "URGENT_RISK"
    assert len(desk.made("inspection.notice.prepared")) == 2
    desk.justify("B", "XW-WJW")
    assert desk.refused == ["NOT_PERMITTED"]


def test_all_members_must_be_approved_before_the_code() -> None:
    """One that is not blocks the code of all; its approval, whenever it comes, opens the way."""
    desk = Desk()
    desk.plan("A", "GY-SWJ", WEEK, "S1 S2")
    desk.plan("B", "BY-WJW", WEEK, "W1", **FREE)
    desk.code("J1", "GY-SWJ")
    assert (desk.refused, desk.made("inspection.code.issued")) == (["NOT_APPROVED"], [])
    desk.approve("B", "BY-WJW")
    desk.code("J1", "GY-SWJ")
    assert desk.made("inspection.code.issued")[-1]["frozenAt"] == desk.now


def test_a_frozen_joint_loses_its_lead_and_elects_by_the_same_rules() -> None:
    """L2 goes, L4 of the others; window, code and the others' items stay; a plan held before stays held."""
    desk = Desk()
    desk.plan("A", "GY-SWJ", "06-08..06-10", "S1", type="SPECIAL", deploymentNo="水〔2026〕3")
    desk.plan("B", "BY-WJW", WEEK, "W1")
    desk.plan("C", "BY-RSJ", WEEK, "R1 R2")
    desk.code("J1", "GY-ZD-DD6")
    desk.plan("D", "BY-ZJJ", WEEK, "Z1")
    desk.cancel("A", "GY-SWJ")
    changed = desk.made("inspection.joint.changed")[-1]
    assert (changed["lead"], changed["leadRule"], changed["left"]) == ("BY-RSJ", "L4", ["A"])
    assert changed["window"] == {"from": "2026-06-08", "to": "2026-06-10"}
    assert "GY-SWJ" in told(desk, "inspection.joint.changed")
    assert desk.decision("D") == "HOLD_REPEAT"
    desk.visit("V", "GY-SWJ", "06-09", "J1")
    assert desk.refused == ["NOT_PERMITTED"]


def test_an_objection_regroups_the_others_as_if_the_plan_had_never_been_there() -> None:
    """B kept A and C in one narrow window; without it the window is wide again."""
    desk = Desk()
    desk.plan("A", "GY-SWJ", WEEK, "S1")
    desk.plan("B", "BY-WJW", "06-10..06-10", "W1")
    desk.plan("C", "BY-RSJ", WEEK, "R1")
    desk.object("B", "BY-WJW", reason="STATUTORY_INTERVAL")
    joint = desk.state.joints[f"{USCC}-J1"]
    assert joint.body.plans == {"A", "C"}
    assert joint.body.window.written() == {"from": "2026-06-08", "to": "2026-06-12"}
    assert told(desk, "inspection.objection.logged") == {"GY-SFJ": "OPEN"}
    assert "STATUTORY_INTERVAL" not in desk.read_by("GY-SWJ") + desk.read_by("GY-ZHZFJ") + desk.read_by("GY-CYZX")


def test_regrouped_is_not_the_same_as_too_few() -> None:
    """J2 loses one member to J1 and the other stays alone: REGROUPED. Then J1 loses all but one: TOO_FEW."""
    desk = Desk()
    desk.plan("A", "GY-SWJ", "06-08..06-09", "S1")
    desk.plan("B", "BY-WJW", "06-09..06-09", "W1")
    desk.plan("C", "BY-RSJ", "06-15..06-17", "R1")
    desk.plan("D", "BY-ZJJ", "06-15..06-17", "Z1")
    desk.plan("C", "BY-RSJ", "06-09..06-17", "R1", version=2)
    assert [(one["jointId"][-2:], one["cause"]) for one in desk.made("inspection.joint.dissolved")] == [
        ("J2", "REGROUPED")
    ]
    desk.cancel("A", "GY-SWJ")
    desk.cancel("C", "BY-RSJ")
    assert [(one["jointId"][-2:], one["cause"]) for one in desk.made("inspection.joint.dissolved")][1:] == [
        ("J1", "TOO_FEW")
    ]
    desk.plan("E", "BY-JTW", "06-15..06-17", "T1")
    assert desk.state.plans["E"].joint == f"{USCC}-J3"


def test_a_new_profile_changes_the_lead_of_what_is_open_only() -> None:
    """keySector is found out: the open joint is led by the brigade from now on, the frozen one goes on as it was told."""
    desk = Desk()
    for site in ("S1", "S2"):
        desk.plan(f"A{site}", "GY-SWJ", WEEK, "S1 S2", siteCode=site)
        desk.plan(f"B{site}", "BY-WJW", WEEK, "W1", siteCode=site)
    desk.code("J1", "GY-SWJ")
    desk.profile(keySector=True)
    leads = {joint.id[-2:]: (joint.body.lead, joint.version) for joint in desk.state.joints.values()}
    assert leads == {"J1": ("GY-SWJ", 1), "J2": ("GY-ZD", 2)}


# ---- visits


@pytest.mark.parametrize(
    ("event", "data", "codes"),
    [
        (
            "inspection.code.requested",
            {"jointId": "J", "planId": "A", "requestedAt": moment("06-01")},
            ["INVALID_FIELD"],
        ),
        ("inspection.code.requested", {"requestedAt": moment("06-01")}, ["INVALID_FIELD"]),
    ],
)
def test_a_code_is_for_one_thing(event: str, data: dict[str, Any], codes: list[str]) -> None:
    desk = Desk()
    desk.send(event, "GY-SWJ", data, "06-02")
    assert desk.refused == codes


def test_evidence_work_needs_its_case_and_two_officers() -> None:
    desk = Desk()
    desk.visit("V1", "GY-SWJ", "06-09", purpose="INVESTIGATION")
    desk.visit("V2", "GY-SWJ", "06-09", officers=[{"name": "独", "certNo": "1"}])
    desk.visit("V3", "GY-SWJ", "06-09", purpose="INVESTIGATION", caseNo="水罚1号", scanned=False)
    assert desk.refused == ["INVALID_FIELD", "INVALID_FIELD"]
    assert (desk.made("inspection.visit.counted"), desk.state.clocks) == ([], [])


def test_a_late_entry_in_time_is_met_and_one_over_the_holiday_has_until_the_first_working_day() -> None:
    """Ten calendar days from 04-25 end on 05-05, 五一: the next working day is 05-06."""
    desk = Desk()
    desk.visit("V", "BY-WJW", "04-25T10", scanned=False)
    (row,) = desk.state.clocks
    assert (row.due_at, row.obligor, row.obligee) == ("2026-05-06", "BY-WJW", "GY-SFJ")
    scanned = {"visitId": "V", "scannedAt": moment("05-06T23"), "lateEntryReason": "断网"}
    desk.send("inspection.visit.scanned", "BY-RSJ", scanned, "05-06T23")
    assert desk.refused == ["NOT_PERMITTED"]
    desk.tick("05-07T10")
    desk.send("inspection.visit.scanned", "BY-WJW", scanned, "05-07T11")
    assert desk.state.clocks[0].state == "MET"


def test_a_scan_that_comes_before_its_visit_waits() -> None:
    desk = Desk()
    scanned = {"visitId": "V", "scannedAt": moment("06-09T12"), "lateEntryReason": "离线"}
    desk.send("inspection.visit.scanned", "BY-WJW", scanned, "06-09T13")
    assert [one["needs"] for one in desk.made("inspection.event.parked")] == ["visit"]
    desk.visit("V", "BY-WJW", "06-09T14", scanned=False, startedAt=moment("06-09T10"))
    assert [row.state for row in desk.state.clocks] == ["MET"]


def test_a_visit_that_comes_before_its_joint_waits_and_closes_it() -> None:
    desk = Desk()
    desk.plan("A", "GY-SWJ", WEEK, "S1")
    desk.visit("V", "BY-WJW", "06-08", "J1")
    desk.plan("B", "BY-WJW", WEEK, "W1")
    assert [desk.decision(plan) for plan in "AB"] == ["VISITED", "VISITED"]
    assert desk.made("inspection.visit.counted")[-1]["enterpriseCount"] == 1


# ---- hints


def test_windows_that_overlap_on_off_days_only_are_to_be_aligned() -> None:
    """端午 06-19 to 06-21 in common: not merged, gap 0, and the later window without its off days."""
    desk = Desk()
    desk.plan("A", "GY-SWJ", "06-15..06-21", "S1")
    desk.plan("B", "BY-WJW", "06-19..06-25", "W1")
    (hint,) = desk.made("inspection.hint.raised")
    assert (hint["code"], hint["gapDays"]) == ("SUGGEST_ALIGN", 0)
    assert hint["suggestedWindow"] == {"from": "2026-06-22", "to": "2026-06-25"}
    assert set(told(desk, "inspection.hint.raised")) == {"GY-SWJ", "GY-ZD-DD6", "BY-WJW"}


def test_what_goes_alone_or_is_fixed_is_not_hinted() -> None:
    """Objected, held and frozen units are no neighbours of anything."""
    desk = Desk()
    desk.plan("A", "GY-SWJ", WEEK, "S1")
    desk.code("A", "GY-SWJ")
    desk.plan("B", "BY-WJW", WEEK, "W1")
    desk.plan("C", "BY-RSJ", "06-22..06-24", "R1", unannounced=True)
    desk.plan("D", "BY-ZJJ", WEEK, "Z1", siteCode="S2", unannounced=True)
    assert desk.made("inspection.hint.raised") == []


def test_a_neighbour_hears_no_more_than_it_needs() -> None:
    """Between related enterprises: ids, window, agency, address; a plan that goes alone there is not hinted."""
    desk = Desk()
    site = {"divisionCode": "520123", "address": "某园区3号"}
    desk.profile(USCC, sites=[{"siteCode": "S1", **site}], relatedUsccs=[OTHER, USCC])
    desk.profile(OTHER, sites=[{"siteCode": "B1", **site}], relatedUsccs=[USCC])
    desk.plan("A", "GY-SWJ", WEEK, "S1", unannounced=True, sourceRef="CP-7")
    desk.plan("B", "XW-WJW", WEEK, "W1", uscc=OTHER, siteCode="B1", sourceRef="CP-8", approver={"post": "HEAD"})
    (notice,) = desk.made("inspection.neighbour.noticed")
    assert set(notice) == {"uscc", "otherUscc", "otherPlanId", "otherAgency", "otherWindow", "otherAddress"}
    assert desk.made("inspection.hint.raised") == []
    desk.plan("C", "XW-RSJ", WEEK, "R1")
    desk.plan("B", "XW-WJW", WEEK, "W1", uscc=OTHER, siteCode="B1", version=2)
    codes = [(one["code"], sorted(one["planIds"])) for one in desk.made("inspection.hint.raised")]
    assert ("HINT_SAME_ADDRESS", ["B", "C"]) in codes
    assert not [plans for _, plans in codes if "A" in plans]


def test_an_item_recognised_may_leave_a_remote_check() -> None:
    """What is left of the plan decides: all that remains can be done from afar."""
    desk = Desk()
    desk.plan("A", "GY-SWJ", WEEK, items=items("S1") + items("S2", remote=True))
    assert desk.made("inspection.hint.raised") == []
    desk.result("BY-SWJ", "S1", "06-01")
    assert [one["code"] for one in desk.made("inspection.hint.raised")] == ["HINT_REMOTE_POSSIBLE"]
