"""Yearly caps and the counting of visits."""

from __future__ import annotations

from typing import Any

import pytest

from tests.rules.inspection.desk import Desk

WEEK = "03-16..03-20"
ORDERED = {"type": "SPECIAL", "deploymentNo": "安委办2026-7"}
LOCAL = {"type": "SPECIAL"}
CASE = {"type": "CASE", "trigger": "MONITORING"}
REMOTE = {"mode": "REMOTE"}


@pytest.mark.parametrize(
    ("changes", "policy", "decision", "exempt"),
    [
        ({}, {}, "HOLD_CAP", None),
        (LOCAL, {}, "HOLD_CAP", None),
        (ORDERED, {}, "SINGLE", "SUPERIOR_DEPLOYMENT"),
        (CASE, {}, "SINGLE", "MONITORING"),
        (REMOTE, {}, "OUT_OF_SCOPE", None),
        (LOCAL, {"capCounts": ["DAILY"]}, "SINGLE", "SPECIAL_LOCAL"),
        ({}, {"capCounts": []}, "SINGLE", "DAILY"),
        (ORDERED, {"capCounts": ["DAILY", "SPECIAL_SUPERIOR"]}, "HOLD_CAP", None),
        ({}, {"caps": {"MEDIUM": 2}}, "SINGLE", None),
        ({}, {"capsByAgency": {"GY-YJJ": {"MEDIUM": 5}}}, "SINGLE", None),
        ({}, {"capsByAgency": {"GY-RSJ": {"MEDIUM": 5}}}, "HOLD_CAP", None),
        ({}, {"capsByAgency": {"GY-YJJ": {"HIGH": 5}}}, "HOLD_CAP", None),
        ({"unannounced": True}, {}, "HOLD_CAP", None),
    ],
)
def test_a_plan_of_a_counted_class_is_held_at_the_cap(
    changes: dict[str, Any], policy: dict[str, Any], decision: str, exempt: str | None
) -> None:
    """One visit made, cap one: what counts is held, what does not passes with its ground."""
    desk = Desk({"caps": {"MEDIUM": 1}, **policy})
    desk.visit("V0", "GY-YJJ")
    desk.plan("A", "GY-YJJ", WEEK, **changes)

    told = desk.made("inspection.plan.decided")[-1]
    assert (told["decision"], told.get("capExempt")) == (decision, exempt)


def test_the_cap_is_per_agency_and_year() -> None:
    """Another agency, and a window that reaches into a free year, pass."""
    desk = Desk({"caps": {"MEDIUM": 1}})
    desk.visit("V0", "GY-YJJ")
    desk.plan("A", "GY-RSJ", WEEK)
    desk.plan("B", "GY-YJJ", "2026-12-28..2027-01-08", "Y2")

    assert [desk.decision(plan) for plan in "AB"] == ["SINGLE", "SINGLE"]


def test_a_hold_ends_when_the_risk_class_allows_more() -> None:
    """The re-run looks at the profile of now."""
    desk = Desk({"caps": {"MEDIUM": 1, "HIGH": 4}})
    desk.visit("V0", "GY-YJJ")
    desk.plan("A", "GY-YJJ", WEEK)
    held = desk.decision("A")
    desk.profile(riskClass="HIGH")

    assert (held, desk.decision("A")) == ("HOLD_CAP", "SINGLE")


def test_an_older_profile_changes_nothing() -> None:
    """The higher version wins whenever it arrives."""
    desk = Desk()
    desk.profile(version=2, riskClass="HIGH")
    desk.profile(version=1, riskClass="LOW")

    assert desk.state.profile.risk == "HIGH"


def test_a_joint_visit_counts_for_every_member_once() -> None:
    """An agency with two plans in it is counted once; an ordered check is not counted, with its ground."""
    desk = Desk()
    desk.plan("A", "GY-YJJ", WEEK)
    desk.plan("B", "GY-YJJ", WEEK, "Y2", **ORDERED)
    desk.plan("C", "GY-RSJ", WEEK, "R1", **ORDERED)
    desk.visit("V1", "GY-YJJ", "03-17", "J1")

    counted = desk.made("inspection.visit.counted")[-1]
    assert counted["enterpriseCount"] == 1
    assert counted["agencies"] == [
        {"agency": "GY-YJJ", "count": 1, "counted": True},
        {"agency": "GY-RSJ", "count": 0, "counted": False, "capExempt": "SUPERIOR_DEPLOYMENT"},
    ]


