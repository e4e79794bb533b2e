"""What holds for any plans in any order (hypothesis).

Equal means: the same decision, items, recognised and yielded items, hold and ground for every plan, and the same joints by
members, window, lead and performers. Numbers and versions of joints tell the story of how they came about and may differ,
as may the plan a closed one yielded to: closing is final.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub.rules.inspection import INSPECTION, Enterprise
from hub.rules.ledger import Routed
from hub.rules.state import decode, encode
from tests.rules.inspection.desk import USCC, Desk, items, plan_fact

SETTINGS = settings(
    max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)

#: No two of one system: nothing yields, so nothing closes.
APART = ("GY-YJJ", "GY-RSJ", "NM-WJW", "GY-STHJJ", "HT-GWH")
#: Two levels of one system among them.
LEVELS = ("GY-ZJJ", "NM-ZJJ", "YY-ZJJ", "GY-RSJ")
#: The tier of an item is the same in every plan.
TIERS = {"I1": "CITY", "I2": "DISTRICT", "I3": "CITY", "I4": "DISTRICT"}

#: April 2026 without weekends and 清明: a window without a working day would be refused on arrival.
WORKING_DAYS = [7, 8, 9, 10, 13, 14, 15, 16, 17, 20, 21, 22, 23, 24]

Fact = tuple[str, str, dict[str, Any]]


@st.composite
def fact(draw: st.DrawFn, plan_id: str, agencies: Sequence[str], version: int = 1) -> Fact:
    start, length = draw(st.sampled_from(WORKING_DAYS)), draw(st.integers(0, 7))
    codes = draw(st.lists(st.sampled_from(sorted(TIERS)), min_size=1, max_size=3, unique=True))
    window = f"2026-04-{start:02}..2026-04-{min(30, start + length):02}"
    agency = agencies[sum(map(ord, plan_id)) % len(agencies)]  # a plan keeps its agency in every version
    return plan_fact(
        plan_id,
        agency,
        window,
        "",
        f"2026-03-01T{draw(st.integers(8, 9)):02}:00:00+08:00",
        version=version,
        items=[entry for code in codes for entry in items(code, TIERS[code])],
        type=draw(st.sampled_from(["DAILY", "DAILY", "SPECIAL", "CASE"])),
        trigger="COMPLAINT",
        mode=draw(st.sampled_from(["ONSITE", "ONSITE", "ONSITE", "REMOTE"])),
        siteCode=draw(st.sampled_from(["S1", "S1", "S2"])),
        unannounced=draw(st.sampled_from([False, False, False, True])),
        submittedAt=f"2026-03-01T{draw(st.integers(8, 9)):02}:00:00+08:00",
    )


@st.composite
def facts(draw: st.DrawFn, agencies: Sequence[str] = APART, versions: int = 1) -> list[Fact]:
    return [
        draw(fact(f"P{n}", agencies, v))
        for n in range(draw(st.integers(1, 8)))
        for v in range(1, draw(st.integers(1, versions)) + 1)
    ]


def play(plans: Sequence[Fact]) -> Desk:
    desk = Desk()
    desk.profile(riskClass="LOW")
    for number, (event, sender, data) in enumerate(plans):
        desk.send(event, sender, data, event_id=f"{data['planId']}-{data['version']}-{number}")
    return desk


def result(desk: Desk, *, without: str = "") -> Any:
    """The state as equality in this file means it."""
    state = desk.state
    plans = {plan.id: _plan(desk, plan.id) for plan in state.plans.values() if plan.id != without}
    bodies = [joint.body for joint in state.joints.values() if joint.status != "DISSOLVED"]
    joints = sorted(bodies, key=lambda body: (body.window, sorted(body.plans)))
    return plans, [msgspec.structs.replace(body, rules=()) for body in joints]


def _plan(desk: Desk, plan_id: str) -> Any:
    plan = desk.state.plans[plan_id]
    verdict = plan.verdict
    assert verdict
    return (
        desk.decision(plan_id),
        plan.version,
        verdict.items,
        verdict.recognised,
        verdict.yielded,
        verdict.hold_ref,
        verdict.exempt,
        verdict.role,
        verdict.rules,
    )


@SETTINGS
@given(st.data())
def test_any_order_and_any_repetition_end_alike(data: st.DataObject) -> None:
    """Plans with up to three versions, no two of one system."""
    plans = data.draw(facts(versions=3))
    other = data.draw(st.permutations(plans + data.draw(st.lists(st.sampled_from(plans), max_size=4))))

    assert result(play(plans)) == result(play(other))


@SETTINGS
@given(st.data())
def test_any_order_ends_alike_among_levels_too(data: st.DataObject) -> None:
    """One version each; yielding closes plans, and still the order does not matter."""
    plans = data.draw(facts(LEVELS))
    other = data.draw(st.permutations(plans))

    assert result(play(plans)) == result(play(other))


@SETTINGS
@given(facts(LEVELS, versions=2))
def test_no_plan_and_no_item_is_lost_and_merging_adds_no_visit(plans: list[Fact]) -> None:
    """Every plan ends in a known way, every item is inspected, recognised or left to a plan that has it."""
    desk = play(plans)
    state = desk.state
    live = [joint for joint in state.joints.values() if joint.status == "OPEN"]
    for plan in state.plans.values():
        verdict = plan.verdict
        assert verdict
        assert desk.decision(plan.id) in (
            "SINGLE",
            "JOINED",
            "HOLD_CAP",
            "HOLD_REPEAT",
            "LEVEL_YIELDED",
            "RESULT_RECOGNISED",
            "OUT_OF_SCOPE",
        )
        kept = [item.code for item in verdict.items]
        assert sorted([*kept, *verdict.recognised, *verdict.yielded]) == sorted(item.code for item in plan.items)
        assert [joint.id for joint in live if plan.id in joint.body.plans] == ([plan.joint] if plan.joint else [])
        for entry in verdict.yields:
            heir = state.plans[entry.to]
            assert plan.closed or any(
                (item.catalogue, item.code) == (entry.catalogue, entry.code) for item in heir.items
            )
    for joint in live:
        wanted = {(item.catalogue, item.code) for plan in joint.body.plans for item in state.plans[plan].verdict.items}  # type: ignore[union-attr]
        assert sorted((item.catalogue, item.code) for item in joint.body.items) == sorted(wanted)
        assert len(joint.body.members) > 1
    singles = [plan for plan in state.plans.values() if desk.decision(plan.id) == "SINGLE"]
    assert len(live) + len(singles) <= len([plan for plan in state.plans.values() if not plan.closed])


@SETTINGS
@given(st.data())
def test_leaving_restores_the_others(data: st.DataObject) -> None:
    """Cancelled or objected: the others stand as if the plan had never been there."""
    plans = data.draw(facts())
    gone = data.draw(st.sampled_from([plan[2]["planId"] for plan in plans]))
    desk, never = play(plans), play([plan for plan in plans if plan[2]["planId"] != gone])
    agency = desk.state.plans[gone].agency
    if desk.state.plans[gone].joint and data.draw(st.booleans()):
        desk.object(gone, agency, desk.state.plans[gone].joint.rpartition("-")[2], "EXPERT_UNAVAILABLE")
        assert desk.decision(gone) == "SINGLE"
    else:
        desk.cancel(gone, agency)

    assert result(desk, without=gone) == result(never)


@SETTINGS
@given(facts(LEVELS, versions=2), facts(APART))
def test_a_second_look_says_nothing_and_no_table_order_matters(plans: list[Fact], more: list[Fact]) -> None:
    """Written down, read back with every table in another order: nothing new, and the next fact is decided alike."""
    desk = play(plans)
    state = desk.state
    turned = decode(encode(state), Enterprise)
    assert turned == state
    for name in ("plans", "joints", "visits", "hinted", "counters"):
        setattr(turned, name, dict(reversed(getattr(turned, name).items())))
    now = desk.world.states["inspection", USCC].now
    turned, steps = INSPECTION.tick(turned, datetime.fromisoformat(now), desk.world.reference)
    assert steps == []

    _, sender, data = more[0]
    told = desk.send(
        "inspection.plan.submitted",
        sender,
        {**{k: v for k, v in data.items() if k != "amendedAt"}, "planId": "NEW"},
        event_id="new",
    )
    fact_ = next(step.event for step in told if isinstance(step, Routed) and not step.decision)
    _, steps = INSPECTION.decide(turned, fact_, datetime.fromisoformat(now), desk.world.reference)
    assert [step.event for step in steps if isinstance(step, Routed)][1:] == [
        step.event for step in told if isinstance(step, Routed)
    ][1:]
