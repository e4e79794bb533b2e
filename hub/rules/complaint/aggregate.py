"""The complaints aggregate: what each event does to a ticket (contract §3.5, §8).

The one rule: one function per event type, found by name in `_EFFECTS`; each checks everything before it changes anything.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import Any, Final

from hub.canonical.event import Event
from hub.canonical.refused import Refused
from hub.reference import Reference
from hub.reference.clocks import ONCE
from hub.rules import schedule
from hub.rules.aggregate import Aggregate
from hub.rules.complaint import clocks
from hub.rules.complaint.owner import copy_to, sector_owner, territory_owner
from hub.rules.complaint.state import Ticket
from hub.rules.ledger import Ledger
from hub.rules.project import is_minor

#: What must be known first (the catalogue's column "needs"), most needed first.
NEEDS: Final[Mapping[str, tuple[str, ...]]] = {
    "complaint.ticket.received": (),
    "complaint.ticket.determined": ("ticket",),
    "complaint.ticket.accepted": ("ticket",),
    "complaint.ticket.rejected": ("ticket",),
    "complaint.ticket.returned": ("ticket",),
    "complaint.ticket.extended": ("ticket",),
    "complaint.mediation.ended": ("ticket", "ticket.accepted"),
    "complaint.filing.decided": ("ticket",),
    "complaint.informant.told": ("ticket", "filing.decided"),
    "complaint.ticket.answered": ("ticket",),
}


class ComplaintAggregate(Aggregate[Ticket]):
    """Tickets, keyed by complaintId."""

    name = "complaint"
    state_type = Ticket
    _key_field = "complaintId"

    def missing(self, state: Ticket, event: Event) -> str:
        known = {
            "ticket": bool(state.source),
            "ticket.accepted": state.accepted,
            "filing.decided": state.filing_decided,
        }
        return next((word for word in NEEDS[event.type] if not known[word]), "")

    def permit(self, state: Ticket, event: Event, reference: Reference) -> None:
        if "OWNER" in reference.events[event.type].senders and event.party not in (
            state.owner_sector,
            state.owner_territory,
        ):
            raise Refused(
                "NOT_PERMITTED",
                "工单由原主管部门和属地办理,请由承办单位报送",
                detail_en="only the original department or the territory acts on this ticket: send it through them",
            )
        if event.type == "complaint.ticket.determined" and not reference.directory.is_organ(event.data["ownerSector"]):
            raise Refused(
                "NOT_PERMITTED",
                "投诉举报由原主管部门承办,支队和其他单位不承办,请确定原主管部门",
                pointer="/ownerSector",
                detail_en="only a bureau or a committee owns complaints, the brigade never: name the original department",
            )

    def mark(self, state: Ticket, event: Event, mark: str) -> str:
        """After a return the next owner begins anew: what it does is no repetition of what was done before."""
        return f"{mark}|1" if event.type not in _ONCE_FOR_GOOD and _after_return(state, event) else mark

    def apply(self, state: Ticket, event: Event, ledger: Ledger) -> None:
        if event.type in _ONCE_FOR_GOOD or not state.returned_at or _after_return(state, event):
            _EFFECTS[event.type](
                state, event, ledger
            )  # what was done before a return, and is heard of after it, is over

    def parties(self, state: Ticket, role: str, event_type: str, data: Mapping[str, Any]) -> Iterable[str]:
        match role:
            case "source":
                return (state.source,)
            case "territory":
                return (state.owner_territory,)
            case "ownerSector":
                return (state.owner_sector,)
            case "copyTo":
                return (data["copyTo"],) if "copyTo" in data else ()
        raise LookupError(f"{event_type} has no role {role}")

    def repeated(self, state: Ticket, event: Event, ledger: Ledger) -> None:
        ledger.emit(
            "complaint.conflict.detected",
            {"complaintId": state.key, "code": "REPEATED_DIFFERENT", "eventId": event.id, "type": event.type},
        )


def _after_return(ticket: Ticket, event: Event) -> bool:
    return bool(ticket.returned_at) and event.time >= ticket.returned_at


def _received(ticket: Ticket, event: Event, ledger: Ledger) -> None:
    data, directory = event.data, ledger.reference.directory
    territory = territory_owner(directory, data["divisionCode"], data.get("zone", ""))
    if not territory:
        raise Refused(
            "INVALID_FIELD",
            "行政区划代码不属本市,请核对,属外地的请转当地",
            pointer="/divisionCode",
            detail_en="the division code lies outside the city: check it, or pass the ticket on to where it belongs",
        )
    ticket.source, ticket.received_at = event.party, event.time
    ticket.channel, ticket.kind, ticket.content = data["channel"], data["kind"], data["content"]
    ticket.address, ticket.division_code = data["address"], data["divisionCode"]
    ticket.anonymous, ticket.informant_ref = data["anonymous"], data.get("informantRef", "")
    ticket.minor = "subject" in data and is_minor(data["subject"], date.fromisoformat(event.time[:10]))
    ticket.owner_territory = territory
    ticket.owner_sector = sector_owner(
        directory, data.get("itemSector", ""), data.get("itemTier", ""), data["divisionCode"]
    )
    _say_owner(ticket, ledger)
    clocks.begin_received(ticket, ledger)


def _determined(ticket: Ticket, event: Event, ledger: Ledger) -> None:
    ticket.owner_sector = event.data["ownerSector"]
    clocks.hand_over(ticket)
    _say_owner(ticket, ledger)


def _accepted(ticket: Ticket, event: Event, ledger: Ledger) -> None:
    clocks.end(ticket, ledger, event.time, "C01a", "C02a")
    ticket.accepted = True
    match clocks.regime(ticket), ticket.kind:
        case clocks.Regime.MARKET, "投诉":
            clocks.begin(ticket, ledger, "C01b", event.time)
        case clocks.Regime.PETITION, _:
            clocks.begin(ticket, ledger, "C02c", event.time)
            if ticket.answered_at:  # the answer overtook the acceptance
                clocks.end(ticket, ledger, ticket.answered_at, "C02c")


def _rejected(ticket: Ticket, event: Event, ledger: Ledger) -> None:
    clocks.end(ticket, ledger, event.time, "C01a", "C02a", "C03")


def _returned(ticket: Ticket, event: Event, ledger: Ledger) -> None:
    clocks.check_return(ticket, event.time)
    clocks.end(ticket, ledger, event.time, *clocks.RETURN_RIGHTS)
    schedule.void_all(ledger)
    ticket.owner_sector, ticket.returned_at = "", event.time
    ticket.accepted, ticket.filing_decided, ticket.answered_at = False, False, ""
    _say_owner(ticket, ledger)


def _extended(ticket: Ticket, event: Event, ledger: Ledger) -> None:
    row = clocks.extended_clock(ticket, event.time)
    span = ledger.reference.clocks[row.clock].on(row.started_at).extensions[ONCE]
    schedule.extend(ledger, row.clock, ticket.key, span, event.time)


def _mediation_ended(ticket: Ticket, event: Event, ledger: Ledger) -> None:
    clocks.end(ticket, ledger, event.time, "C01b")


def _filing_decided(ticket: Ticket, event: Event, ledger: Ledger) -> None:
    clocks.end(ticket, ledger, event.time, "C01c")
    ticket.filing_decided = True
    if not ticket.anonymous:
        clocks.begin(ticket, ledger, "C01d", event.time)


def _informant_told(ticket: Ticket, event: Event, ledger: Ledger) -> None:
    clocks.end(ticket, ledger, event.time, "C01d")


def _answered(ticket: Ticket, event: Event, ledger: Ledger) -> None:
    clocks.end(ticket, ledger, event.time, "C02c", "C03")
    if schedule.is_open(
        ticket, "C01a", ticket.key
    ):  # an answer is more than an acceptance, but does not heal a missed one
        clocks.end(ticket, ledger, event.time, "C01a")
    ticket.answered_at = event.time


def _say_owner(ticket: Ticket, ledger: Ledger) -> None:
    place = {"address": ticket.address, "divisionCode": ticket.division_code, "kind": ticket.kind}
    if not ticket.owner_sector:
        ledger.emit(
            "complaint.ticket.undetermined",
            {"complaintId": ticket.key, "ownerTerritory": ticket.owner_territory, **place},
        )
        return
    ledger.emit(
        "complaint.ticket.assigned",
        {
            "complaintId": ticket.key,
            "ownerSector": ticket.owner_sector,
            "ownerTerritory": ticket.owner_territory,
            "copyTo": copy_to(ledger.reference.directory, ticket.owner_sector),
            "content": ticket.content,
            "channel": ticket.channel,
            "informantRef": ticket.informant_ref or None,
            **place,
        },
        narrow=_NARROW_FOR_MINORS if ticket.minor else None,
    )


#: The subject is not part of the assignment, so its projection cannot know of a child: the others then see no content (contract §9).
_NARROW_FOR_MINORS: Final = {"WORK": "SUPER"}

#: Facts that a return does not undo.
_ONCE_FOR_GOOD: Final = ("complaint.ticket.received", "complaint.ticket.returned")

_EFFECTS: Final[Mapping[str, Callable[[Ticket, Event, Ledger], None]]] = {
    "complaint.ticket.received": _received,
    "complaint.ticket.determined": _determined,
    "complaint.ticket.accepted": _accepted,
    "complaint.ticket.rejected": _rejected,
    "complaint.ticket.returned": _returned,
    "complaint.ticket.extended": _extended,
    "complaint.mediation.ended": _mediation_ended,
    "complaint.filing.decided": _filing_decided,
    "complaint.informant.told": _informant_told,
    "complaint.ticket.answered": _answered,
}
