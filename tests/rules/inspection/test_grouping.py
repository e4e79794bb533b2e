"""Grouping, leading and the identity of joints."""

from __future__ import annotations

from typing import Any

import pytest

from tests.rules.inspection.desk import USCC, Desk, items

J1 = f"{USCC}-J1"
ORDERED = {"type": "SPECIAL", "deploymentNo": "安委办2026-7"}


def joint_of(desk: Desk, *plans: tuple[Any, ...]) -> dict[str, Any]:
    """Submit (id, agency, window, codes, changes) and return the last body of the joint."""
    for hour, (plan, agency, window, codes, *more) in enumerate(plans):
        desk.plan(plan, agency, window, codes, at=f"03-02T{9 + hour:02}", **(more[0] if more else {}))
    return dict((desk.made("inspection.joint.formed") + desk.made("inspection.joint.changed"))[-1])


WEEK = "03-09..03-13"


@pytest.mark.parametrize(
    ("profile", "policy", "plans", "lead", "rule"),
    [
        ({"majorProject": True}, {}, [("A", "GY-YJJ", WEEK, "Y1"), ("B", "GY-RSJ", WEEK, "R1")], "GY-ZD", "L1"),
        ({"keySector": True}, {}, [("A", "GY-YJJ", WEEK, "Y1"), ("B", "GY-RSJ", WEEK, "R1", ORDERED)], "GY-ZD", "L1"),
        ({}, {}, [("A", "GY-YJJ", WEEK, "Y1 Y2"), ("B", "GY-RSJ", WEEK, "R1", ORDERED)], "GY-RSJ", "L2"),
        (
            {"industry": "化工"},
            {"industryLead": {"化工": "GY-STHJJ"}},
            [("A", "GY-YJJ", WEEK, "Y1 Y2"), ("B", "GY-STHJJ", WEEK, "T1")],
            "GY-STHJJ",
            "L3",
        ),
        # the industry's lead is no member: the rule narrows nothing
        (
            {"industry": "化工"},
            {"industryLead": {"化工": "GY-WJW"}},
            [("A", "GY-YJJ", WEEK, "Y1 Y2"), ("B", "GY-STHJJ", WEEK, "T1")],
            "GY-YJJ",
            "L4",
        ),
        # two were ordered from above: among them the one with more items
        (
            {},
            {},
            [
                ("A", "GY-YJJ", WEEK, "Y1 Y2 Y3"),
                ("B", "GY-RSJ", WEEK, "R1", ORDERED),
                ("C", "GY-WJW", WEEK, "W1 W2", ORDERED),
            ],
            "GY-WJW",
            "L4",
        ),
        ({}, {}, [("A", "GY-YJJ", WEEK, "Y1"), ("B", "GY-RSJ", WEEK, "R1")], "GY-YJJ", "L5"),
        (
            {},
            {},
            [
                ("A", "GY-YJJ", WEEK, "Y1", {"submittedAt": "2026-03-01T09:00:00+08:00"}),
                ("B", "GY-RSJ", WEEK, "R1", {"submittedAt": "2026-03-01T09:00:00+08:00"}),
            ],
            "GY-RSJ",
            "L6",
        ),
        (
            {"majorProject": True},
            {},
            [("A", "GY-YJJ", WEEK, "Y1"), ("B", "GY-YJJ", WEEK, "Y2")],
            "GY-YJJ",
            "SAME_AGENCY",
        ),
    ],
)
def test_each_rule_of_leading_narrows_the_candidates(
    profile: dict[str, Any], policy: dict[str, Any], plans: list[Any], lead: str, rule: str
) -> None:
    """The first rule that leaves one agency names the lead."""
    desk = Desk(policy)
    if profile:
        desk.profile(**profile)

    body = joint_of(desk, *plans)

    assert (body["lead"], body["leadRule"]) == (lead, rule)


def test_under_the_city_brigade_every_member_takes_part() -> None:
    """L1: the lead is no member."""
    desk = Desk()
    desk.profile(majorProject=True)

    body = joint_of(desk, ("A", "GY-YJJ", WEEK, "Y1"), ("B", "NM-RSJ", WEEK, "R1"))

    assert {member["role"] for member in body["members"]} == {"PART"}
    assert desk.delivered("inspection.joint.formed", "GY-ZD")


@pytest.mark.parametrize(
    ("shared", "performer"),
    [
        ([("A", "GY-YJJ", WEEK, "X:CITY Y1"), ("B", "NM-RSJ", WEEK, "X:CITY")], "GY-YJJ"),
        ([("A", "GY-YJJ", WEEK, "X:DISTRICT Y1"), ("B", "NM-RSJ", WEEK, "X:DISTRICT")], "NM-RSJ"),
        # two of the item's level: the lead
        ([("A", "GY-YJJ", WEEK, "X"), ("B", "GY-RSJ", WEEK, "X Y1")], "GY-RSJ"),
        # of several, none of the item's level and the lead not among them: first by code
        (
            [("A", "GY-YJJ", WEEK, "Y1 Y2"), ("B", "GY-WJW", WEEK, "X:DISTRICT"), ("C", "GY-RSJ", WEEK, "X:DISTRICT")],
            "GY-RSJ",
        ),
    ],
)
def test_a_shared_item_is_inspected_once_by_its_level(shared: list[Any], performer: str) -> None:
    """Each item once; of several agencies the one of the item's level, else the lead, else first by code."""
    body = joint_of(Desk(), *shared)

    assert [item["performer"] for item in body["items"] if item["code"] == "X"] == [performer]


