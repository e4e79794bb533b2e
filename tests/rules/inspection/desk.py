"""A desk at which agencies submit plans and read what the hub decided: the enterprise aggregate with short words around it.

The one rule: everything goes through admission and every event the hub makes is checked against the catalogue.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from hub.canonical.catalogue import Catalogue
from hub.canonical.check import check
from hub.canonical.event import Event
from hub.reference import load
from hub.rules.inspection import INSPECTION, Enterprise
from hub.rules.ledger import Refusal, Routed, Step
from hub.rules.pipeline import World, deliveries

USCC = "91520115MA6XY0038H"
OTHER = "91520102MA6TE5T17M"
START = "2026-03-02T09:00:00+08:00"
OFFICERS = [{"name": "甲", "certNo": "1"}, {"name": "乙", "certNo": "2"}]


def day(short: str) -> str:
    """``03-09`` -> ``2026-03-09``."""
    return short if len(short) == 10 else f"2026-{short}"


def moment(short: str) -> str:
    """``03-09``, ``03-09T10`` or a full datetime."""
    if len(short) == 25:
        return short
    date, _, hour = short.partition("T")
    return f"{day(date)}T{hour or '09'}:00:00+08:00"


def items(text: str, tier: str = "CITY", *, remote: bool = False) -> list[dict[str, Any]]:
    """``Y1 Y2:DISTRICT`` -> items of one catalogue."""
    parts = [entry.partition(":") for entry in text.split()]
    more = {"remoteCapable": True} if remote else {}
    return [{"catalogue": "QZ", "code": code, "tier": own or tier, **more} for code, _, own in parts]


@dataclass
class Desk:
    """One hub with nothing but the enterprise aggregate."""

    policy: Mapping[str, Any] = field(default_factory=dict)
    now: str = START
    steps: list[Step] = field(default_factory=list)
    sent: int = 0

    def __post_init__(self) -> None:
        self.world = World(load().with_policy(self.policy), {"inspection": INSPECTION})

    # ---- speaking

    def send(self, event: str, sender: str, data: Mapping[str, Any], at: str = "", *, event_id: str = "") -> list[Step]:
        """Let a fact arrive; its steps come back and are kept."""
        self.now = moment(at) if at else self.now
        self.sent += 1
        event_type, full = Catalogue.load()[event], {"uscc": USCC, **data} if "subject" not in data else dict(data)
        fact = Event(
            id=event_id or f"e{self.sent}",
            type=event,
            party=sender,
            key=event_type.key_of(full),
            time=event_type.legal_time(full),
            recorded=datetime.fromisoformat(self.now),
            data=full,
        )
        return self._keep(self.world.accept(fact, fact.recorded))

    def tick(self, at: str) -> list[Step]:
        """Let time pass."""
        self.now = moment(at)
        return self._keep(self.world.tick(datetime.fromisoformat(self.now)))

    def _keep(self, steps: list[Step]) -> list[Step]:
        for step in steps:
            if isinstance(step, Routed) and step.decision:
                check(Catalogue.load()[step.event.type], step.event.data)
        self.steps += steps
        return steps

    def plan(
        self, plan_id: str, agency: str, window: str, codes: str = "Y1", /, at: str = "", **changes: Any
    ) -> list[Step]:
        """``plan("A", "GY-YJJ", "03-09..03-20", "Y1 Y2")``; *changes* replace fields, ``uscc`` and ``sender`` too."""
        self.now = moment(at) if at else self.now
        return self.send(*plan_fact(plan_id, agency, window, codes, self.now, **changes))

    def approve(self, plan_id: str, agency: str, at: str = "") -> list[Step]:
        self.now = moment(at) if at else self.now
        return self.send(
            "inspection.plan.approved",
            agency,
            {"planId": plan_id, "approvedAt": self.now, "approver": {"post": "HEAD"}},
        )

    def cancel(self, plan_id: str, agency: str, at: str = "") -> list[Step]:
        self.now = moment(at) if at else self.now
        return self.send(
            "inspection.plan.cancelled", agency, {"planId": plan_id, "cancelledAt": self.now, "reason": "任务取消"}
        )

    def object(
        self, plan_id: str, agency: str, joint: str = "J1", reason: str = "UNANNOUNCED", at: str = ""
    ) -> list[Step]:
        self.now = moment(at) if at else self.now
        data = {"jointId": f"{USCC}-{joint}", "planId": plan_id, "raisedAt": self.now, "reasonCode": reason}
        return self.send("inspection.objection.raised", agency, data)

    def justify(self, plan_id: str, agency: str, at: str = "") -> list[Step]:
        self.now = moment(at) if at else self.now
        data = {"planId": plan_id, "justifiedAt": self.now, "reasonCode": "URGENT_RISK", "reason": "隐患紧急"}
        return self.send("inspection.hold.justified", agency, data)

    def code(self, unit: str, sender: str, at: str = "") -> list[Step]:
        self.now = moment(at) if at else self.now
        return self.send("inspection.code.requested", sender, {**unit_named(unit), "requestedAt": self.now})

    def reopen(self, joint: str, sender: str, at: str = "") -> list[Step]:
        self.now = moment(at) if at else self.now
        data = {"jointId": f"{USCC}-{joint}", "reopenedAt": self.now, "reason": "增加成员"}
        return self.send("inspection.joint.reopened", sender, data)

    def visit(
        self, visit_id: str, agency: str, at: str = "", unit: str = "", *, scanned: bool = True, **changes: Any
    ) -> list[Step]:
        """A visit that starts at the moment it is recorded, unless *changes* say otherwise."""
        self.now = moment(at) if at else self.now
        data = {
            "visitId": visit_id,
            "startedAt": self.now,
            "agency": agency,
            "siteCode": "S1",
            "purpose": "INSPECTION",
            "officers": OFFICERS,
            **(unit_named(unit) if unit else {}),
            **({"scannedAt": self.now} if scanned else {}),
            **changes,
        }
        return self.send("inspection.visit.recorded", agency, data)

    def result(self, agency: str, passed: str, at: str = "", *, result: str = "PASS", **changes: Any) -> list[Step]:
        self.now = moment(at) if at else self.now
        entries = [{"catalogue": "QZ", "code": code, "result": result} for code in passed.split()]
        data = {
            "resultId": f"R{self.sent}",
            "endedAt": self.now,
            "agency": agency,
            "siteCode": "S1",
            "itemResults": entries,
            **changes,
        }
        return self.send("inspection.result.recorded", agency, data)

    def profile(self, uscc: str = USCC, version: int = 1, **changes: Any) -> list[Step]:
        data = {
            "uscc": uscc,
            "updatedAt": self.now,
            "version": version,
            "name": "企业",
            "riskClass": "MEDIUM",
            **changes,
        }
        return self.send("inspection.enterprise.registered", "GY-SCJGJ", data)

    # ---- reading

    @property
    def state(self) -> Enterprise:
        state = self.world.states["inspection", USCC]
        assert isinstance(state, Enterprise)
        return state

    def made(self, event: str) -> list[Mapping[str, Any]]:
        """Data of every decision of this type, in order."""
        return [
            step.event.data
            for step in self.steps
            if isinstance(step, Routed) and step.decision and step.event.type == event
        ]

    def delivered(self, event: str, party: str) -> list[Mapping[str, Any]]:
        """What *party* got of this type."""
        found = [delivery for step in self.steps if isinstance(step, Routed) for delivery in deliveries(step)]
        return [one.data for one in found if one.party == party and one.event.type == event]

    def read_by(self, party: str) -> str:
        """Everything *party* got, as text."""
        found = [delivery for step in self.steps if isinstance(step, Routed) for delivery in deliveries(step)]
        return " ".join(str(one.data) for one in found if one.party == party)

    @property
    def refused(self) -> list[str]:
        return [step.refused.code for step in self.steps if isinstance(step, Refusal)]

    def decision_table(self) -> dict[str, Any]:
        """Everything that was decided, as a value."""
        if ("inspection", USCC) not in self.world.states:
            return {}
        state = self.state
        return {
            **{
                plan.id: (self.decision(plan.id), plan.version, plan.joint, plan.verdict)
                for plan in state.plans.values()
            },
            **{joint.id: (joint.status, joint.version, joint.body) for joint in state.joints.values()},
        }

    def decision(self, plan_id: str) -> str:
        """How the plan stands: its decision, or why it is closed."""
        plan = self.state.plans[plan_id]
        return plan.closed or (plan.verdict.decision if plan.verdict else "")


def unit_named(unit: str) -> dict[str, str]:
    """``J1`` is a joint, anything else a plan."""
    return {"jointId": f"{USCC}-{unit}"} if unit[:1] == "J" and unit[1:].isdigit() else {"planId": unit}


def plan_fact(
    plan_id: str, agency: str, window: str, codes: str, at: str, /, **changes: Any
) -> tuple[str, str, dict[str, Any]]:
    """(type, sender, data) of one version of a plan; a version above 1 is an amendment."""
    first, _, last = window.partition("..")
    sender, uscc = changes.pop("sender", agency), changes.pop("uscc", USCC)
    data: dict[str, Any] = {
        "planId": plan_id,
        "submittedAt": START if changes.get("version", 1) > 1 else at,
        "version": 1,
        "agency": agency,
        "type": "DAILY",
        "subject": {"subjectType": "ENT", "name": "企业", "uscc": uscc},
        "siteCode": "S1",
        "items": items(codes),
        "window": {"from": day(first), "to": day(last)},
        "mode": "ONSITE",
        "state": "APPROVED",
        "approvedAt": at,
        "unannounced": False,
        **changes,
    }
    if data["state"] == "SUBMITTED":
        del data["approvedAt"]
    if data["version"] > 1:
        return "inspection.plan.amended", sender, {"amendedAt": at, **data}
    return "inspection.plan.submitted", sender, data
