"""A visit is recorded, scanned, and its result stored (contract §5 N, I).

The one rule: several records of one unit on one day are one visit; evidence work after filing (立案后调查取证) is no inspection at all.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from hub.canonical.event import Event
from hub.rules import schedule
from hub.rules.inspection import refusals, tell
from hub.rules.inspection.count import count, flag
from hub.rules.inspection.moves import CLOSINGS, JOINT_MOVES, VISIT
from hub.rules.inspection.recognise import remember
from hub.rules.inspection.state import (
    CANCELLED,
    DISSOLVED,
    LEVEL_YIELDED,
    RESULT_RECOGNISED,
    VISITED,
    Enterprise,
    Joint,
    Plan,
    Visit,
)
from hub.rules.ledger import Ledger

LATE_ENTRY = "I01"
JUSTICE = "GY-SFJ"


@dataclass(frozen=True, slots=True)
class Target:
    """The unit a visit names: a joint, or a plan outside any joint; neither if it names nothing."""

    joint: Joint | None = None
    plan: Plan | None = None

    @property
    def ref(self) -> str:
        """jointId or planId."""
        unit = self.joint or self.plan
        return unit.id if unit else ""

    @property
    def visits(self) -> tuple[date, ...]:
        """Days on which it was visited."""
        unit = self.joint or self.plan
        return unit.visits if unit else ()

    @property
    def agencies(self) -> tuple[str, ...]:
        """Whose visit it is."""
        if self.joint:
            return self.joint.body.agencies
        return (self.plan.agency,) if self.plan else ()


def target_of(state: Enterprise, event: Event) -> Target:
    """The unit *event* names; a plan inside a joint stands for the joint."""
    joint = state.joints.get(event.data.get("jointId", ""))
    plan = state.plans.get(event.data.get("planId", ""))
    if joint is None and plan is not None:
        joint = state.joint_of(plan)
    return Target(joint) if joint else Target(None, plan)


def record(state: Enterprise, event: Event, ledger: Ledger) -> None:
    """Take `inspection.visit.recorded`. A second record under the same visitId changes nothing."""
    data = event.data
    if data["visitId"] in state.visits:
        return
    visit = Visit(data["visitId"], data["agency"], date.fromisoformat(data["startedAt"][:10]))
    if data["purpose"] == "INVESTIGATION":
        state.visits[visit.id] = visit
        return
    target = target_of(state, event)
    _require_live(target)
    state.handlers[visit.agency] = ledger.reference.directory.handler_of(visit.agency)
    visit.unit = target.ref
    state.visits[visit.id] = visit
    if visit.day in target.visits:
        visit.same_as = next(
            known.id
            for known in state.visits.values()
            if known.unit == visit.unit and known.day == visit.day and known.counted
        )
        return
    visit.counted = True
    again = bool(target.visits)
    if target.ref:
        _make_visited(state, target, visit.day, ledger)
    count(state, ledger, visit, target.joint, target.plan, emergency=data["purpose"] == "EMERGENCY")
    if again:
        flag(state, ledger, visit, "REPEAT_VISIT", visit.agency)
    if "scannedAt" not in data:
        told = (visit.agency, state.handlers[visit.agency])
        days = ledger.reference.policy["lateEntryDays"]
        schedule.start(
            ledger,
            LATE_ENTRY,
            visit.id,
            data["startedAt"],
            obligor=visit.agency,
            obligee=JUSTICE,
            told_obligor=told,
            span=days,
        )


def _require_live(target: Target) -> None:
    if target.joint and target.joint.status == DISSOLVED:
        raise refusals.joint_over(target.joint.id)
    if target.plan and target.plan.closed in (CANCELLED, LEVEL_YIELDED, RESULT_RECOGNISED):
        raise refusals.plan_closed(target.plan.id, target.plan.closed)


def _make_visited(state: Enterprise, target: Target, day: date, ledger: Ledger) -> None:
    members = (
        [state.plans[member.plan] for member in target.joint.body.members]
        if target.joint
        else [target.plan]
        if target.plan
        else []
    )
    if target.joint:
        target.joint.status, target.joint.visits = JOINT_MOVES[target.joint.status, VISIT], (*target.joint.visits, day)
    elif target.plan:
        target.plan.visits = (*target.plan.visits, day)
    for plan in members:
        if plan.closed != VISITED:
            plan.closed = CLOSINGS[plan.closed, VISIT]
            tell.tell_closed(ledger, state, plan)


def scan(state: Enterprise, event: Event, ledger: Ledger) -> None:
    """Take `inspection.visit.scanned`: the code was scanned after all. A further record scans the visit it stands for."""
    visit = state.visits[event.data["visitId"]]
    schedule.end(ledger, LATE_ENTRY, visit.same_as or visit.id, event.data["scannedAt"])


def flag_unscanned(state: Enterprise, ledger: Ledger) -> None:
    """Flag every visit whose late entry 补录 was missed."""
    for row in state.clocks:
        if row.clock == LATE_ENTRY and row.governing and row.state == "MISSED":
            visit = state.visits[row.entity]
            flag(state, ledger, visit, "UNSCANNED_VISIT", visit.agency)


def store_result(state: Enterprise, event: Event, ledger: Ledger) -> None:
    """Take `inspection.result.recorded`: every PASS is kept for recognition."""
    data = event.data
    agency = data["agency"]
    state.handlers[agency] = ledger.reference.directory.handler_of(agency)
    day = date.fromisoformat(data["endedAt"][:10])
    for entry in data["itemResults"]:
        if entry["result"] == "PASS":
            remember(state, data["siteCode"], entry["catalogue"], entry["code"], day)
