"""The way of a plan through the rules, rule by rule."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given

from hub.reference import load
from hub.rules.inspection import Tally, explain, tally
from hub.rules.inspection.explain import left_out
from hub.rules.inspection.stages import TITLES, Mark, Stage, stages
from hub.rules.inspection.state import DISSOLVED
from hub.rules.inspection.tally import Period, tally_agencies
from tests.rules.inspection.desk import USCC, Desk
from tests.rules.inspection.test_properties import LEVELS, SETTINGS, Fact, facts, play

WEEK = "03-16..03-20"


def way(desk: Desk, plan: str) -> dict[str, Stage]:
    """The first word of each stage."""
    told = next(one for one in explain(desk.state, load()) if one.plan == plan)
    found: dict[str, Stage] = {}
    for stage in stages(desk.state, told, load()):
        found.setdefault(stage.step, stage)
    return found


def marks(desk: Desk, plan: str) -> str:
    """``K2○ I○ …`` with the rules that applied."""
    signs = {Mark.APPLIED: "●", Mark.PASSED: "○", Mark.UNASKED: "·"}
    return " ".join(f"{step}{signs[stage.mark]}" for step, stage in way(desk, plan).items())


def test_a_joint_plan_goes_all_the_way() -> None:
    """With its counter against the cap, its days and partners, its lead."""
    desk = Desk()
    desk.plan("A", "GY-YJJ", WEEK, "Y1 Y2")
    desk.plan("B", "GY-RSJ", "03-18..03-25", "R1")

    assert marks(desk, "A") == "K2○ I○ K5○ Q● Z○ K4● L● A○"
    assert way(desk, "A")["Q"].about == "2026:0/2"
    assert way(desk, "A")["K4"].about == f"{USCC}-J1 2026-03-18..2026-03-20 + B"
    assert way(desk, "A")["L"].about == f"{USCC}-J1 GY-YJJ"


@pytest.mark.parametrize(
    ("plan", "expected"),
    [
        ("CASE", "K2● I· K5· Q· Z· K4· L· A○"),
        ("REMOTE", "K2● I· K5· Q· Z· K4· L· A○"),
        ("PASSED", "K2○ I● K5· Q· Z· K4· L· A○"),
        ("LEVEL", "K2○ I○ K5● Q· Z· K4· L· A○"),
        ("CAPPED", "K2○ I○ K5○ Q● Z· K4· L· A○"),
        ("HELD", "K2○ I○ K5○ Q○ Z● K4· L· A○"),
        ("UNTOLD", "K2○ I○ K5○ Q● Z○ K4● L○ A○"),
        ("GONE", "K2○ I○ K5○ Q● Z○ K4● L○ A●"),
    ],
)
def test_a_plan_stops_where_it_was_decided(plan: str, expected: str) -> None:
    """What comes after was not asked, and says so."""
    desk = Desk({"capsByAgency": {"GY-SWJ": {"MEDIUM": 0}}})
    desk.result("NM-YJJ", "P1")
    desk.plan("FIRST", "GY-YJJ", WEEK)
    desk.code("FIRST", "GY-YJJ")
    desk.plan("CASE", "GY-RSJ", WEEK, "R1", type="CASE", trigger="COMPLAINT")
    desk.plan("REMOTE", "GY-RSJ", WEEK, "R2", mode="REMOTE")
    desk.plan("PASSED", "GY-WJW", WEEK, "P1")
    desk.plan("LEVEL", "GY-ZJJ", "04-13..04-17", "Z1:DISTRICT")
    desk.plan("NM", "NM-ZJJ", "04-13..04-17", "Z1:DISTRICT")
    desk.plan("CAPPED", "GY-SWJ", WEEK, "S1")
    desk.plan("HELD", "GY-WJW", WEEK, "W1")
    desk.plan("UNTOLD", "GY-STHJJ", WEEK, "T1", unannounced=True)
    desk.plan("GONE", "GY-WLJ", "05-11..05-15", "C1")
    desk.cancel("GONE", "GY-WLJ")

    assert marks(desk, plan) == expected


def test_reasons_for_not_asking_are_the_plans_own() -> None:
    """High risk, going alone, and being fixed oneself are told apart from 'nothing there'."""
    desk = Desk()
    desk.profile(riskClass="HIGH")
    desk.plan("A", "GY-YJJ", WEEK)
    desk.plan("U", "GY-RSJ", WEEK, "R1", unannounced=True)
    desk.code("A", "GY-YJJ")

    assert "高风险" in way(desk, "A")["I"].sentence.zh
    assert "不再变动" in way(desk, "A")["Z"].sentence.zh
    assert "不因他人" in way(desk, "U")["Z"].sentence.zh


def test_a_dissolved_joint_leaves_nobody_out() -> None:
    """Its plans are elsewhere by now."""
    desk = Desk()
    desk.plan("A", "GY-YJJ", WEEK)
    desk.plan("B", "GY-RSJ", WEEK, "R1")
    desk.plan("C", "GY-WJW", "04-13..04-17", "W1")
    joint = desk.state.joints[f"{USCC}-J1"]
    assert [one.about for one in left_out(desk.state, joint, load().calendar)] == ["C"]
    desk.cancel("B", "GY-RSJ")

    joint = desk.state.joints[f"{USCC}-J1"]
    assert joint.status == DISSOLVED
    assert left_out(desk.state, joint, load().calendar) == ()


def test_a_visit_repeated_on_another_day_is_a_repeat_of_its_agency() -> None:
    """By the day of the visit, whatever the window."""
    desk = Desk()
    desk.plan("A", "GY-YJJ", WEEK)
    desk.plan("B", "GY-RSJ", WEEK, "R1")
    desk.visit("V1", "GY-YJJ", "03-17", "J1")
    desk.visit("V2", "GY-RSJ", "03-19", "J1")

    assert tally(desk.state) == Tally(planned=2, visits=1, joined=2, repeats=1)
    assert {name: one.repeats for name, one in tally_agencies(desk.state).items()} == {"GY-RSJ": 1, "GY-YJJ": 0}
    for first, last, repeats in ((18, 19, 1), (19, 31, 1), (1, 18, 0), (20, 31, 0)):
        assert tally(desk.state, Period(date(2026, 3, first), date(2026, 3, last))).repeats == repeats


def test_under_the_brigades_lead_the_visit_is_put_down_to_the_first_member() -> None:
    """L1: the brigade leads and has no plan of its own."""
    desk = Desk()
    desk.profile(majorProject=True)
    desk.plan("A", "GY-YJJ", WEEK)
    desk.plan("B", "GY-RSJ", WEEK, "R1")

    assert desk.state.joints[f"{USCC}-J1"].body.lead == "GY-ZD"
    assert {name: one.visits for name, one in tally_agencies(desk.state).items()} == {"GY-RSJ": 0, "GY-YJJ": 1}


@SETTINGS
@given(facts(LEVELS))
def test_whatever_the_plans_every_rule_speaks_and_the_figures_add_up(plans: list[Fact]) -> None:
    """Every plan passes every stage and is decided at one; merging never adds a visit; periods add up to the whole."""
    desk = play(plans)
    if not desk.decision_table():
        return
    for told in explain(desk.state, load()):
        found = stages(desk.state, told, load())
        assert list(dict.fromkeys(stage.step for stage in found)) == list(TITLES)
        assert all(bool(stage.rule) == (stage.mark is Mark.APPLIED) for stage in found)
        assert any(stage.mark is Mark.APPLIED for stage in found)
    whole = tally(desk.state)
    assert whole.saved >= 0
    half = plans[0][2]["window"]["from"]
    before, after = (tally(desk.state, period) for period in _halves(half))
    assert before + after == whole


def _halves(day: str) -> tuple[Period, Period]:
    cut = date.fromisoformat(day)
    return Period(last=cut), Period(first=cut + timedelta(days=1))