@pytest.mark.parametrize(("major", "lead"), [(False, "GY-RSJ"), (True, "GY-RSJ")])
def test_if_only_the_lead_counts_the_brigade_is_replaced_by_the_elected(major: bool, lead: str) -> None:
    """jointCountsAll false: under L1 it counts for the agency L2–L6 would elect."""
    desk = Desk({"jointCountsAll": False})
    desk.profile(majorProject=major)
    desk.plan("A", "GY-YJJ", WEEK)
    desk.plan("B", "GY-RSJ", WEEK, "R1 R2")
    desk.visit("V1", "GY-YJJ", "03-17", "J1")

    agencies = desk.made("inspection.visit.counted")[-1]["agencies"]
    assert [row["agency"] for row in agencies if row["counted"]] == [lead]
    assert all("capExempt" not in row for row in agencies)


@pytest.mark.parametrize(
    ("purpose", "plan", "row"),
    [
        ("INSPECTION", False, {"agency": "GY-YJJ", "count": 1, "counted": True}),
        ("EMERGENCY", False, {"agency": "GY-YJJ", "count": 0, "counted": False, "capExempt": "EMERGENCY"}),
        ("EMERGENCY", True, {"agency": "GY-YJJ", "count": 1, "counted": True}),
    ],
)
def test_a_visit_without_a_plan_counts_as_daily_unless_it_is_an_emergency(
    purpose: str, plan: bool, row: dict[str, Any]
) -> None:
    """With a plan its class decides."""
    desk = Desk()
    if plan:
        desk.plan("A", "GY-YJJ", WEEK)
    desk.visit("V1", "GY-YJJ", "03-17", "A" if plan else "", purpose=purpose)

    assert desk.made("inspection.visit.counted")[-1]["agencies"] == [row]


def test_evidence_work_is_no_inspection() -> None:
    """立案后调查取证: no count, no flag, no clock, and the plan it names stays open."""
    desk = Desk()
    desk.plan("A", "GY-YJJ", WEEK)
    desk.visit("V1", "GY-YJJ", "03-17", "A", scanned=False, purpose="INVESTIGATION", caseNo="C1")

    assert desk.made("inspection.visit.counted") == []
    assert desk.state.clocks == []
    assert desk.decision("A") == "SINGLE"


def test_one_unit_on_one_day_is_one_visit() -> None:
    """A second record of the same day is ignored, one of another day is a repeated visit."""
    desk = Desk()
    desk.plan("A", "GY-YJJ", WEEK)
    desk.plan("B", "GY-RSJ", WEEK, "R1")
    desk.visit("V1", "GY-YJJ", "03-17T10", "J1")
    desk.visit("V2", "GY-RSJ", "03-17T11", "J1", scanned=False)
    desk.visit("V3", "GY-RSJ", "03-18T10", "B")

    assert [one["visitId"] for one in desk.made("inspection.visit.counted")] == ["V1", "V3"]
    flags = [(one["visitId"], one["code"], one["agency"]) for one in desk.made("inspection.visit.flagged")]
    assert flags == [("V3", "REPEAT_VISIT", "GY-RSJ")]
    assert desk.state.clocks == []
    assert [one["planId"] for one in desk.made("inspection.plan.closed")] == ["A", "B"]


def test_the_same_visit_id_again_changes_nothing() -> None:
    """Once per visitId."""
    desk = Desk()
    desk.visit("V1", "GY-YJJ", "03-03")
    desk.visit("V1", "GY-YJJ", "03-04")

    assert len(desk.made("inspection.visit.counted")) == 1


def test_the_counter_above_the_cap_is_flagged() -> None:
    """CAP_EXCEEDED names the agency and the year."""
    desk = Desk({"caps": {"MEDIUM": 1}})
    desk.visit("V1", "GY-YJJ", "03-03")
    desk.visit("V2", "GY-YJJ", "03-10")

    assert [(one["visitId"], one["code"], one["year"]) for one in desk.made("inspection.visit.flagged")] == [
        ("V2", "CAP_EXCEEDED", 2026)
    ]
    assert desk.delivered("inspection.visit.flagged", "GY-SFJ")


