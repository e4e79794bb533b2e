"""异议与说明: an agency leaves a joint, or goes in spite of a hold, and says why in a coded word (contract §5 U, Z).

The one rule: the reason goes to the justice bureau and to nobody else; the plan goes alone from then on, in every later version.
"""

from __future__ import annotations

from hub.canonical.event import Event
from hub.rules.inspection import refusals
from hub.rules.inspection.state import FROZEN, OPEN, Enterprise
from hub.rules.ledger import Ledger


def object_to(state: Enterprise, event: Event, ledger: Ledger) -> None:
    """Take `inspection.objection.raised`."""
    data = event.data
    plan, joint = state.plans[data["planId"]], state.joints[data["jointId"]]
    if joint.status not in (OPEN, FROZEN):
        raise refusals.joint_over(joint.id)
    if plan.id not in joint.body.plans:
        raise refusals.not_in_joint(plan.id, joint.id)
    if joint.status == FROZEN:
        raise refusals.objection_late(joint.id)
    plan.objection = data["reasonCode"]
    logged = {
        "uscc": state.key,
        "jointId": joint.id,
        "planId": plan.id,
        "agency": plan.agency,
        "reasonCode": plan.objection,
    }
    ledger.emit("inspection.objection.logged", logged)


def justify(state: Enterprise, event: Event, ledger: Ledger) -> None:
    """Take `inspection.hold.justified`: only a repeated visit on hold is released."""
    plan = state.plans[event.data["planId"]]
    if plan.closed or plan.verdict is None or plan.verdict.decision != "HOLD_REPEAT":
        raise refusals.not_held(plan.id)
    plan.justification = event.data["reasonCode"]
