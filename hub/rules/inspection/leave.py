"""A member leaves a frozen joint 退出: the visit goes on without it (contract §5 A).

The one rule: window and code stay as the enterprise knows them; only if nobody is left is there no visit any more.
"""

from __future__ import annotations

from hub.rules.inspection import tell
from hub.rules.inspection.identify import body_of
from hub.rules.inspection.lead import Candidate, elect
from hub.rules.inspection.moves import JOINT_MOVES, LEFT
from hub.rules.inspection.state import Enterprise, Joint, Plan
from hub.rules.ledger import Ledger


def leave(state: Enterprise, plan: Plan, joint: Joint, ledger: Ledger) -> None:
    """Take *plan* out of the frozen *joint*."""
    before = joint.body
    candidates = candidates_of(state, joint, without=plan.id)
    joint.version += 1
    if not candidates:
        joint.status = JOINT_MOVES[joint.status, LEFT]
        tell.tell_dissolved(ledger, state, joint, "TOO_FEW")
        return
    elected = before.lead, before.lead_rule
    if before.lead == plan.agency and plan.agency not in {candidate.agency for candidate in candidates}:
        elected = elect(candidates, state.profile, ledger.reference)
    joint.body = body_of(candidates, before.window, elected, ledger.reference, frozen=True)
    tell.tell_joint(ledger, state, joint, before)


def candidates_of(state: Enterprise, joint: Joint, *, without: str = "") -> list[Candidate]:
    """The members of *joint* with the items each was left with."""
    plans = [state.plans[member.plan] for member in joint.body.members if member.plan != without]
    return [Candidate(plan, plan.verdict.items if plan.verdict else plan.items) for plan in plans]