@pytest.mark.parametrize("order", [(0, 1, 2, 3, 4), (1, 2, 3, 4, 0), (4, 3, 2, 1, 0)])
def test_frequency_is_flagged_whatever_the_order_of_the_records(order: tuple[int, ...]) -> None:
    """Five visits in thirty days: the fifth is flagged, also when the first is recorded last."""
    desk = Desk({"caps": {"MEDIUM": 9}})
    days = ["03-03", "03-10", "03-17", "03-24", "04-01"]
    for place in order:
        started = f"2026-{days[place]}T10:00:00+08:00"
        desk.visit(f"V{place}", "GY-YJJ", "04-02", startedAt=started, scannedAt=started)

    assert [(one["visitId"], one["code"]) for one in desk.made("inspection.visit.flagged")] == [
        ("V4", "HIGH_FREQUENCY")
    ]


def test_exempt_visits_count_for_the_frequency_too() -> None:
    """Five emergencies in a month are followed up."""
    desk = Desk()
    for number in range(5):
        desk.visit(f"V{number}", "GY-YJJ", f"03-{10 + number}", purpose="EMERGENCY")

    assert [one["code"] for one in desk.made("inspection.visit.flagged")] == ["HIGH_FREQUENCY"]


def test_the_thirty_first_day_back_is_not_looked_at() -> None:
    """Day and the twenty-nine before it."""
    desk = Desk({"caps": {"MEDIUM": 9}})
    for number, date in enumerate(["03-03", "03-10", "03-17", "03-24", "04-02"]):
        desk.visit(f"V{number}", "GY-YJJ", date)

    assert desk.made("inspection.visit.flagged") == []


def test_an_unscanned_visit_is_flagged_once_when_its_clock_is_missed() -> None:
    """I01: ten days, then UNSCANNED_VISIT, whatever else happens; a late scan is heard but takes nothing back."""
    desk = Desk()
    desk.visit("V1", "GY-YJJ", "03-03", scanned=False)
    desk.tick("03-13T23")
    before = desk.made("inspection.visit.flagged")
    desk.tick("03-14T00")
    desk.tick("03-15T00")
    desk.send(
        "inspection.visit.scanned",
        "GY-ZD-DD2",
        {"visitId": "V1", "scannedAt": "2026-03-15T00:00:00+08:00", "lateEntryReason": "补录"},
    )

    assert before == []
    assert [one["code"] for one in desk.made("inspection.visit.flagged")] == ["UNSCANNED_VISIT"]
    assert desk.delivered("clock.missed", "GY-SFJ")


def test_the_flag_bears_the_moment_of_the_miss_even_if_the_hub_was_down() -> None:
    """A worker that was down decides the same as one that was not."""
    desk = Desk()
    desk.visit("V1", "GY-YJJ", "03-03", scanned=False)
    desk.plan("A", "GY-YJJ", "04-13..04-17", at="04-01")

    flagged = [
        step.event
        for step in desk.steps
        if getattr(step, "decision", False) and step.event.type == "inspection.visit.flagged"
    ]
    assert [event.time for event in flagged] == ["2026-03-14T00:00:00+08:00"]


def test_a_further_record_scans_the_visit_it_stands_for() -> None:
    """The second agency's scan proves the visit of both."""
    desk = Desk()
    desk.plan("A", "GY-YJJ", WEEK)
    desk.plan("B", "GY-RSJ", WEEK, "R1")
    desk.visit("V1", "GY-YJJ", "03-17T10", "J1", scanned=False)
    desk.visit("V2", "GY-RSJ", "03-17T11", "J1", scanned=False)
    desk.send(
        "inspection.visit.scanned",
        "GY-ZD-DD4",
        {"visitId": "V2", "scannedAt": "2026-03-17T11:00:00+08:00", "lateEntryReason": "补录"},
    )

    assert [(row.entity, row.state) for row in desk.state.clocks] == [("V1", "MET")]
