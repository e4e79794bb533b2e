"""Why, and why not: for each plan the rules that decided it, and for each other plan the rule that kept the two apart.

The one rule: nothing is decided or stored here. The answer is read from the state, so it is true of the moment it is asked,
and it is for the hub's operators: it says what an agency may not read of another.
"""

from __future__ import annotations

from dataclasses import dataclass

from hub.canonical.periods import Calendar
from hub.reference import Reference
from hub.rules.inspection import rule_ids
from hub.rules.inspection.rule_ids import RULES, Sentence
from hub.rules.inspection.state import DISSOLVED, Enterprise, Joint, Plan, Verdict
from hub.rules.inspection.window import meet

_CLOSED = {
    "CANCELLED": rule_ids.CLOSED_CANCELLED,
    "EXPIRED": rule_ids.CLOSED_EXPIRED,
    "VISITED": rule_ids.CLOSED_VISITED,
}


@dataclass(frozen=True, slots=True)
class Because:
    """One reason: a rule, and the plan or unit it speaks of, if any."""

    rule: str
    about: str = ""

    @property
    def sentence(self) -> Sentence:
        """What the rule says."""
        return RULES[self.rule]


@dataclass(frozen=True, slots=True)
class PlanExplanation:
    """Everything the hub can say about one plan."""

    plan: str
    agency: str
    decision: str
    joint: str
    closed: str
    why: tuple[Because, ...]
    apart: tuple[Because, ...]  #: why it does not go together with each other plan of the enterprise


def explain(state: Enterprise, reference: Reference) -> tuple[PlanExplanation, ...]:
    """Explain every plan of the enterprise, open ones and closed ones, in their order."""
    plans = sorted(state.plans.values(), key=lambda plan: plan.rank)
    return tuple(_explain(state, plan, plans, reference.calendar) for plan in plans)


def _explain(state: Enterprise, plan: Plan, plans: list[Plan], calendar: Calendar) -> PlanExplanation:
    verdict = plan.verdict
    why = [Because(rule, _about(rule, verdict)) for rule in verdict.rules] if verdict else []
    joint = state.joint_of(plan)
    if joint:
        said = {because.rule for because in why}
        why += [Because(rule, joint.id) for rule in joint.body.rules if rule not in said]
    if plan.closed in _CLOSED:
        why.append(Because(_CLOSED[plan.closed]))
    others = [other for other in plans if other is not plan and not plan.closed and not other.closed]
    apart = tuple(Because(rule, other.id) for other in others if (rule := why_apart(state, plan, other, calendar)))
    return PlanExplanation(
        plan.id, plan.agency, verdict.decision if verdict else "", plan.joint, plan.closed, tuple(why), apart
    )


def _about(rule: str, verdict: Verdict) -> str:
    """What a rule of a verdict speaks of: items, plans, a unit or a ground."""
    match rule:
        case rule_ids.PASSED:
            return ", ".join(verdict.recognised)
        case rule_ids.LEVEL:
            return ", ".join(f"{entry.code} → {entry.to}" for entry in verdict.yields)
        case rule_ids.TAKEN:
            return verdict.hold_ref
        case rule_ids.TOGETHER:
            return verdict.joint
        case rule_ids.CAP_EXEMPT | rule_ids.CASE:
            return verdict.exempt
        case rule_ids.JUSTIFIED:
            return verdict.ground
    return ""


def why_apart(state: Enterprise, plan: Plan, other: Plan, calendar: Calendar) -> str:
    """The rule that keeps two open plans out of one visit, "" if they are in one."""
    if plan.joint and plan.joint == other.joint:
        return ""
    for one in (plan, other):
        if not one.in_scope:
            return rule_ids.OFF_SITE if one.mode != "ONSITE" else rule_ids.CASE
    if plan.site != other.site:
        return rule_ids.OTHER_SITE
    for one in (plan, other):
        if one.solo:
            return rule_ids.OBJECTED if one.objection else rule_ids.UNTOLD if one.unannounced else rule_ids.JUSTIFIED
    if not meet(plan.window, other.window, calendar):
        return rule_ids.NO_COMMON_DAY
    if state.fixed(plan) or state.fixed(other):
        return rule_ids.SETTLED
    if any(one.verdict and one.verdict.decision.startswith("HOLD_") for one in (plan, other)):
        return rule_ids.HELD
    return rule_ids.NO_CHAIN


def left_out(state: Enterprise, joint: Joint, calendar: Calendar) -> tuple[Because, ...]:
    """Every other open plan of the enterprise, with the rule that keeps it out of *joint*; nothing once it is dissolved."""
    if joint.status == DISSOLVED:
        return ()
    members = [state.plans[member.plan] for member in joint.body.members]
    others = sorted(state.plans.values(), key=lambda plan: plan.rank)
    found = []
    for other in others:
        if other.closed or other in members:
            continue
        rules = [rule for member in members if (rule := why_apart(state, member, other, calendar))]
        # Missing one member is told by the calendar, missing only the group by another rule: that one says more.
        telling = [rule for rule in rules if rule != rule_ids.NO_COMMON_DAY]
        found += [Because(rule, other.id) for rule in [*telling, *rules][:1]]
    return tuple(found)
