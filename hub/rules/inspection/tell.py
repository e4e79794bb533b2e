"""The events the enterprise aggregate emits, written out, and who each role of the column "to" stands for.

The one rule: what another agency or the enterprise may read is built from ids, items, windows and agencies alone (contract §5 S).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from hub.rules.inspection.state import Body, Enterprise, Joint, Plan, Verdict
from hub.rules.ledger import Ledger


def tell_decided(ledger: Ledger, state: Enterprise, plan: Plan, verdict: Verdict) -> None:
    """Emit `inspection.plan.decided`."""
    joint = state.joints[verdict.joint] if verdict.joint else None
    ledger.emit(
        "inspection.plan.decided",
        {
            "uscc": state.key,
            "siteCode": plan.site,
            "planId": plan.id,
            "version": plan.version,
            "agency": plan.agency,
            "decision": verdict.decision,
            "jointId": verdict.joint or None,
            "role": verdict.role or None,
            "window": (joint.body.window if joint else plan.window).written(),
            "items": [item.code for item in verdict.items],
            "recognised": list(verdict.recognised),
            "yielded": list(verdict.yielded),
            "holdRef": verdict.hold_ref or None,
            "capExempt": verdict.exempt or None,
            "overrideGround": verdict.ground or None,
            "ruleIds": list(verdict.rules),
        },
    )


def tell_closed(ledger: Ledger, state: Enterprise, plan: Plan) -> None:
    """Emit `inspection.plan.closed`."""
    data = {
        "uscc": state.key,
        "planId": plan.id,
        "agency": plan.agency,
        "reason": plan.closed,
        "yieldedTo": plan.yielded_to or None,
    }
    ledger.emit("inspection.plan.closed", data)


def tell_joint(ledger: Ledger, state: Enterprise, joint: Joint, before: Body | None) -> None:
    """Emit `inspection.joint.formed`, or `changed` if there was a body *before*."""
    body = joint.body
    known = {member.plan: None for member in before.members} if before else {}
    now = {member.plan: None for member in body.members}
    ledger.emit(
        "inspection.joint.changed" if before else "inspection.joint.formed",
        {
            "uscc": state.key,
            "siteCode": body.site,
            "jointId": joint.id,
            "version": joint.version,
            "kind": body.kind,
            "members": [
                {
                    "planId": member.plan,
                    "agency": member.agency,
                    "handler": member.handler,
                    "role": member.role,
                    "items": list(member.items),
                }
                for member in body.members
            ],
            "lead": body.lead,
            "leadRule": body.lead_rule,
            "window": body.window.written(),
            "items": [
                {"catalogue": item.catalogue, "code": item.code, "performer": item.performer} for item in body.items
            ],
            "ruleIds": list(body.rules),
            "left": [plan for plan in known if plan not in now],
            "joined": [plan for plan in now if plan not in known],
        },
    )


def tell_dissolved(ledger: Ledger, state: Enterprise, joint: Joint, cause: str) -> None:
    """Emit `inspection.joint.dissolved`."""
    members = [{"planId": member.plan, "agency": member.agency} for member in joint.body.members]
    ledger.emit(
        "inspection.joint.dissolved",
        {"uscc": state.key, "jointId": joint.id, "version": joint.version, "cause": cause, "members": members},
    )


def parties(state: Enterprise, role: str, event_type: str, data: Mapping[str, Any]) -> Iterator[str]:
    """Every party that *role* stands for, each agency followed by its handler."""
    for agency in _agencies(state, role, event_type, data):
        yield agency
        yield state.handlers.get(agency, agency)


def _agencies(state: Enterprise, role: str, event_type: str, data: Mapping[str, Any]) -> Iterable[str]:
    match role:
        case "agency":
            return [data["agency"]]
        case "agencies":
            return _named(data["agencies"])
        case "members":
            return _members(state, data)
        case "sharers":
            return sharers(state, data)
    return ()


def _named(entries: Iterable[Any]) -> list[str]:
    return [entry if isinstance(entry, str) else entry["agency"] for entry in entries]


def _members(state: Enterprise, data: Mapping[str, Any]) -> Iterator[str]:
    yield from _named(data.get("members", ()))
    yield from data.get("agencies", ())
    for plan in data.get("left", ()):  # those who left hear that they did
        yield state.plans[plan].agency
    joint = state.joints.get(data.get("jointId", ""))
    if joint:
        yield joint.body.lead


def sharers(state: Enterprise, result: Mapping[str, Any]) -> list[str]:
    """Who shares in a result: the joint's other agencies, and those whose plan yielded one of its items (结果共享)."""
    unit = unit_plans(state, result)
    agencies = [plan.agency for plan in unit]
    items = {(entry["catalogue"], entry["code"]) for entry in result["itemResults"]}
    performed = {plan.id for plan in unit} or {
        plan.id for plan in state.plans.values() if plan.agency == result["agency"] and plan.site == result["siteCode"]
    }
    for plan in sorted(state.plans.values(), key=lambda plan: plan.rank):
        yields = plan.verdict.yields if plan.verdict and plan.closed != "CANCELLED" else ()
        if any((entry.catalogue, entry.code) in items and entry.to in performed for entry in yields):
            agencies.append(plan.agency)
    return [agency for agency in dict.fromkeys(agencies) if agency != result["agency"]]


def unit_plans(state: Enterprise, result: Mapping[str, Any]) -> list[Plan]:
    """Plans of the unit a result names by joint, plan or visit; none if it names nothing known."""
    ref = result.get("jointId") or result.get("planId") or ""
    if not ref:
        visit = state.visits.get(result.get("visitId", ""))
        if visit and visit.same_as:
            visit = state.visits[visit.same_as]
        ref = visit.unit if visit else ""
    plan = state.plans.get(ref)
    joint = state.joints.get(plan.joint if plan and plan.joint else ref)
    if joint:
        return [state.plans[member.plan] for member in joint.body.members]
    return [plan] if plan else []