def test_plans_are_not_chained() -> None:
    """A meets B and B meets C, but C misses the common days of A and B."""
    desk = Desk()
    desk.plan("A", "GY-YJJ", "03-09..03-13")
    desk.plan("B", "GY-RSJ", "03-12..03-18", "R1")
    desk.plan("C", "GY-WJW", "03-17..03-24", "W1")

    assert [desk.decision(plan) for plan in "ABC"] == ["JOINED", "JOINED", "SINGLE"]
    assert desk.made("inspection.hint.raised")[-1]["planIds"] == ["A", "B", "C"]


def test_common_days_that_are_all_off_days_do_not_merge() -> None:
    """A weekend in common is no day in common."""
    desk = Desk()
    desk.plan("A", "GY-YJJ", "03-09..03-15")
    desk.plan("B", "GY-RSJ", "03-14..03-20", "R1")

    assert [desk.decision(plan) for plan in "AB"] == ["SINGLE", "SINGLE"]


def test_a_make_up_day_is_a_working_day() -> None:
    """调休: 2026-05-09 is a Saturday on which the city works."""
    desk = Desk()
    desk.plan("A", "GY-YJJ", "05-06..05-09", at="04-20")
    desk.plan("B", "GY-RSJ", "05-09..05-15", "R1")

    assert [desk.decision(plan) for plan in "AB"] == ["JOINED", "JOINED"]


def test_a_joint_that_falls_apart_into_two_keeps_its_number_once() -> None:
    """Four plans, then two pairs: the first pair keeps J1, the other gets the next number."""
    desk = Desk()
    for plan, agency in (("A", "GY-YJJ"), ("B", "GY-RSJ"), ("C", "GY-WJW"), ("D", "GY-STHJJ")):
        desk.plan(plan, agency, "03-09..03-20", plan)
    desk.plan("C", "GY-WJW", "03-23..03-27", "C", version=2)
    desk.plan("D", "GY-STHJJ", "03-23..03-27", "D", version=2)

    assert {plan: desk.state.plans[plan].joint[-2:] for plan in "ABCD"} == {"A": "J1", "B": "J1", "C": "J2", "D": "J2"}
    assert desk.made("inspection.joint.changed")[-1]["left"] == ["D"]


def test_dissolving_says_whether_the_plans_found_others() -> None:
    """B leaves A for C: the joint of A and B is dissolved as REGROUPED."""
    desk = Desk()
    desk.plan("A", "GY-YJJ", "03-09..03-11")
    desk.plan("B", "GY-RSJ", "03-11..03-20", "R1")
    desk.plan("C", "GY-WJW", "03-17..03-20", "W1")
    desk.plan("B", "GY-RSJ", "03-17..03-20", "R1", version=2)

    assert [(one["jointId"][-2:], one["cause"]) for one in desk.made("inspection.joint.dissolved")] == [
        ("J1", "REGROUPED")
    ]
    assert desk.decision("A") == "SINGLE"
    assert desk.state.plans["B"].joint.endswith("J2")


def test_a_number_is_never_used_again() -> None:
    """Dissolved and formed again: another joint."""
    desk = Desk()
    desk.plan("A", "GY-YJJ", WEEK)
    desk.plan("B", "GY-RSJ", WEEK, "R1")
    desk.plan("B", "GY-RSJ", "04-13..04-17", "R1", version=2)
    desk.plan("B", "GY-RSJ", WEEK, "R1", version=3)

    assert [joint["jointId"][-2:] for joint in desk.made("inspection.joint.formed")] == ["J1", "J2"]


def test_same_content_again_changes_no_joint() -> None:
    """A new version that says the same is decided again, but the joint stays as it is."""
    desk = Desk()
    desk.plan("A", "GY-YJJ", WEEK)
    desk.plan("B", "GY-RSJ", WEEK, "R1")
    desk.plan("B", "GY-RSJ", WEEK, "R1", version=2)

    assert desk.made("inspection.joint.changed") == []
    assert [one["version"] for one in desk.made("inspection.plan.decided") if one["planId"] == "B"] == [1, 2]


def test_the_same_code_in_two_catalogues_is_two_items() -> None:
    """Items are told apart by catalogue and code."""
    desk = Desk()
    other = [{"catalogue": "XX", "code": "Y1", "tier": "CITY"}]
    body = joint_of(desk, ("A", "GY-YJJ", WEEK, "Y1"), ("B", "GY-RSJ", WEEK, "", {"items": other + items("Y1")}))

    assert [(item["catalogue"], item["code"]) for item in body["items"]] == [("QZ", "Y1"), ("XX", "Y1")]


def test_an_expired_member_leaves_at_midnight() -> None:
    """The joint goes on with the others, and keeps its number."""
    desk = Desk()
    desk.plan("A", "GY-YJJ", "03-09..03-11")
    desk.plan("B", "GY-RSJ", "03-09..03-20", "R1")
    desk.plan("C", "GY-WJW", "03-09..03-20", "W1")
    desk.tick("03-12T00")

    assert desk.decision("A") == "EXPIRED"
    assert desk.made("inspection.joint.changed")[-1]["left"] == ["A"]
    assert desk.made("inspection.joint.changed")[-1]["window"] == {"from": "2026-03-09", "to": "2026-03-20"}
