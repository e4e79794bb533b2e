"""Agent deliver: an event with its recipients → one projected copy on each recipient's own topic.

The one rule: only what `project` lets through is written to a party's topic.
"""

from __future__ import annotations

from collections.abc import Iterator

from hub.agents.outgoing import PASSED_ON
from hub.engine.batch import Batch
from hub.engine.flow import Flow
from hub.engine.record import Headers, Outgoing, Record
from hub.rules.project import project
from hub.topics import Topics
from hub.wire import avro, envelope


def flow(topics: Topics) -> Flow:
    """What the agent reads."""
    return Flow("deliver", (topics.outgoing.name,), topics.outgoing.partitions)


def handle(batch: Batch, topics: Topics) -> None:
    """Project every event of *batch* for each of its recipients."""
    for record in batch.records:
        for copy in copies(record, topics):
            batch.send(copy)


def copies(record: Record, topics: Topics) -> Iterator[Outgoing]:
    """The copies of one event. A projection is made once, however many parties get it."""
    event = envelope.from_record(record.key, record.value, record.headers)
    found = dict(record.headers)
    passed = tuple((name, found[name]) for name in PASSED_ON if name in found)
    made: dict[str, tuple[bytes, Headers]] = {}
    for party, projection in envelope.decode_recipients(found[envelope.RECIPIENTS]):
        if projection not in made:
            value = avro.encode_delivery(event.type, project(event, projection))
            made[projection] = (value, (*envelope.to_headers(event, projection=projection), *passed))
        value, headers = made[projection]
        yield Outgoing(topics.delivery(party).name, record.key, value, headers)
