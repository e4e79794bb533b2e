"""Whole lives of an enterprise, drawn at random: whatever is sent, in whatever order, certain things always hold."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub.rules.inspection import explain
from tests.rules.inspection.desk import Desk

AGENCIES = {"A": "GY-YJJ", "B": "GY-RSJ", "C": "GY-ZJJ", "D": "NM-ZJJ", "E": "GY-YJJ", "F": "HT-GWH"}
TYPES: list[dict[str, Any]] = [
    {},
    {},
    {"type": "SPECIAL"},
    {"type": "SPECIAL", "deploymentNo": "7"},
    {"unannounced": True},
    {"state": "SUBMITTED"},
]
TYPES += [{"type": "CASE", "trigger": "REQUEST"}, {"mode": "REMOTE"}, {"siteCode": "S2"}]
FIRST = date(2026, 4, 1)

#: (what, plan, number): the number chooses among what the act leaves open.
acts = st.lists(
    st.tuples(
        st.sampled_from(
            ["plan"] * 6
            + [
                "approve",
                "cancel",
                "object",
                "justify",
                "code",
                "code",
                "joint code",
                "reopen",
                "visit",
                "result",
                "profile",
                "wait",
            ]
        ),
        st.sampled_from(sorted(AGENCIES)),
        st.integers(0, 63),
    ),
    min_size=4,
    max_size=30,
)


class Life:
    """A desk, a calendar and the versions sent so far."""

    def __init__(self) -> None:
        self.desk = Desk({"caps": {"MEDIUM": 2}, "gapDays": 5})
        self.day = FIRST
        self.versions: dict[str, int] = {}

    def act(self, what: str, plan: str, number: int) -> None:
        """Let one thing happen; it may well be refused."""
        desk, agency, at = self.desk, AGENCIES[plan], f"{self.day.isoformat()}T09"
        known = desk.state.plans.get(plan) if self.versions else None
        joint = known.joint.rpartition("-")[2] if known and known.joint else f"J{number % 4 + 1}"
        match what:
            case "plan":
                self.versions[plan] = version = self.versions.get(plan, 0) + 1
                start = self.day + timedelta(days=number % 12)
                window = f"{start.isoformat()}..{(start + timedelta(days=2 + number % 7)).isoformat()}"
                codes = ["X:CITY", "X:DISTRICT Y", "Y Z", "Z"][number % 4]
                desk.plan(plan, agency, window, codes, at=at, version=version, **TYPES[number % len(TYPES)])
            case "approve":
                desk.approve(plan, agency, at)
            case "cancel":
                desk.cancel(plan, agency, at)
            case "object":
                desk.object(plan, agency, joint, ["UNANNOUNCED", "EXPERT_UNAVAILABLE"][number % 2], at)
            case "justify":
                desk.justify(plan, agency, at)
            case "code":
                desk.code(plan, agency, at)
            case "joint code":
                desk.code(joint, agency, at)
            case "reopen":
                desk.reopen(joint, agency, at)
            case "visit":
                desk.visit(f"V{number}", agency, at, ["", plan, joint][number % 3], scanned=bool(number % 2))
            case "result":
                desk.result(agency, "XYZ"[number % 3], at)
            case "profile":
                desk.profile(
                    version=number + 1, riskClass=["LOW", "MEDIUM", "HIGH"][number % 3], majorProject=bool(number % 2)
                )
            case "wait":
                self.day += timedelta(days=1 + number % 5)
                desk.tick(f"{self.day.isoformat()}T08")


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(acts)
def test_whatever_happens_the_books_agree(story: list[tuple[str, str, int]]) -> None:
    """Plans, joints and verdicts never contradict each other, versions only rise, and all can be explained."""
    life = Life()
    life.desk.profile(version=1)
    versions: dict[str, int] = {}
    for what, plan, number in story:
        life.act(what, plan, number)
        check(life.desk, versions)
    check_told(life.desk)


def check(desk: Desk, versions: dict[str, int]) -> None:
    """What holds after every act."""
    state = desk.state
    for joint in state.joints.values():
        assert joint.version >= versions.get(joint.id, 1)
        versions[joint.id] = joint.version
        if joint.status == "DISSOLVED":
            assert all(plan.joint != joint.id for plan in state.plans.values())
            continue
        assert joint.body.plans == {plan.id for plan in state.plans.values() if plan.joint == joint.id}
        assert len(joint.body.members) >= (2 if joint.status == "OPEN" else 1)
        assert joint.body.lead == "GY-ZD" or joint.body.lead in joint.body.agencies
    for plan in state.plans.values():
        assert plan.verdict
        if plan.closed in ("CANCELLED", "EXPIRED", "LEVEL_YIELDED", "RESULT_RECOGNISED"):
            assert not plan.joint
        if plan.verdict.decision == "HOLD_REPEAT" and not plan.closed:
            assert plan.verdict.hold_ref in state.joints or plan.verdict.hold_ref in state.plans
        if plan.verdict.decision == "JOINED" and not plan.closed:
            assert plan.joint == plan.verdict.joint
    assert len(explain(state, desk.world.reference)) == len(state.plans)


def check_told(desk: Desk) -> None:
    """What the agencies heard last is what stands."""
    last = {one["planId"]: one for one in desk.made("inspection.plan.decided")}
    ends = {one["planId"]: one["reason"] for one in desk.made("inspection.plan.closed")}
    for plan in desk.state.plans.values():
        assert plan.verdict
        assert ends.get(plan.id, "") == plan.closed
        if not plan.closed:
            told = last[plan.id]
            assert (told["decision"], told.get("jointId", ""), told.get("holdRef", "")) == (
                plan.verdict.decision,
                plan.verdict.joint,
                plan.verdict.hold_ref,
            )
    bodies = {
        one["jointId"]: one for one in desk.made("inspection.joint.formed") + desk.made("inspection.joint.changed")
    }
    for joint in desk.state.joints.values():
        if joint.status != "DISSOLVED":
            told = max(
                (
                    one
                    for one in desk.made("inspection.joint.formed") + desk.made("inspection.joint.changed")
                    if one["jointId"] == joint.id
                ),
                key=lambda one: one["version"],
            )
            assert (told["version"], told["lead"], [one["planId"] for one in told["members"]]) == (
                joint.version,
                joint.body.lead,
                [one.plan for one in joint.body.members],
            )
    assert set(bodies) == set(desk.state.joints)
    visits = [visit for visit in desk.state.visits.values() if visit.counted]
    assert len(visits) == len(desk.made("inspection.visit.counted")) == sum(desk.state.yearly.values())
