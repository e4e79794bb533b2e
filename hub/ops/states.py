"""The aggregates of a running hub as their agents wrote them last, with what their realm was told.

The one rule: the committed state is all that is looked at; it is handed on as bytes, for whoever knows the rules to read.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import orjson

from hub.agents.realms import CALENDAR, POLICY
from hub.canonical.event import Event
from hub.ops.readers import AGENTS
from hub.ops.scan import records
from hub.topics import Topics
from hub.wire import envelope


@dataclass(slots=True)
class Stored:
    """What the state topics hold of one realm."""

    states: list[tuple[str, bytes]] = field(default_factory=list)  #: (aggregate, state), in order of their keys
    policy: bytes | None = None
    notices: bytes | None = None  #: years announced while the hub ran


async def stored(bootstrap: str, topics: Topics, aggregates: Iterable[str], realm: str = "") -> Stored:
    """The states of *aggregates* in *realm*."""
    found, wanted = Stored(), set(aggregates)
    for agent, aggregate in AGENTS.items():
        if aggregate not in wanted:
            continue
        last: dict[bytes, bytes | None] = {}
        async for record in records(
            bootstrap, [topics.state(agent).name]
        ):  # a key lies in one partition: the last read is the last
            if record.key is not None:
                last[record.key] = record.value
        found.policy = last.get(POLICY + realm.encode()) or found.policy
        found.notices = last.get(CALENDAR + realm.encode()) or found.notices
        found.states += [
            (aggregate, value)
            for key, value in sorted(last.items())
            if value and not key.startswith(b"\x00") and orjson.loads(value).get("realm", "") == realm
        ]
    return found


async def clock_events(bootstrap: str, topics: Topics, clock_id: str, realm: str = "") -> list[Event]:
    """Everything said of one clock, in the order of its aggregate."""
    told: list[Event] = []
    async for record in records(bootstrap, [topics.clock.name]):
        if record.value is None or clock_id.encode() not in record.value:  # spares decoding all the others
            continue
        event = envelope.from_record(record.key, record.value, record.headers)
        if event.realm == realm and event.data.get("clockId") == clock_id:
            told.append(event)
    return sorted(told, key=lambda event: event.sequence)
