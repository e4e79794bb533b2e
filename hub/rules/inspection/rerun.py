"""The re-run: after every fact and on every tick all that is not fixed is decided anew (contract §5).

The one rule: what the agencies hear is the difference between what was decided and what is decided now; closing is final.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

import msgspec

from hub.canonical.event import SHANGHAI
from hub.rules.inspection import hint, tell
from hub.rules.inspection.arrange import Circumstances, arrange, leave_alone
from hub.rules.inspection.group import Group
from hub.rules.inspection.hold import Fixed, fixed_units
from hub.rules.inspection.identify import compose, identify
from hub.rules.inspection.moves import CLOSINGS, JOINT_MOVES, RERUN, WINDOW_OVER
from hub.rules.inspection.state import (
    LEVEL_YIELDED,
    OPEN,
    RESULT_RECOGNISED,
    Enterprise,
    Joint,
    Plan,
    Verdict,
)
from hub.rules.ledger import Ledger


def today(ledger: Ledger) -> date:
    """Date of the moment of decision."""
    return ledger.now.astimezone(SHANGHAI).date()


def rerun(state: Enterprise, ledger: Ledger) -> None:
    """Decide about every open plan that is not fixed, and say what changed."""
    expire(state, ledger)
    moving = state.moving()
    sites: dict[str, list[Plan]] = {}
    for plan in moving:
        if plan.in_scope:
            sites.setdefault(plan.site, []).append(plan)
    fixed = fixed_units(state)
    arrangements = [
        arrange(sites[site], circumstances(state, ledger, site, fixed.get(site, ()))) for site in sorted(sites)
    ]
    verdicts = {plan.id: verdict for found in arrangements for plan, verdict in found.verdicts}
    roles = _settle_joints(state, ledger, [group for found in arrangements for group in found.groups])
    for plan in moving:
        verdict = verdicts[plan.id] if plan.in_scope else leave_alone(plan)
        plan.joint, role = roles.get(plan.id, ("", ""))
        _decide(state, ledger, plan, msgspec.structs.replace(verdict, joint=plan.joint, role=role))
    hint.raise_hints(state, ledger)


def expire(state: Enterprise, ledger: Ledger) -> None:
    """Close the in-scope plans whose window has passed without a visit being fixed."""
    day = today(ledger)
    for plan in state.moving():
        if plan.in_scope and plan.window.last < day:
            plan.closed, plan.joint = CLOSINGS[plan.closed, WINDOW_OVER], ""
            tell.tell_closed(ledger, state, plan)


def circumstances(state: Enterprise, ledger: Ledger, site: str, fixed: Iterable[Fixed]) -> Circumstances:
    """What the steps look at for one object, with the units that are *fixed* there."""
    return Circumstances(
        state.profile.risk,
        state.passes.get(site, {}),
        state.counters,
        tuple(fixed),
        ledger.reference,
    )


def _settle_joints(state: Enterprise, ledger: Ledger, groups: list[Group]) -> dict[str, tuple[str, str]]:
    """Form, change and dissolve; planId -> (jointId, role) of every member."""
    kept = identify(groups, state.joints.values())
    ids = {joint.id for joint in kept if joint}
    gone = sorted(
        (joint for joint in state.joints.values() if joint.status == OPEN and joint.id not in ids),
        key=lambda joint: joint.number,
    )
    regrouped = {draft.plan.id for group in groups for draft in group.drafts}
    for joint in gone:
        joint.status, joint.version = JOINT_MOVES[joint.status, RERUN], joint.version + 1
        tell.tell_dissolved(ledger, state, joint, "REGROUPED" if joint.body.plans & regrouped else "TOO_FEW")
    roles: dict[str, tuple[str, str]] = {}
    for group, known in zip(groups, kept, strict=True):
        joint = _continue(state, ledger, group, known) if known else _form(state, ledger, group)
        roles |= {member.plan: (joint.id, member.role) for member in joint.body.members}
    return roles


def _form(state: Enterprise, ledger: Ledger, group: Group) -> Joint:
    state.formed += 1
    joint = Joint(f"{state.key}-J{state.formed}", state.formed, 1, compose(group, state.profile, ledger.reference))
    state.joints[joint.id] = joint
    tell.tell_joint(ledger, state, joint, None)
    return joint


def _continue(state: Enterprise, ledger: Ledger, group: Group, joint: Joint) -> Joint:
    before, joint.body = joint.body, compose(group, state.profile, ledger.reference)
    if not joint.body.same_as(before):
        joint.version += 1
        tell.tell_joint(ledger, state, joint, before)
    return joint


def _decide(state: Enterprise, ledger: Ledger, plan: Plan, verdict: Verdict) -> None:
    before, plan.verdict = plan.verdict, verdict
    if before is None or plan.told_version != plan.version or _news(before) != _news(verdict):
        plan.told_version = plan.version
        tell.tell_decided(ledger, state, plan, verdict)
    if verdict.decision in (LEVEL_YIELDED, RESULT_RECOGNISED):
        plan.closed = CLOSINGS[plan.closed, verdict.decision]
        plan.yielded_to = verdict.yields[-1].to if verdict.decision == LEVEL_YIELDED else ""
        tell.tell_closed(ledger, state, plan)


def _news(verdict: Verdict) -> tuple[object, ...]:
    """What an agency is told anew when it changes."""
    return verdict.decision, verdict.joint, verdict.hold_ref, verdict.recognised, verdict.yielded
