"""Criminal leads 涉嫌犯罪线索 as they stand, read from the log of matters and of clocks.

The one rule: a list for people, made from ids, parties, states and dates; what a lead says is not in it.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from hub.canonical.event import Event
from hub.canonical.states import LEAD
from hub.ops.scan import records
from hub.topics import Topics
from hub.wire import envelope

#: States and sub-states of a lead in the words of the people who work with them.
STATE_NAMES = {name: zh for name, (zh, _) in LEAD.items()}

_CLOCK_EVENTS = {"clock.started", "clock.recalculated", "clock.resumed"}


@dataclass(slots=True)
class Step:
    """One event of a lead's thread."""

    at: str  #: legal time
    type: str
    party: str
    event_id: str


@dataclass(slots=True)
class Lead:
    """One lead as it stands."""

    lead_id: str
    correlation_id: str
    state: str = ""
    sub: str = ""
    principal: str = ""
    handler: str = ""
    police: str = ""
    legal_at: str = ""
    due: dict[str, str] = field(default_factory=dict)  #: running clock → due date or datetime, governing reading
    missed: list[str] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)


async def leads(bootstrap: str, topics: Topics, realm: str = "") -> list[Lead]:
    """Every lead of *realm*, oldest first."""
    found: dict[str, Lead] = {}
    events: list[Event] = []
    async for record in records(bootstrap, [topics.aggregate("matter").name, topics.clock.name]):
        event = _event(record.key, record.value, record.headers)
        if event is not None and event.realm == realm:
            events.append(event)
    for event in sorted(events, key=lambda one: (one.recorded, one.sequence)):
        _tell(found, event)
    return [lead for lead in found.values() if lead.state]


def _event(key: bytes | None, value: bytes | None, headers: envelope.Headers) -> Event | None:
    if value is None or not any(name == "ce_id" for name, _ in headers):
        return None
    return envelope.from_record(key, value, headers)


def _tell(found: dict[str, Lead], event: Event) -> None:
    data = event.data
    if event.aggregate == "clock":
        lead = found.get(str(data.get("entity", "")))
        if lead is not None:
            _tell_clock(lead, event)
        return
    lead_id = data.get("leadId")
    if lead_id is None:
        return
    lead = found.setdefault(lead_id, Lead(lead_id, event.key))
    if event.type == "matter.lead.advanced":
        lead.state, lead.sub = data["state"], data.get("sub", "")
        lead.principal, lead.handler, lead.police, lead.legal_at = (
            data["principal"],
            data["handler"],
            data["police"],
            data["legalAt"],
        )
    elif event.party != "HUB":
        lead.steps.append(Step(event.time, event.type, event.party, event.id))


def _tell_clock(lead: Lead, event: Event) -> None:
    clock = str(event.data["clock"])
    if event.type in _CLOCK_EVENTS and "dueAt" in event.data:
        lead.due[clock] = str(event.data["dueAt"])
    elif event.type in ("clock.met", "clock.missed", "clock.voided"):
        lead.due.pop(clock, None)
        if event.type == "clock.missed":
            lead.missed.append(clock)
