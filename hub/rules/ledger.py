"""What one call of a rule decided, in order: facts accepted, events made, refusals.

The one rule: only here does an event that the hub makes get its id and its place in the aggregate's order,
so both follow from the cause alone and a replay gives the same ones.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from hub.canonical.event import HUB, Event, derived_id
from hub.canonical.refused import Refused
from hub.reference import Reference
from hub.rules.state import Common

#: Who a role of the catalogue's column "to" stands for: (role, event type, data) -> party codes.
Resolve = Callable[[str, str, Mapping[str, Any]], Iterable[str]]

#: Widest first: a party named twice gets one copy, the wider one.
PROJECTIONS = ("FULL", "WORK", "SUPER", "OPEN", "STUB")

Recipients = tuple[tuple[str, str], ...]  #: (party code, projection)


@dataclass(frozen=True, slots=True)
class Routed:
    """An event that now stands in the aggregate's order, with those who get a copy.

    *decision* is True for an event the hub made, False for an accepted fact; *copy* marks a further copy of an earlier fact.
    """

    event: Event
    recipients: Recipients
    decision: bool
    copy: bool = False


@dataclass(frozen=True, slots=True)
class Refusal:
    """An event that changed nothing, and why."""

    event: Event
    refused: Refused


Step = Routed | Refusal


class Ledger:
    """Collects the steps of one call. *cause* is the fact being decided; None while timers fire."""

    def __init__(self, state: Common, now: datetime, reference: Reference, resolve: Resolve) -> None:
        self.state = state
        self.now = now  #: the moment of decision, always an argument from outside
        self.reference = reference
        self.steps: list[Step] = []
        self.cause: Event | None = None
        self._resolve = resolve

    def emit(
        self,
        event_type: str,
        data: Mapping[str, Any],
        *,
        key: str = "",
        told: Mapping[str, Iterable[str]] | None = None,
        narrow: Mapping[str, str] | None = None,
    ) -> Event:
        """Make a decision event; *key* names another aggregate if it is addressed to one. Fields that are None are left out.

        *told* says who a role is, where only the maker of the event can know it (the parties of one clock).
        *narrow* gives narrower projections for some of the catalogue's, where *data* are more delicate than their fields tell.
        """
        state = self.state
        state.sequence += 1
        cause = self.cause
        # Without a cause the kind of state is part of the id: a matter and a complaint may have the same key.
        origin = (cause.id,) if cause else (state.realm, type(state).__name__, state.key)
        event = Event(
            id=derived_id(*origin, event_type, str(state.sequence)),
            type=event_type,
            party=HUB,
            key=key or state.key,
            time=self.now.isoformat(timespec="seconds"),
            recorded=self.now,
            data={name: value for name, value in data.items() if value is not None},
            cause=cause.id if cause else "",
            sequence=state.sequence,
            realm=state.realm,
        )
        recipients = tuple(
            (party, (narrow or {}).get(shown, shown))
            for party, shown in self.recipients(event_type, event.data, HUB, told)
        )
        self.steps.append(Routed(event, recipients, decision=True))
        return event

    def accept(self, event: Event, apply: Callable[[], None]) -> None:
        """Give *event* its place, run *apply* (which may emit), then route the fact by the state it led to."""
        state = self.state
        state.sequence += 1
        accepted = msgspec.structs.replace(event, sequence=state.sequence)
        place = len(self.steps)
        before, self.cause = self.cause, accepted
        try:
            apply()
        finally:
            self.cause = before
        self.steps.insert(place, Routed(accepted, self.recipients(event.type, event.data, event.party), decision=False))

    def copy(self, event: Event, recipients: Recipients) -> None:
        """Deliver a further copy of an earlier fact, e.g. the dossier to the police it was forwarded to."""
        self.steps.append(Routed(event, recipients, decision=False, copy=True))

    def refuse(self, event: Event, refused: Refused) -> None:
        """Record that *event* changed nothing."""
        self.steps.append(Refusal(event, refused))

    def recipients(
        self, event_type: str, data: Mapping[str, Any], sender: str, told: Mapping[str, Iterable[str]] | None = None
    ) -> Recipients:
        """The column "to" of the catalogue, resolved: never back to the sender, never twice to one party."""
        found: dict[str, str] = {}
        for role, projection in self.reference.events[event_type].to:
            fixed = self.reference.roles.get(role)
            named = (
                told[role] if told and role in told else (fixed,) if fixed else self._resolve(role, event_type, data)
            )
            for party in named:
                if party == sender or party not in self.reference.directory:
                    continue
                known = found.get(party)
                if known is None or PROJECTIONS.index(projection) < PROJECTIONS.index(known):
                    found[party] = projection
        return tuple(found.items())
