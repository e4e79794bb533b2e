"""The MATTER aggregate 事项: one thread of a case, its leads both ways, the court, and the talk about it.

The one rule: what happens with a type of event stands in one row of `RULES`; nothing here knows a single one of them by heart.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, Final

import msgspec

from hub.canonical.event import Event
from hub.canonical.periods import parse_time
from hub.canonical.refused import Refused
from hub.reference import Reference
from hub.rules.aggregate import Aggregate, Timer
from hub.rules.ledger import Ledger
from hub.rules.matter import conflict, court, lead, needs, relief, roles
from hub.rules.matter.case import CASE
from hub.rules.matter.court import COURT
from hub.rules.matter.police import POLICE, not_stale, nothing_left_to_do
from hub.rules.matter.referral import REFERRAL
from hub.rules.matter.relief import RELIEF
from hub.rules.matter.scene import Rule, Scene
from hub.rules.matter.state import COUNTED, Fact, Matter, about
from hub.rules.matter.supervision import SUPERVISION
from hub.rules.matter.talks import TALKS
from hub.rules.matter.transfer import TRANSFER
from hub.rules.sender import may_send

#: Every event type of a matter that a party may send.
RULES: Final[Mapping[str, Rule]] = {**CASE, **RELIEF, **TRANSFER, **POLICE, **SUPERVISION, **REFERRAL, **COURT, **TALKS}

ALARM: Final = "matter.alarm"


class MatterAggregate(Aggregate[Matter]):
    """``decide(state, event, now)`` for one correlationId."""

    name = "matter"
    state_type = Matter

    def entity(self, event: Event) -> str:
        return str(next((event.data[name] for name in COUNTED if name in event.data), ""))

    def arrival(self, state: Matter, event: Event, ledger: Ledger) -> None:
        if event.type == "matter.application.filed":
            court.on_arrival(event, ledger)

    def missing(self, state: Matter, event: Event) -> str:
        return needs.missing(state, event, RULES[event.type].needs)

    def permit(self, state: Matter, event: Event, reference: Reference) -> None:
        if not self._may_send(state, event, reference):
            raise Refused(
                "NOT_PERMITTED",
                f"{event.party} 不是该事项中有权报送此事件的一方,请由主管机关、办理单位或对应机关报送",
                detail_en=f"{event.party} is not the party of this matter that may send this event: send it through that party",
            )
        if event.type not in roles.FIRST:
            not_stale(state, event)

    def _may_send(self, state: Matter, event: Event, reference: Reference) -> bool:
        for role in reference.events[event.type].senders:
            if may_send(role, event, reference.directory):
                named = roles.senders(state, event, role, reference.directory)
                if named is None or event.party in named:
                    return True
        return False

    def mark(self, state: Matter, event: Event, mark: str) -> str:
        """A fact of the round before is a repetition of that one; a filing by another principal is none."""
        if event.type == "matter.case.filed":
            return f"{mark}|{event.data['principal']}"
        if event.type == conflict.ACKNOWLEDGED:  # once per organ, whether it or its handler says so
            mark = f"{event.type}|{about(event)}|{state.referrals[about(event)].organ}"
        here = rounds = conflict.rounds(state, event)
        while rounds >= 0:
            name = f"{mark}|{rounds}" if rounds else mark
            if state.happened.get(name) == event.time:
                return name
            rounds -= 1
        return f"{mark}|{here}" if here else mark

    def contradicted(self, state: Matter, event: Event, ledger: Ledger) -> bool:
        code = conflict.find(state, event)
        if code:
            conflict.tell(state, event, code, self.entity(event), ledger)
        return bool(code)

    def repeated(self, state: Matter, event: Event, ledger: Ledger) -> None:
        conflict.tell(state, event, "REPEATED_DIFFERENT", self.entity(event), ledger)

    def apply(self, state: Matter, event: Event, ledger: Ledger) -> None:
        rule, entity = RULES[event.type], about(event)
        scene = Scene(state, event, ledger, entity, roles.cast(state, event, ledger.reference))
        for guard in rule.guards:
            guard(scene)
        note = {name: event.data[name] for name in rule.keep if name in event.data}
        fact = Fact(event.type, entity, event.time, event.party, note)
        if fact in state.facts:
            return  # said again: delivered, but nothing follows twice
        state.facts.append(fact)
        if rule.change is not None:
            rule.change(scene)
        scene = replace(scene, cast=roles.cast(state, event, ledger.reference))
        for act in rule.acts:
            act(scene)
        self._count_as_filing(state, event, ledger.reference)
        if entity in state.leads:
            nothing_left_to_do(scene)
            lead.advance(state, state.leads[entity], event.time, ledger)

    def _count_as_filing(self, state: Matter, event: Event, reference: Reference) -> None:
        """A reconsideration decided FILED counts as the `lead.filed` of that day: the notice of it is no second filing."""
        if event.type == "matter.reconsideration.decided" and event.data["outcome"] == "FILED":
            state.happened.setdefault(
                self._mark(state, msgspec.structs.replace(event, type="matter.lead.filed"), reference), event.time
            )

    def parties(self, state: Matter, role: str, event_type: str, data: Mapping[str, Any]) -> Iterable[str]:
        return roles.receivers(state, role, event_type, data)

    def timers(self, state: Matter, reference: Reference) -> Iterable[Timer]:
        for decision, row in relief.alarms(state):
            yield Timer(parse_time(relief.alarm_time(row)), ALARM, decision.no)

    def fire(self, state: Matter, timer: Timer, ledger: Ledger) -> None:
        relief.sound_alarms(state, ledger)

    def settle(self, state: Matter, ledger: Ledger) -> None:
        relief.sound_alarms(state, ledger)


MATTER: Final = MatterAggregate()
