"""Agents inspections, matters and complaints: facts of one aggregate → its rule → decisions, deliveries, clocks.

The one rule: an aggregate's new state, what follows from it and the offsets of its facts are one batch; the rule itself
knows nothing of that.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from math import inf
from typing import Any

import orjson

from hub.agents import outgoing, recount
from hub.agents.formats import mark_format, unreadable
from hub.agents.realms import RECOUNT, Realms
from hub.agents.translate import CONTROL
from hub.canonical.event import HUB, SHANGHAI, Event, full_type
from hub.canonical.refused import Refused
from hub.engine.batch import Batch
from hub.engine.flow import Flow
from hub.engine.record import Headers, Outgoing, Record
from hub.reference import Reference
from hub.rules import state as states
from hub.rules.aggregate import CALENDAR_LOADED, Aggregate
from hub.rules.ledger import Refusal, Routed, Step
from hub.topics import Topics
from hub.wire import envelope

#: Events of the hub that are addressed to another aggregate of the same kind; all others of its own it has heard already.
ADDRESSED = frozenset({"inspection.neighbour.noticed"})
#: Bytes of an aggregate's state beyond which no fact may add to it. What cannot be written would end its lane at every try, so
#: one sender could stop all others of the partition. The rest up to the engine's 1 MiB is for what time alone adds.
LARGEST_STATE = 900 * 1024
_OURS = HUB.encode()
_LISTENED_TO = frozenset(full_type(name).encode() for name in (*ADDRESSED, CALENDAR_LOADED))


def _heard(record: Record) -> bool:
    """Is it an event that this aggregate has made itself? Told by its headers, so that it need not be read."""
    found = dict(record.headers)
    return found.get("ce_fromparty") == _OURS and found.get("ce_type") not in _LISTENED_TO


@dataclass(frozen=True, slots=True)
class _Origin:
    """The fact that is being decided, as it stood in the log."""

    event_id: str
    record: Record

    @property
    def passed(self) -> Headers:
        found = dict(self.record.headers)
        return tuple((name, found[name]) for name in outgoing.PASSED_ON if name in found)


@dataclass
class AggregateAgent:
    """One aggregate's rule inside the engine. *name* is the agent's (``matters``), *rule* the aggregate's (``matter``)."""

    name: str
    rule: Aggregate[Any]
    topics: Topics
    reference: Reference
    realms: Realms = field(init=False)

    def __post_init__(self) -> None:
        self.realms = Realms(self.reference)

    def flow(self) -> Flow:
        """What the agent reads and where its state lives."""
        topic = self.topics.aggregate(self.rule.name)
        return Flow(self.name, (topic.name,), topic.partitions, self.topics.state(self.name).name, unreadable)

    def handle(self, batch: Batch) -> None:
        """Decide every record of *batch*, and what has fallen due."""
        for key in batch.due:
            if key.startswith(RECOUNT):
                realm = key.removeprefix(RECOUNT).decode()
                self._recount(batch, realm, recount.pending(batch.state, realm))
            else:
                self._tick(batch, key, batch.now.astimezone(SHANGHAI))
        for record in batch.records:
            if word := envelope.header(record.headers, CONTROL):
                self._control(batch, record, word)
            elif not _heard(record):
                self._fact(batch, record)
        if batch.state.changes:
            mark_format(batch.state)

    def _fact(self, batch: Batch, record: Record) -> None:
        event = envelope.from_record(record.key, record.value, record.headers)
        if event.type == CALENDAR_LOADED:
            self._calendar(batch, event)
            return
        reference = self.realms.reference(batch.state, event.realm)
        key = envelope.kafka_key(event)
        state = self._read(batch, key)
        news = event.party != HUB and (state is None or event.id not in state.seen)
        state, steps = self.rule.decide(state, event, event.recorded, reference)
        if not self._write(batch, key, state, reference, most=LARGEST_STATE):
            steps = [Refusal(event, _full(event.key))]
        self._send(batch, steps, _Origin(event.id, record))
        if news and not any(isinstance(step, Refusal) and step.event.id == event.id for step in steps):
            digest = envelope.header(record.headers, outgoing.DIGEST)
            for written in outgoing.receipt(self.topics, event, digest, event.recorded):
                batch.send(written)

    def _send(self, batch: Batch, steps: list[Step], origin: _Origin | None = None) -> None:
        """Write down what was decided; *origin* is the fact that led to it, if one did."""
        passed = origin.passed if origin else ()
        for step in steps:
            if isinstance(step, Routed):
                writes = outgoing.routed(self.topics, step, passed)
            else:
                writes = self._refusal(step, origin.record if origin and origin.event_id == step.event.id else None)
            for written in writes:
                batch.send(written)

    def _refusal(self, step: Refusal, record: Record | None) -> Iterator[Outgoing]:
        event = step.event
        if event.party == HUB:
            return
        if record is None:  # a parked event: written down again as it stood in the log
            fact = outgoing.fact(self.topics, event, ())
            at_ms = int(event.recorded.timestamp() * 1000)
            record = Record(fact.topic, 0, -1, at_ms, fact.key, fact.value, fact.headers)
        yield outgoing.dead_letter(
            self.topics, event, record, step.refused, stage="TRANSFORMATION", group=self.flow().group
        )
        digest = envelope.header(record.headers, outgoing.DIGEST)
        yield from outgoing.receipt(self.topics, event, digest, event.recorded, step.refused)

    def _tick(self, batch: Batch, key: bytes, now: datetime) -> None:
        state = self._read(batch, key)
        if state is None:
            return
        reference = self.realms.reference(batch.state, state.realm)
        state, steps = self.rule.tick(state, now, reference)
        self._write(batch, key, state, reference)
        self._send(batch, steps)

    def _calendar(self, batch: Batch, event: Event) -> None:
        """A year's notice: every aggregate of the realm with a provisional clock counts its days again."""
        self.realms.load_calendar(batch.state, event)
        self._recount(batch, event.realm, [*recount.pending(batch.state, event.realm), recount.Recount(event)])

    def _recount(self, batch: Batch, realm: str, left: list[recount.Recount]) -> None:
        """Go on with the first of the notices that are *left* for *realm*; the next batches do the rest."""
        notice, looked_at, counted = left[0], 0, 0
        for key in self.realms.keys(batch.state, realm, notice.after.encode()):
            if counted == recount.COUNTED or looked_at == recount.LOOKED_AT:
                break
            notice.after, looked_at = key.decode(), looked_at + 1
            raw = batch.state.get(key)
            if raw is not None and recount.concerns(raw):
                counted += 1
                state = self._noticed(batch, states.decode(raw, self.rule.state_type), notice.event)
                self._write(batch, key, state, self.realms.reference(batch.state, realm))
        else:
            left = left[1:]
        recount.keep(batch.state, realm, left, batch.now)

    def _noticed(self, batch: Batch, state: Any, notice: Event) -> Any:
        """*state* after it has heard of *notice*, which it hears once only."""
        reference = self.realms.reference(batch.state, notice.realm)
        state, steps = self.rule.decide(state, notice, notice.recorded, reference)
        self._send(batch, steps)
        return state

    def _control(self, batch: Batch, record: Record, word: str) -> None:
        """A scenario's word: open its realm with a policy of its own, or let its time pass."""
        said = orjson.loads(record.value or b"{}")
        if word == "hub.realm.opened":
            self.realms.open(batch.state, said["realm"], said.get("policy") or {})
        elif word == "hub.tick":
            for key in self.realms.keys(batch.state, said["realm"]):
                self._tick(batch, key, datetime.fromisoformat(said["time"]))

    def _read(self, batch: Batch, key: bytes) -> Any:
        raw = batch.state.get(key)
        if raw is None:
            return None
        state = states.decode(raw, self.rule.state_type)
        if recount.concerns(raw):
            for notice in recount.waiting(batch.state, state.realm, key):
                state = self._noticed(batch, state, notice)
                self._write(
                    batch, key, state, self.realms.reference(batch.state, state.realm)
                )  # whatever is asked next
        return state

    def _write(self, batch: Batch, key: bytes, state: Any, reference: Reference, most: float = inf) -> bool:
        """Keep *state*; not, and False, if it has grown beyond *most* bytes."""
        raw = states.encode(state)
        if len(raw) > most and len(raw) > len(batch.state.get(key) or b""):
            return False
        # A scenario's time passes only by its own ticks.
        due = None if state.realm else self.rule.due(state, reference)
        batch.state.put(key, raw, due)
        return True


def _full(key: str) -> Refused:
    return Refused(
        "INVALID_FIELD",
        f"{key} 的累计记录已满,不再接收新的内容;请联系枢纽运维单位",
        detail_en=f"all that may be kept of {key} is kept already: nothing that adds to it is taken; ask the operators",
    )
