"""Early events that wait with their aggregate, read from the agents' state topics.

The one rule: what waits is what the committed state says; the log of the aggregate only adds what it waits for.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import orjson

from hub.canonical.event import short_type
from hub.ops.scan import records
from hub.topics import Topics
from hub.wire import envelope

#: agent → its aggregate
_AGENTS = {"inspections": "inspection", "matters": "matter", "complaints": "complaint"}


@dataclass(frozen=True, slots=True)
class Waiting:
    """One early event. Times are ISO 8601."""

    aggregate: str  #: inspection, matter or complaint
    key: str
    event_id: str
    type: str
    party: str
    needs: str  #: what must be known first
    time: str  #: its legal time
    since: str
    until: str  #: then it is refused as ORPHAN


async def parked(bootstrap: str, topics: Topics, park_days: int, realm: str = "") -> list[Waiting]:
    """Everything of *realm* that waits now, the longest first."""
    found = [
        (aggregate, state, entry)
        for agent, aggregate in _AGENTS.items()
        for state in await _states(bootstrap, topics.state(agent).name)
        if state.get("realm", "") == realm
        for entry in state.get("parked", ())
    ]
    if not found:
        return []
    needs = await _needs(bootstrap, topics, {aggregate for aggregate, _, _ in found})
    waiting = [_waiting(aggregate, state["key"], entry, needs, park_days) for aggregate, state, entry in found]
    return sorted(waiting, key=lambda one: (one.since, one.time, one.event_id))


async def _states(bootstrap: str, topic: str) -> list[dict[str, Any]]:
    """The aggregates of a state topic that keep anything waiting."""
    last: dict[bytes, bytes | None] = {}
    async for record in records(bootstrap, [topic]):  # one key lies in one partition, so the last one read is the last
        if record.key is not None and not record.key.startswith(b"\x00"):  # NUL: the hub's own
            last[record.key] = record.value if record.value and b'"parked":[' in record.value else None
    return [orjson.loads(value) for value in last.values() if value]


async def _needs(bootstrap: str, topics: Topics, aggregates: set[str]) -> dict[str, str]:
    """Event id → what it waits for, as the hub said when it parked it."""
    said: dict[str, str] = {}
    async for record in records(bootstrap, [topics.aggregate(name).name for name in aggregates]):
        if short_type(envelope.header(record.headers, "ce_type")).endswith(".event.parked"):
            data = envelope.from_record(record.key, record.value, record.headers).data
            said[str(data["eventId"])] = str(data["needs"])
    return said


def _waiting(aggregate: str, key: str, entry: dict[str, Any], needs: dict[str, str], park_days: int) -> Waiting:
    event = entry["event"]
    until = datetime.fromisoformat(entry["since"]) + timedelta(days=park_days)
    return Waiting(
        aggregate,
        key,
        event["id"],
        event["type"],
        event["party"],
        needs.get(event["id"], ""),
        event["time"],
        entry["since"],
        until.isoformat(),
    )
