"""The bench's agent: a record → an admitted plan, once, marked with the plans of other agencies that it meets.

The one rule: everything but the remembering is the product's own: `Translator.read`, the engine's batch, the codec.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import msgspec

from hub.agents import outgoing
from hub.agents.translate import Translator
from hub.canonical.event import Event
from hub.engine.batch import Batch
from hub.engine.record import Headers

OVERLAPS: Final = "overlaps"
REASON: Final = "reason"


class Plan(msgspec.Struct, array_like=True, gc=False):
    """A plan accepted of an enterprise."""

    id: str
    plan_id: str
    agency: str
    first: str
    last: str


_decode: Final = msgspec.json.Decoder(list[Plan]).decode
_encode: Final = msgspec.json.Encoder().encode


@dataclass(frozen=True)
class Deduplicator:
    """*topics*: the bench's own names for topics of the hub."""

    translator: Translator
    topics: Mapping[str, str]

    def handle(self, batch: Batch) -> None:
        """Take every plan of *batch* that is new."""
        for record in batch.records:
            read = self.translator.read(record)
            for event in read.admitted:
                self._plan(batch, event, read.headers)
            for written in read.refused:
                topic = self.topics.get(written.topic, written.topic)
                why = dict(written.headers).get("__dlq.errors.message", b"")
                headers = (*written.headers, (REASON, why)) if why else written.headers
                batch.send(msgspec.structs.replace(written, topic=topic, headers=headers))

    def _plan(self, batch: Batch, event: Event, headers: Headers) -> None:
        key = event.key.encode()
        raw = batch.state.get(key)
        plans = [] if raw is None else _decode(raw)
        data = event.data
        agency, first, last = data["agency"], data["window"]["from"], data["window"]["to"]
        met: list[str] = []
        for plan in plans:
            if plan.id == event.id:
                return
            if plan.first <= last and first <= plan.last and plan.agency != agency:
                met.append(plan.plan_id)
        plans.append(Plan(event.id, data["planId"], agency, first, last))
        batch.state.put(key, _encode(plans))
        if met:
            headers = (*headers, (OVERLAPS, ",".join(met).encode()))
        fact = outgoing.fact(self.translator.topics, event, headers)
        batch.send(msgspec.structs.replace(fact, topic=self.topics[fact.topic]))
