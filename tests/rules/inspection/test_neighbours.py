"""Hints, within one enterprise and between related ones."""

from __future__ import annotations

from typing import Any

import pytest

from tests.rules.inspection.desk import OTHER, USCC, Desk, items

WEEK = "03-16..03-20"
ROAD = "某大道8号"


def sites(code: str, address: str = ROAD) -> list[dict[str, str]]:
    return [{"siteCode": code, "divisionCode": "520115", "address": address}]


def related(address: str = ROAD) -> Desk:
    """Two enterprises under one roof, each knowing of the other."""
    desk = Desk()
    desk.profile(USCC, sites=sites("S1"), relatedUsccs=[OTHER])
    desk.profile(OTHER, sites=sites("B1", address), relatedUsccs=[USCC])
    return desk


def test_a_plan_next_door_is_hinted_to_both_agencies() -> None:
    """HINT_SAME_ADDRESS is raised by the neighbour that already has a plan."""
    desk = related()
    desk.plan("A", "GY-YJJ", WEEK)
    desk.plan("B", "GY-RSJ", "03-20..03-25", "R1", uscc=OTHER, siteCode="B1")

    hint = desk.made("inspection.hint.raised")
    assert [(one["uscc"], one["code"], one["planIds"], one["otherUscc"]) for one in hint] == [
        (USCC, "HINT_SAME_ADDRESS", ["A", "B"], OTHER)
    ]
    for party in ("GY-YJJ", "GY-ZD-DD2", "GY-RSJ", "GY-ZD-DD4"):
        assert len(desk.delivered("inspection.hint.raised", party)) == 1


@pytest.mark.parametrize(
    ("address", "changes"),
    [
        ("别处", {}),
        (ROAD, {"unannounced": True}),
        (ROAD, {"mode": "REMOTE"}),
        (ROAD, {"type": "CASE", "trigger": "COMPLAINT"}),
        (ROAD, {"siteCode": "B2"}),
        (ROAD, {"window": {"from": "2026-03-23", "to": "2026-03-25"}}),
    ],
    ids=["elsewhere", "unannounced", "off-site", "case", "site unknown", "no common day"],
)
def test_no_hint_without_a_common_address_day_and_announced_plan(address: str, changes: dict[str, Any]) -> None:
    """Equal addresses, a common working day, announced and in scope."""
    desk = related(address)
    desk.plan("A", "GY-YJJ", WEEK)
    desk.plan("B", "GY-RSJ", WEEK, "R1", uscc=OTHER, **{"siteCode": "B1", **changes})

    assert desk.made("inspection.hint.raised") == []


def test_the_same_neighbours_are_hinted_once() -> None:
    """Another version of the same plan raises no second hint."""
    desk = related()
    desk.plan("A", "GY-YJJ", WEEK)
    desk.plan("B", "GY-RSJ", WEEK, "R1", uscc=OTHER, siteCode="B1")
    desk.plan("B", "GY-RSJ", WEEK, "R1", uscc=OTHER, siteCode="B1", version=2)

    assert len(desk.made("inspection.neighbour.noticed")) == 3
    assert len(desk.made("inspection.hint.raised")) == 1


@pytest.mark.parametrize(
    ("second", "gap", "suggested"),
    [
        ("04-08..04-10", 19, {"from": "2026-04-08", "to": "2026-04-10"}),
        ("04-04..04-10", 15, {"from": "2026-04-07", "to": "2026-04-10"}),  # trimmed over 清明
        ("04-19..04-24", 30, {"from": "2026-04-20", "to": "2026-04-24"}),
        ("04-20..04-24", None, None),
    ],
)
def test_units_close_in_time_are_to_be_aligned(second: str, gap: int | None, suggested: dict[str, str] | None) -> None:
    """SUGGEST_ALIGN up to gapDays, with the later window trimmed to working days."""
    desk = Desk()
    desk.plan("A", "GY-YJJ", WEEK)
    desk.plan("B", "GY-RSJ", second, "R1")

    hints = [(one["gapDays"], one["suggestedWindow"]) for one in desk.made("inspection.hint.raised")]
    assert hints == ([] if gap is None else [(gap, suggested)])


def test_only_adjacent_units_are_aligned() -> None:
    """A–B and B–C, not A–C; each pair once."""
    desk = Desk()
    for plan, agency, window in (
        ("A", "GY-YJJ", "03-09..03-10"),
        ("C", "GY-WJW", "03-23..03-24"),
        ("B", "GY-RSJ", "03-16..03-17"),
    ):
        desk.plan(plan, agency, window, plan)
    desk.tick("03-03")

    pairs = [one["planIds"] for one in desk.made("inspection.hint.raised") if one["code"] == "SUGGEST_ALIGN"]
    assert pairs == [["A", "C"], ["A", "B"], ["B", "C"]]


@pytest.mark.parametrize(
    ("changes", "hinted"),
    [
        ({}, True),
        ({"type": "SPECIAL"}, False),
        ({"unannounced": True}, False),
        ({"items": items("Y1", remote=True) + items("Y2")}, False),
    ],
)
def test_an_on_site_check_that_could_be_remote_is_hinted(changes: dict[str, Any], hinted: bool) -> None:
    """HINT_REMOTE_POSSIBLE: DAILY, in a unit, and all items remoteCapable."""
    desk = Desk()
    desk.plan("A", "GY-YJJ", WEEK, **{"items": items("Y1 Y2", remote=True), **changes})

    assert [one["code"] for one in desk.made("inspection.hint.raised")] == ["HINT_REMOTE_POSSIBLE"] * hinted


def test_two_sites_of_one_enterprise_are_hinted_by_their_own_windows() -> None:
    """HINT_SAME_USCC pairs plans, not units, and only those with a day in common."""
    desk = Desk()
    desk.plan("A", "GY-YJJ", "03-09..03-13")
    desk.plan("B", "GY-RSJ", "03-12..03-20", "R1")
    desk.plan("C", "GY-WJW", "03-17..03-20", "W1", siteCode="S2")

    same = [sorted(one["planIds"]) for one in desk.made("inspection.hint.raised") if one["code"] == "HINT_SAME_USCC"]
    assert same == [["B", "C"]]


def test_plans_out_of_scope_are_never_hinted() -> None:
    """Neither aligned nor paired."""
    desk = Desk()
    desk.plan("A", "GY-YJJ", WEEK, mode="DOCUMENT")
    desk.plan("B", "GY-RSJ", WEEK, "R1", type="CASE", trigger="REQUEST")
    desk.plan("C", "GY-WJW", WEEK, "W1", siteCode="S2")

    assert desk.made("inspection.hint.raised") == []
