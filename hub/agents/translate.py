"""Agent translate: a record as a party sent it → canonical facts, or a dead letter and a refusal.

The one rule: it remembers nothing. The same record gives the same events with the same ids, and the aggregates drop repeats.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import orjson

from connectors import registry as dialects
from connectors.protocol import NotUnderstood
from hub.agents import outgoing
from hub.agents.outgoing import header
from hub.canonical.catalogue import Catalogue
from hub.canonical.event import SHANGHAI, Event, own_event_id, record_event_id
from hub.canonical.refused import Refused
from hub.engine.batch import Batch
from hub.engine.flow import Flow
from hub.engine.record import Headers, Outgoing, Record
from hub.reference import Reference
from hub.rules.admit import admit
from hub.rules.aggregate import CALENDAR_LOADED
from hub.topics import Topics
from hub.wire import envelope

CANONICAL = "canonical"
CONTROL = "hub_control"

#: Lanes over all ingress topics; a constant, because two workers that cut differently could hold the same partition.
SHARDS = 4


@dataclass(frozen=True)
class Translator:
    """What translating looks up. *virtual_time*: honour the realm and time a development gateway writes."""

    topics: Topics
    reference: Reference
    virtual_time: bool = False

    def flow(self) -> Flow:
        """What the agent reads."""
        return Flow("translate", (*(topic.name for topic in self.topics.all_ingress()), self.topics.control.name), SHARDS)

    def handle(self, batch: Batch) -> None:
        """Translate every record of *batch*."""
        for record in batch.records:
            for written in self.translate(record):
                batch.send(written)

    def translate(self, record: Record) -> Iterator[Outgoing]:
        """Facts for the aggregates, or what tells the sender why not."""
        if record.topic == self.topics.control.name:
            yield from self._control(record)
            return
        party, dialect = self.topics.party_of(record.topic), self.topics.dialect_of(record.topic)
        digest = hashlib.sha256(record.value or b"").hexdigest()
        try:
            events = list(self._events(record, party, dialect, digest))
        except NotUnderstood as wrong:
            refused = Refused("INVALID_FIELD", wrong.detail, pointer=wrong.pointer, detail_en=wrong.detail_en)
            yield from self._refuse(record, self._nameless(record, party, digest), refused, digest, "VALUE_CONVERTER")
            return
        except Refused as refused:
            yield from self._refuse(record, self._nameless(record, party, digest), refused, digest, "VALUE_CONVERTER")
            return
        extra = self._extra(record, digest)
        for event in events:
            try:
                admit(event, event.recorded, self.reference)
            except Refused as refused:
                yield from self._refuse(record, event, refused, digest, "TRANSFORMATION")
                continue
            if event.type == CALENDAR_LOADED:
                yield from self._everywhere(event, extra)
            else:
                yield outgoing.fact(self.topics, event, extra)

    def _events(self, record: Record, party: str, dialect: str, digest: str) -> Iterator[Event]:
        content_type = header(record.headers, "content-type").decode("utf-8", "replace")
        record_id = self._record_id(record, digest)
        if dialect == CANONICAL:
            sent = envelope.read_foreign(record.key, record.value, record.headers)
            drafts = [(sent.type, sent.data, sent.id)]
        else:
            drafts = [(draft.type, draft.data, draft.id) for draft in dialects.read(dialect, record.value or b"", content_type)]
        recorded, realm = self._moment(record)
        for index, (event_type, data, own_id) in enumerate(drafts):
            known = Catalogue.load().get(event_type)
            yield Event(
                id=own_event_id(party, own_id) if own_id else record_event_id(party, record_id, index),
                type=event_type,
                party=party,
                key=known.key_of(data) if known else "",
                time=known.legal_time(data) if known else "",
                recorded=recorded,
                data=data,
                system=dialect,
                realm=realm,
            )

    @staticmethod
    def _record_id(record: Record, digest: str) -> str:
        return header(record.headers, "ce_id").decode("utf-8", "replace") or digest

    def _moment(self, record: Record) -> tuple[datetime, str]:
        """Acceptance time = the broker's append time: a party that writes to Kafka itself cannot date its own facts back."""
        realm = header(record.headers, "ce_realm").decode()
        if self.virtual_time and realm:
            return datetime.fromisoformat(header(record.headers, "ce_recordedtime").decode()), realm
        return datetime.fromtimestamp(record.timestamp_ms / 1000, SHANGHAI), ""

    def _nameless(self, record: Record, party: str, digest: str) -> Event:
        """An envelope for a record that could not be read, so that its refusal has an id to answer."""
        recorded, realm = self._moment(record)
        event_id = record_event_id(party, self._record_id(record, digest), 0)
        return Event(event_id, "", party, "", "", recorded, {}, realm=realm)

    def _refuse(self, record: Record, event: Event, refused: Refused, digest: str, stage: str) -> Iterator[Outgoing]:
        yield outgoing.dead_letter(self.topics, self.topics.party_of(record.topic), record, refused, stage=stage, group="hub.translate", event_id=event.id)
        yield from outgoing.receipt(self.topics, event, digest, event.recorded, refused)

    def _extra(self, record: Record, digest: str) -> Headers:
        origin = f"{record.topic}/{record.partition}/{record.offset}".encode()
        passed = tuple((name, value) for name, value in record.headers if name in outgoing.PASSED_ON)
        return (*passed, (outgoing.ORIGIN, origin), (outgoing.DIGEST, digest.encode()))

    def _everywhere(self, event: Event, extra: Headers) -> Iterator[Outgoing]:
        """What every aggregate must see has no single key: once into each partition, so that it has a place in each order."""
        for topic in self.topics.aggregates.values():
            for partition in range(topic.partitions):
                yield outgoing.notice(topic.name, event, extra, partition)

    def _control(self, record: Record) -> Iterator[Outgoing]:
        """A word of the operators for every lane; only a development hub knows any."""
        if not self.virtual_time:
            return
        word = orjson.loads(record.value or b"{}")
        headers = ((CONTROL, word["type"].encode()), ("ce_realm", word["realm"].encode()))
        for topic in self.topics.aggregates.values():
            for partition in range(topic.partitions):
                yield Outgoing(topic.name, None, record.value, headers, partition)
