"""Short scenes again: caps, freezing, objections, visits and hints, with other bodies, days and turns (contract §5)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.rules.inspection.desk import OTHER, USCC, Desk, items, moment
from tests.rules.inspection.test_scenes import WEEK, last, told

FREE = {"state": "SUBMITTED"}


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
