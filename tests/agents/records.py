"""Records as they come in, and a batch without a broker."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import orjson

from hub.canonical.event import SHANGHAI, full_type
from hub.engine.batch import Batch
from hub.engine.record import Outgoing, Record
from hub.engine.state import State
from hub.local.topics import load_topics
from hub.settings import Settings

TOPICS = load_topics(Settings(), "local")
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=SHANGHAI)


def sent(party: str, event_type: str, data: dict[str, Any], event_id: str, **headers: str) -> Record:
    """A canonical event as *party* writes it to its own topic."""
    value = orjson.dumps(
        {
            "specversion": "1.0",
            "id": event_id,
            "source": f"urn:guiyang:{party}:test",
            "type": full_type(event_type),
            "data": data,
        }
    )
    given = (
        ("content-type", b"application/cloudevents+json"),
        *((name, text.encode()) for name, text in headers.items()),
    )
    return Record(TOPICS.ingress(party, "canonical").name, 0, 7, int(NOW.timestamp() * 1000), None, value, given)


def as_record(outgoing: Outgoing, offset: int = 0) -> Record:
    """What was written, as the next agent reads it."""
    at_ms = int(NOW.timestamp() * 1000)
    return Record(
        outgoing.topic, outgoing.partition or 0, offset, at_ms, outgoing.key, outgoing.value, outgoing.headers
    )


def decide(
    handle: Callable[[Batch], None], state: State, *records: Record, due: tuple[bytes, ...] = (), now: datetime = NOW
) -> list[Outgoing]:
    """Run one batch through an agent and commit it."""
    batch = Batch(records=records, due=due, now=now, shard=0, state=state)
    with batch:
        handle(batch)
    state.apply(batch.state.changes)
    return batch.sent
