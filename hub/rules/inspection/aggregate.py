"""The ENTERPRISE aggregate: which fact goes to which rule, what it must wait for and who may send it.

The one rule: nothing is decided here; this file is the table of contents of the rules beside it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, time
from typing import Any, Final

from hub.canonical.event import SHANGHAI, Event
from hub.canonical.party import CITY_BRIGADE, Directory, Kind
from hub.canonical.periods import ONE_DAY
from hub.reference import Reference
from hub.rules.admit import check_window
from hub.rules.aggregate import Aggregate, Timer
from hub.rules.inspection import dispute, freeze, neighbour, refusals, register, submit, tell, visit
from hub.rules.inspection.rerun import rerun
from hub.rules.inspection.state import Enterprise
from hub.rules.ledger import Ledger

_Verb = Callable[[Enterprise, Event, Ledger], None]

VERBS: Final[Mapping[str, _Verb]] = {
    "inspection.enterprise.registered": register.register,
    "inspection.plan.submitted": submit.submit,
    "inspection.plan.amended": submit.submit,
    "inspection.plan.approved": submit.approve,
    "inspection.plan.cancelled": submit.cancel,
    "inspection.objection.raised": dispute.object_to,
    "inspection.hold.justified": dispute.justify,
    "inspection.code.requested": freeze.request_code,
    "inspection.joint.reopened": freeze.reopen,
    "inspection.visit.recorded": visit.record,
    "inspection.visit.scanned": visit.scan,
    "inspection.result.recorded": visit.store_result,
    "inspection.neighbour.noticed": neighbour.hear,
}

#: What each fact names that must be known first, most needed first: (field, table, word of the column "needs").
_NEEDS: Final[Mapping[str, tuple[tuple[str, str], ...]]] = {
    "inspection.plan.approved": (("planId", "plan"),),
    "inspection.plan.cancelled": (("planId", "plan"),),
    "inspection.hold.justified": (("planId", "plan"),),
    "inspection.objection.raised": (("jointId", "joint"),),
    "inspection.joint.reopened": (("jointId", "joint"),),
    "inspection.code.requested": (("jointId", "joint"), ("planId", "plan")),
    "inspection.visit.recorded": (("jointId", "joint"), ("planId", "plan")),
    "inspection.visit.scanned": (("visitId", "visit"),),
}


class InspectionAggregate(Aggregate[Enterprise]):
    """``decide(state, event, now)`` for one enterprise."""

    name = "inspection"
    state_type = Enterprise
    _key_field = "uscc"

    def arrival(self, state: Enterprise, event: Event, ledger: Ledger) -> None:
        # The door knows the years of the files only; a year announced since is known here.
        check_window(event, ledger.reference)

    def missing(self, state: Enterprise, event: Event) -> str:
        """The plan, joint or visit *event* names, if it is not known yet."""
        tables: Mapping[str, Mapping[str, Any]] = {"plan": state.plans, "joint": state.joints, "visit": state.visits}
        for field, entity in _NEEDS.get(event.type, ()):
            if field in event.data and event.data[field] not in tables[entity]:
                return entity
        return ""

    def permit(self, state: Enterprise, event: Event, reference: Reference) -> None:
        """The sender must be the agency, or the lead, of what it names."""
        data, directory = event.data, reference.directory
        match event.type:
            case "inspection.plan.submitted" | "inspection.plan.amended":
                known = state.plans.get(data["planId"])
                if known and known.agency != data["agency"]:
                    raise refusals.plan_taken(known.id)
            case (
                "inspection.plan.approved"
                | "inspection.plan.cancelled"
                | "inspection.objection.raised"
                | "inspection.hold.justified"
            ):
                _require_agency(state, event, directory)
            case "inspection.joint.reopened":
                _require_leader(state, event, directory)
            case "inspection.code.requested":
                (_require_leader if "jointId" in data else _require_agency)(state, event, directory)
            case "inspection.visit.recorded":
                target = visit.target_of(state, event)
                if target.ref and data["agency"] not in target.agencies:
                    raise refusals.not_member(target.ref)
            case "inspection.visit.scanned":
                agency = state.visits[data["visitId"]].agency
                if event.party not in (agency, directory.handler_of(agency)):
                    raise refusals.wrong_agency(data["visitId"])

    def apply(self, state: Enterprise, event: Event, ledger: Ledger) -> None:
        """Hand *event* to its rule."""
        VERBS[event.type](state, event, ledger)

    def settle(self, state: Enterprise, ledger: Ledger) -> None:
        """Re-run, and flag the visits whose late entry was missed."""
        rerun(state, ledger)
        visit.flag_unscanned(state, ledger)

    def parties(self, state: Enterprise, role: str, event_type: str, data: Mapping[str, Any]) -> Iterable[str]:
        """Agencies, members and sharers, each with its handler."""
        return tell.parties(state, role, event_type, data)

    def timers(self, state: Enterprise, reference: Reference) -> Iterable[Timer]:
        """A plan expires at the end of its window's last day; the re-run that follows closes it."""
        for plan in state.plans.values():
            if plan.in_scope and not plan.closed and not state.fixed(plan):
                yield Timer(datetime.combine(plan.window.last + ONE_DAY, time(), SHANGHAI), "expire", plan.id)


def _require_agency(state: Enterprise, event: Event, directory: Directory) -> None:
    plan = state.plans.get(event.data["planId"])
    if plan is None or event.party not in (plan.agency, directory.handler_of(plan.agency)):
        raise refusals.wrong_agency(event.data["planId"])


def _require_leader(state: Enterprise, event: Event, directory: Directory) -> None:
    joint = state.joints[event.data["jointId"]]
    lead = joint.body.lead
    sender = directory[event.party]
    by_brigade = lead == CITY_BRIGADE and sender.kind is Kind.BRIGADE
    if not by_brigade and event.party not in (lead, directory.handler_of(lead)):
        raise refusals.not_leader(joint.id)
