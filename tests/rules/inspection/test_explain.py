"""Why and why not, in sentences."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from hub.reference import load
from hub.rules.inspection import RULES, explain
from tests.rules.inspection.desk import Desk

WEEK = "03-16..03-20"


def test_a_joint_is_explained_by_its_rules() -> None:
    """Grouping, kind and lead, with the joint they speak of."""
    desk = Desk()
    desk.plan("A", "GY-YJJ", WEEK, "Y1 Y2")
    desk.plan("B", "GY-RSJ", WEEK, "R1")

    first = explain(desk.state, load())[0]
    assert [because.rule for because in first.why] == ["Q.ROOM", "K4.TOGETHER", "K4.SEVERAL_AGENCIES", "L4"]
    assert first.joint == desk.state.plans["A"].joint
    assert first.apart == ()
    assert all(because.sentence.zh and because.sentence.en for because in first.why)


@pytest.mark.parametrize(
    ("window", "changes", "rule"),
    [
        ("03-23..03-27", {}, "K3.NO_COMMON_DAY"),
        (WEEK, {"siteCode": "S2"}, "K1.OTHER_SITE"),
        (WEEK, {"mode": "REMOTE"}, "K2.OFF_SITE"),
        (WEEK, {"type": "CASE", "trigger": "COMPLAINT"}, "K2.CASE"),
        (WEEK, {"unannounced": True}, "K4.UNANNOUNCED"),
    ],
)
def test_two_plans_apart_say_which_rule_keeps_them_so(window: str, changes: dict[str, Any], rule: str) -> None:
    """Both ways round."""
    desk = Desk()
    desk.plan("A", "GY-YJJ", WEEK)
    desk.plan("B", "GY-RSJ", window, "R1", **changes)

    apart = {one.plan: [(because.rule, because.about) for because in one.apart] for one in explain(desk.state, load())}
    assert apart == {"A": [(rule, "B")], "B": [(rule, "A")]}


def test_no_chain_holds_and_fixed_units_are_told() -> None:
    """A plan that meets one member but not the group; a plan held by a frozen unit."""
    desk = Desk()
    desk.plan("A", "GY-YJJ", "03-09..03-13")
    desk.plan("B", "GY-RSJ", "03-12..03-18", "R1")
    desk.plan("C", "GY-WJW", "03-17..03-24", "W1")
    loose = {one.plan: {because.about: because.rule for because in one.apart} for one in explain(desk.state, load())}
    desk.code("J1", "GY-YJJ" if desk.state.joints[desk.state.plans["A"].joint].body.lead == "GY-YJJ" else "GY-RSJ")
    desk.plan("D", "GY-STHJJ", "03-12..03-13", "T1")
    fixed = {one.plan: one for one in explain(desk.state, load())}

    assert loose["C"] == {"A": "K3.NO_COMMON_DAY", "B": "K4.NO_CHAIN"}
    assert [(because.rule, because.about[-2:]) for because in fixed["D"].why] == [("Z.TAKEN", "J1")]
    assert {because.about: because.rule for because in fixed["D"].apart}["A"] == "A.SETTLED"


def test_closed_plans_are_explained_too() -> None:
    """Each end has its rule, with what it speaks of."""
    desk = Desk()
    desk.result("NM-YJJ", "Y1")
    desk.plan("A", "GY-YJJ", WEEK, "Y1")
    desk.plan("C", "GY-ZJJ", WEEK, "Z1:DISTRICT")
    desk.plan("D", "NM-ZJJ", WEEK, "Z1:DISTRICT")
    desk.cancel("D", "NM-ZJJ")
    desk.plan("E", "GY-WJW", "03-02..03-03", "W1")
    desk.tick("03-04")

    why = {one.plan: [(because.rule, because.about) for because in one.why] for one in explain(desk.state, load())}
    assert why["A"] == [("I.PASSED", "Y1")]
    assert why["C"] == [("K5.LEVEL", "Z1 → D")]
    assert why["D"][-1] == ("A.CANCELLED", "")
    assert why["E"][-1] == ("A.EXPIRED", "")


def test_every_rule_id_in_use_has_a_sentence_and_tells_no_secret() -> None:
    """The table is complete, and ids say nothing of triggers, sources or reasons."""
    source = "".join(path.read_text("utf-8") for path in Path("hub/rules/inspection").glob("*.py"))
    named = (
        set(re.findall(r'Final = "([A-Z0-9]+\.[A-Z_]+)"', source)) | {f"L{n}" for n in range(1, 7)} | {"SAME_AGENCY"}
    )

    assert named == set(RULES)
    assert not [rule for rule in RULES if re.search("COMPLAINT|MONITORING|SECRECY|EXPERT", rule)]
