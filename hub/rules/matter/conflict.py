"""Facts that cannot both be true: told to those concerned, never applied, never silently dropped (contract §10).

The one rule: legal times decide what contradicts what; a withdrawal that lies between them, even one still parked, resolves it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from hub.canonical.event import Event
from hub.rules.ledger import Ledger
from hub.rules.matter.case import other_principal
from hub.rules.matter.lead import in_force
from hub.rules.matter.roles import concerned, declared_organ
from hub.rules.matter.state import COUNTED, Matter, about, facts

WITHDRAWN: Final = "matter.filing.withdrawn"
REFUSALS: Final = ("matter.lead.declined", "matter.lead.disclaimed")

#: Once for each police; again if the lead is forwarded back to it.
BY_POLICE: Final = frozenset(("matter.lead.receipted", "matter.supplement.required", "matter.lead.forwarded"))

#: Once for each organ; again if the referral is redirected back to it.
ACKNOWLEDGED: Final = "matter.referral.acknowledged"

#: Once-only facts of a lead that may come again after a filing was withdrawn 撤案.
AGAIN: Final = frozenset(
    f"matter.{name}"
    for name in (
        "lead.filed",
        "lead.declined",
        "lead.disclaimed",
        "file.returned",
        "reconsideration.requested",
        "reconsideration.decided",
        "supervision.suggested",
        "reasons.required",
        "reasons.accepted",
        "supervision.answered",
        "filing.ordered",
    )
)


def rounds(matter: Matter, event: Event) -> int:
    """How often the lead had started over, for this fact, by the legal time of *event*."""
    entity = about(event)
    if event.type in BY_POLICE:
        return sum(
            fact.note["toPolice"] == event.party and fact.time <= event.time
            for fact in facts(matter, "lead.forwarded", entity)
        )
    if event.type == ACKNOWLEDGED:
        organ = matter.referrals[entity].organ
        return sum(
            fact.note["toOrgan"] == organ and fact.time <= event.time
            for fact in facts(matter, "referral.redirected", entity)
        )
    if event.type == WITHDRAWN:
        return max(0, sum(fact.time <= event.time for fact in facts(matter, "lead.filed", entity)) - 1)
    if event.type not in AGAIN:
        return 0
    return sum(fact.time < event.time for fact in facts(matter, "filing.withdrawn", entity))


def find(matter: Matter, event: Event) -> str:
    """Code of the conflict that *event* would make, "" if none."""
    if event.type == "matter.case.filed":
        other = other_principal(matter, event.data["principal"])
        return "EARLIER_FILING" if other is not None and event.time < other.filed_at else ""
    if event.type in REFUSALS:
        return "CONTRADICTION" if in_force(matter, about(event), event.time) else ""
    if event.type == "matter.lead.filed":
        return "CONTRADICTION" if _refused_later(matter, event) else ""
    return ""


def _refused_later(matter: Matter, event: Event) -> bool:
    """Is a refusal known that this filing would have preceded, with nothing to take the filing back in between?"""
    withdrawals = [*_withdrawals(matter, about(event))]
    return any(
        fact.type in REFUSALS
        and fact.time >= event.time
        and not any(event.time <= time <= fact.time for time in withdrawals)
        for fact in matter.facts
        if fact.about == about(event)
    )


def _withdrawals(matter: Matter, entity: str) -> Iterable[str]:
    yield from (fact.time for fact in facts(matter, "filing.withdrawn", entity))
    yield from (
        parked.event.time
        for parked in matter.parked
        if parked.event.type == WITHDRAWN and about(parked.event) == entity
    )


def tell(matter: Matter, event: Event, code: str, entity: str, ledger: Ledger) -> None:
    """Emit ``matter.conflict.detected`` to those concerned; for an earlier filing also to the one who filed it."""
    field = next((name for name in COUNTED if name in event.data), "")
    known = tuple(concerned(matter, entity, field))
    told: dict[str, tuple[str, ...]] = {"concerned": known}
    if event.type == "matter.case.filed":
        owners = [owner for case in matter.cases.values() for owner in (case.principal, case.handler)]
        told["concerned"] = (*owners, *declared_organ(event.data, ledger.reference.directory))
    elif event.type == "matter.dutycrime.reported":
        told["concerned"], told["sfj"] = (event.party,), ()  # nobody else, ever
    elif not known:
        told["concerned"] = (event.party,)
    ledger.emit(
        "matter.conflict.detected",
        {"correlationId": matter.key, "code": code, "entity": entity, "eventId": event.id, "type": event.type},
        told=told,
    )
