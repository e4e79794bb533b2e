"""Enterprises that belong together 关联企业: parent and branch under one roof are two objects, but may be visited on one day.

The one rule: a neighbour hears of announced plans only, and only what a hint needs.
"""

from __future__ import annotations

from hub.canonical.event import Event
from hub.rules.inspection.hint import hint_neighbour
from hub.rules.inspection.state import Enterprise, Plan
from hub.rules.ledger import Ledger


def notice_neighbours(state: Enterprise, plan: Plan, ledger: Ledger) -> None:
    """Tell the related enterprises' aggregates of an accepted plan."""
    address = state.profile.address_of(plan.site)
    if not plan.in_scope or plan.secret or not address:
        return
    for neighbour in state.profile.related:
        if neighbour == state.key:
            continue
        data = {
            "uscc": neighbour,
            "otherUscc": state.key,
            "otherPlanId": plan.id,
            "otherAgency": plan.agency,
            "otherWindow": plan.window.written(),
            "otherAddress": address,
        }
        ledger.emit("inspection.neighbour.noticed", data, key=neighbour)


def hear(state: Enterprise, event: Event, ledger: Ledger) -> None:
    """A related enterprise's aggregate told of a plan."""
    agency = event.data["otherAgency"]
    state.handlers[agency] = ledger.reference.directory.handler_of(agency)
    hint_neighbour(state, ledger, event.data)
