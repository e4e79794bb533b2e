"""Agent translate: a record as a party sent it → canonical facts, or a dead letter and a refusal.

The one rule: it remembers nothing. The same record gives the same events with the same ids, and the aggregates drop repeats.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import msgspec
import orjson

from connectors import registry as dialects
from connectors.protocol import Draft
from hub.agents import outgoing
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
from hub.wire import avro, envelope

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
        return Flow(
            "translate", (*(topic.name for topic in self.topics.all_ingress()), self.topics.control.name), SHARDS
        )

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
        recorded, realm = self._moment(record)
        if dialect == CANONICAL:
            # The key is the sender's own affair here; the event's key is in its data.
            sent = envelope.from_record(
                None, record.value, record.headers, foreign=True, party=party, recorded=recorded
            )
            yield msgspec.structs.replace(sent, id=own_event_id(party, sent.id), realm=realm, cause="", sequence=0)
            return
        content_type = envelope.header(record.headers, "content-type")
        for index, draft in enumerate(dialects.read(dialect, record.value or b"", content_type, logged=True)):
            known = Catalogue.load().get(draft.type)
            yield Event(
                id=own_event_id(party, draft.own_id)
                if draft.own_id
                else record_event_id(party, self._record_id(record, digest), index),
                type=draft.type,
                party=self._speaker(record.topic, party, draft),
                key=known.key_of(draft.data) if known else "",
                time=known.legal_time(draft.data) if known else "",
                recorded=recorded,
                data=draft.data,
                system=dialect,
                realm=realm,
            )

    def _speaker(self, topic: str, owner: str, draft: Draft) -> str:
        """The party an event is of: its topic's owner, or one that `topics.yaml` lets the owner speak for in it."""
        named = draft.party
        if not named or named == owner:
            return owner
        if not self.topics.may_speak(topic, named, draft.type):
            raise Refused(
                "NOT_PERMITTED",
                f"{owner} 的系统不得代 {named} 报送,请由其本单位系统报送",
                detail_en=f"the system of {owner} does not act for {named}: send it through its own system",
            )
        return named

    @staticmethod
    def _record_id(record: Record, digest: str) -> str:
        return _said(record, "ce_id") or digest

    def _moment(self, record: Record) -> tuple[datetime, str]:
        """Acceptance time = the broker's append time: a party that writes to Kafka itself cannot date its own facts back."""
        if self.virtual_time and (realm := _said(record, "ce_realm")):
            with contextlib.suppress(ValueError):  # not written by a gateway of ours: it belongs to no scenario
                return datetime.fromisoformat(_said(record, "ce_recordedtime")).astimezone(SHANGHAI), realm
        return datetime.fromtimestamp(record.timestamp_ms / 1000, SHANGHAI), ""

    def _nameless(self, record: Record, party: str, digest: str) -> Event:
        """An envelope for a record that could not be read, so that its refusal has an id to answer."""
        recorded, realm = self._moment(record)
        event_id = record_event_id(party, self._record_id(record, digest), 0)
        return Event(event_id, "", party, "", "", recorded, {}, realm=realm)

    def _refuse(self, record: Record, event: Event, refused: Refused, digest: str, stage: str) -> Iterator[Outgoing]:
        yield outgoing.dead_letter(
            self.topics,
            event,
            record,
            refused,
            stage=stage,
            group=self.flow().group,
            owner=self.topics.party_of(record.topic),
        )
        yield from outgoing.receipt(self.topics, event, digest, event.recorded, refused)

    def _extra(self, record: Record, digest: str) -> Headers:
        origin = f"{record.topic}/{record.partition}/{record.offset}".encode()
        passed = tuple((name, value) for name, value in record.headers if name in outgoing.PASSED_ON)
        return (*passed, (outgoing.ORIGIN, origin), (outgoing.DIGEST, digest.encode()))

    def _everywhere(self, event: Event, extra: Headers) -> Iterator[Outgoing]:
        """What every aggregate must see has no single key: once into each partition, so that it has a place in each order."""
        notice = Outgoing(
            "", envelope.kafka_key(event), avro.encode(event.type, event.data), envelope.to_headers(event) + extra
        )
        for topic in self.topics.aggregates.values():
            for partition in range(topic.partitions):
                yield msgspec.structs.replace(notice, topic=topic.name, partition=partition)

    def _control(self, record: Record) -> Iterator[Outgoing]:
        """A word of the operators for every lane; only a development hub knows any."""
        if not self.virtual_time:
            return
        word = orjson.loads(record.value or b"{}")
        headers = ((CONTROL, word["type"].encode()), ("ce_realm", word["realm"].encode()))
        for topic in self.topics.aggregates.values():
            for partition in range(topic.partitions):
                yield Outgoing(topic.name, None, record.value, headers, partition)


def _said(record: Record, name: str) -> str:
    """A header that the sender may have forged: what is no text says nothing."""
    try:
        return envelope.header(record.headers, name)
    except Refused:
        return ""
