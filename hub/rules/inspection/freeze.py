"""检查码: the code fixes who comes, when and for what; reopening gives it up again (contract §5 Z).

The one rule: no code before every member's head has approved (行政机关负责人批准), and no code without a unit of its own.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from typing import Any, Final

from hub.canonical.event import Event
from hub.rules.inspection import refusals
from hub.rules.inspection.moves import CODE, JOINT_MOVES, REOPEN
from hub.rules.inspection.state import FROZEN, OPEN, Enterprise, Plan
from hub.rules.ledger import Ledger

#: No 0, 1, I and O: the code is read from a wall and typed by hand. 32 letters carry five bits each.
ALPHABET: Final = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
CODE_LENGTH: Final = 16


def check_code(secret: bytes, event_id: str, unit: str) -> str:
    """Code of *unit*: opaque, unguessable without *secret*, the same on every replay."""
    number = int.from_bytes(hmac.digest(secret, f"{event_id}\x1f{unit}".encode(), hashlib.sha256))
    return "".join(ALPHABET[number >> 5 * place & 31] for place in range(CODE_LENGTH))


def request_code(state: Enterprise, event: Event, ledger: Ledger) -> None:
    """Take `inspection.code.requested` for a joint or a single plan."""
    if "jointId" in event.data:
        _freeze_joint(state, event, ledger)
    else:
        _freeze_plan(state, event, ledger)


def _freeze_joint(state: Enterprise, event: Event, ledger: Ledger) -> None:
    joint = state.joints[event.data["jointId"]]
    if joint.status == FROZEN:
        return
    if joint.status != OPEN:
        raise refusals.joint_over(joint.id)
    plans = [state.plans[member.plan] for member in joint.body.members]
    _require_approval(plans)
    joint.status, joint.frozen_at = JOINT_MOVES[joint.status, CODE], event.data["requestedAt"]
    codes = [item.code for item in joint.body.items]
    unit = {
        "uscc": state.key,
        "jointId": joint.id,
        "window": joint.body.window.written(),
        "agencies": list(joint.body.agencies),
    }
    _issue(event, ledger, unit, joint.id, codes if not any(plan.secret for plan in plans) else None)


def _freeze_plan(state: Enterprise, event: Event, ledger: Ledger) -> None:
    plan = state.plans[event.data["planId"]]
    if plan.closed:
        raise refusals.plan_closed(plan.id, plan.closed)
    if plan.frozen_at:
        return
    if plan.verdict is None or plan.verdict.decision != "SINGLE":
        raise refusals.no_code_for(plan.id)
    _require_approval([plan])
    plan.frozen_at = event.data["requestedAt"]
    codes = [item.code for item in plan.verdict.items]
    unit = {"uscc": state.key, "planId": plan.id, "window": plan.window.written(), "agencies": [plan.agency]}
    _issue(event, ledger, unit, plan.id, None if plan.secret else codes)


def _require_approval(plans: Sequence[Plan]) -> None:
    waiting = [plan.id for plan in plans if not plan.ready]
    if waiting:
        raise refusals.not_approved(", ".join(sorted(waiting)))


def _issue(
    event: Event, ledger: Ledger, unit: Mapping[str, Any], unit_id: str, announced: Sequence[str] | None
) -> None:
    """Issue the code of *unit*; *announced* are the items the enterprise is told of, None if it is told nothing."""
    code = check_code(ledger.reference.check_code_secret, event.id, unit_id)
    ledger.emit("inspection.code.issued", {**unit, "checkCode": code, "frozenAt": event.data["requestedAt"]})
    if announced is not None:
        ledger.emit("inspection.notice.prepared", {**unit, "items": list(announced)})


def reopen(state: Enterprise, event: Event, ledger: Ledger) -> None:
    """Take `inspection.joint.reopened`: members may move again, the code is void."""
    joint = state.joints[event.data["jointId"]]
    if joint.status not in (OPEN, FROZEN):
        raise refusals.joint_over(joint.id)
    joint.status, joint.frozen_at = JOINT_MOVES[joint.status, REOPEN], ""
