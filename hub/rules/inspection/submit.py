"""A version of a plan arrives, or its approval or its end (contract §5 A).

The one rule: the highest version is the plan; a lower one that comes later changes nothing, and what is fixed is not amended.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hub.canonical.event import Event
from hub.rules.inspection import refusals, tell
from hub.rules.inspection.leave import leave
from hub.rules.inspection.moves import CANCEL, CLOSINGS
from hub.rules.inspection.neighbour import notice_neighbours
from hub.rules.inspection.rerun import today
from hub.rules.inspection.state import FROZEN, VISITED, Enterprise, Item, Plan
from hub.rules.inspection.window import window_from
from hub.rules.ledger import Ledger


def submit(state: Enterprise, event: Event, ledger: Ledger) -> None:
    """Take `inspection.plan.submitted` or `inspection.plan.amended`: the full content of one version."""
    handler = ledger.reference.directory.handler_of(event.data["agency"])
    plan, known = _read(event.data, handler), state.plans.get(event.data["planId"])
    if known:
        if plan.version <= known.version:
            if not (known.closed or state.fixed(known)):
                known.submitted_at = min(known.submitted_at, plan.submitted_at)
            return
        if known.closed == VISITED or state.fixed(known):
            raise refusals.unit_fixed(plan.id)
        if known.closed:
            raise refusals.plan_closed(plan.id, known.closed)
    if plan.in_scope and plan.window.last < today(ledger):
        raise refusals.window_over(plan.id)
    if known:
        plan = _carry(known, plan)
    state.plans[plan.id] = plan
    state.handlers[plan.agency] = handler
    notice_neighbours(state, plan, ledger)


def _read(data: Mapping[str, Any], handler: str) -> Plan:
    items = {(item["catalogue"], item["code"]): item for item in data["items"]}
    return Plan(
        id=data["planId"],
        version=data["version"],
        agency=data["agency"],
        handler=handler,
        type=data["type"],
        site=data["siteCode"],
        items=tuple(
            Item(item["catalogue"], item["code"], item["tier"], bool(item.get("remoteCapable")))
            for item in items.values()
        ),
        window=window_from(data["window"]),
        mode=data["mode"],
        submitted_at=data["submittedAt"],
        amended_at=data.get("amendedAt", ""),
        approved=data["state"] == "APPROVED",
        unannounced=data["unannounced"],
        trigger=data.get("trigger", ""),
        ordered=bool(data.get("deploymentNo")),
    )


def _carry(known: Plan, plan: Plan) -> Plan:
    """What the agency said of the plan as a whole, and what was decided, stays with the new version."""
    plan.objection, plan.justification, plan.approved_at = known.objection, known.justification, known.approved_at
    plan.verdict, plan.told_version, plan.joint = known.verdict, known.told_version, known.joint
    # It stays that of version 1: who amends keeps its place, whatever the amendment says and whichever came first.
    plan.submitted_at = min(known.submitted_at, plan.submitted_at)
    return plan


def approve(state: Enterprise, event: Event, ledger: Ledger) -> None:
    """The head of the agency approved the plan."""
    plan = state.plans[event.data["planId"]]
    if plan.closed:
        raise refusals.plan_closed(plan.id, plan.closed)
    plan.approved_at = max(plan.approved_at, event.data["approvedAt"])


def cancel(state: Enterprise, event: Event, ledger: Ledger) -> None:
    """The agency gives its plan up."""
    plan = state.plans[event.data["planId"]]
    joint = state.joint_of(plan)
    if plan.closed or plan.visits or (joint is not None and joint.status == VISITED):
        raise refusals.plan_closed(plan.id, plan.closed or VISITED)
    plan.closed, plan.frozen_at, plan.joint = CLOSINGS[plan.closed, CANCEL], "", ""
    tell.tell_closed(ledger, state, plan)
    if joint and joint.status == FROZEN:
        leave(state, plan, joint, ledger)
