"""One object's open plans, decided together: recognition, level, caps, holds, groups, in this order (contract §5 steps 2–6).

The one rule: the result is a function of the set of plans; the order in which they arrived, or stand in a table, is not looked at.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from hub.reference import Reference
from hub.rules.inspection import rule_ids
from hub.rules.inspection.cap import exemption, is_capped
from hub.rules.inspection.draft import Draft
from hub.rules.inspection.group import Group, group
from hub.rules.inspection.hold import Fixed, held_by
from hub.rules.inspection.level import level
from hub.rules.inspection.recognise import Passes, recognise
from hub.rules.inspection.state import LEVEL_YIELDED, RESULT_RECOGNISED, Plan, Verdict


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What the steps look at besides the plans."""

    risk: str
    passes: Passes
    counters: Mapping[str, int]
    fixed: tuple[Fixed, ...]
    reference: Reference


@dataclass(frozen=True, slots=True)
class Arrangement:
    """What becomes of each plan, and the groups of two and more; members of a group have no verdict yet but JOINED."""

    verdicts: tuple[tuple[Plan, Verdict], ...]
    groups: tuple[Group, ...]


def arrange(plans: Iterable[Plan], around: Circumstances) -> Arrangement:
    """Decide about the open in-scope *plans* of one object."""
    policy, calendar = around.reference.policy, around.reference.calendar
    verdicts: list[tuple[Plan, Verdict]] = []
    drafts = [
        recognise(Draft(plan, plan.items), around.passes, around.risk, policy["resultValidDays"])
        for plan in sorted(plans, key=lambda plan: plan.rank)
    ]
    verdicts += [(draft.plan, draft.verdict(RESULT_RECOGNISED)) for draft in drafts if draft.emptied]
    drafts = level([draft for draft in drafts if not draft.emptied], around.reference.directory, calendar)
    verdicts += [(draft.plan, draft.verdict(LEVEL_YIELDED)) for draft in drafts if draft.emptied]
    free: list[Draft] = []
    for draft in drafts:
        if draft.emptied:
            continue
        verdict = _alone_or_held(draft, around)
        if verdict:
            verdicts.append((draft.plan, verdict))
        else:
            free.append(draft)
    groups = group(free, calendar)
    for found in groups:
        decision, rule = ("JOINED", rule_ids.TOGETHER) if found.is_joint else ("SINGLE", rule_ids.ALONE)
        verdicts += [(draft.plan, _passing(draft, decision, rule, around)) for draft in found.drafts]
    return Arrangement(tuple(verdicts), tuple(found for found in groups if found.is_joint))


def _alone_or_held(draft: Draft, around: Circumstances) -> Verdict | None:
    """The verdict of a plan that is not to be grouped; None for the others."""
    plan, policy = draft.plan, around.reference.policy
    if not exemption(plan, policy) and is_capped(plan.agency, plan.window, around.counters, around.risk, policy):
        return draft.verdict("HOLD_CAP", rule_ids.CAP_REACHED)
    if plan.solo:
        return _passing(draft, "SINGLE", _why_solo(plan), around)
    unit = held_by(plan.window, around.fixed, around.reference.calendar)
    if unit:
        return draft.verdict("HOLD_REPEAT", rule_ids.TAKEN, hold_ref=unit.ref)
    return None


def _passing(draft: Draft, decision: str, rule: str, around: Circumstances) -> Verdict:
    exempt = exemption(draft.plan, around.reference.policy)
    cap = rule_ids.CAP_EXEMPT if exempt else rule_ids.CAP_ROOM
    return draft.verdict(decision, cap, rule, exempt=exempt, ground=draft.plan.justification)


def _why_solo(plan: Plan) -> str:
    if plan.objection:
        return rule_ids.OBJECTED
    return rule_ids.UNTOLD if plan.unannounced else rule_ids.JUSTIFIED


def leave_alone(plan: Plan) -> Verdict:
    """The verdict of a plan out of scope (K2)."""
    draft = Draft(plan, plan.items)
    if plan.mode != "ONSITE":
        return draft.verdict("OUT_OF_SCOPE", rule_ids.OFF_SITE)
    return draft.verdict("SINGLE", rule_ids.CASE, exempt=plan.trigger)
