"""Agent translate: a record as a party sent it → canonical facts, or a dead letter and a refusal.

The one rule: it remembers nothing. The same record gives the same events with the same ids, and the aggregates drop repeats.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple

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


class Read(NamedTuple):
    """One record, read."""

    admitted: list[Event]
    refused: list[Outgoing]  #: dead letters, and what tells the sender
    headers: Headers  #: to go with each fact


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
            batch.sent += self.translate(record)

    def translate(self, record: Record) -> list[Outgoing]:
        """Facts for the aggregates, or what tells the sender why not."""
        if record.topic == self.topics.control.name:
            return [*self._control(record)]
        read = self.read(record)
        written = read.refused
        for event in read.admitted:
            if event.type == CALENDAR_LOADED:
                written += self._everywhere(event, read.headers)
            else:
                written.append(outgoing.fact(self.topics, event, read.headers))
        return written

    def read(self, record: Record) -> Read:
        """What *record* tells, judged as far as that can be done on arrival."""
        digest = hashlib.sha256(record.value or b"").hexdigest()
        party, dialect = self.topics.party_of(record.topic), self.topics.dialect_of(record.topic)
        recorded, realm = self._moment(record)
        try:
            events = self._events(record, party, dialect, digest, recorded, realm)
        except Refused as refused:
            # An envelope for a record that could not be read, so that its refusal has an id to answer.
            event_id = record_event_id(party, self._record_id(record, digest), 0)
            nameless = Event(event_id, "", party, "", "", recorded, {}, realm=realm)
            return Read([], [*self._refuse(record, nameless, refused, digest, "VALUE_CONVERTER")], ())
        admitted: list[Event] = []
        refusals: list[Outgoing] = []
        for event in events:
            try:
                admit(event, recorded, self.reference)
            except Refused as refused:
                refusals += self._refuse(record, event, refused, digest, "TRANSFORMATION")
            else:
                admitted.append(event)
        return Read(admitted, refusals, self._headers(record, digest))

    def _events(
        self, record: Record, party: str, dialect: str, digest: str, recorded: datetime, realm: str
    ) -> list[Event]:
        if dialect == CANONICAL:
            # The key is the sender's own affair here; the event's key is in its data.
            sent = envelope.from_record(
                None, record.value, record.headers, foreign=True, party=party, recorded=recorded
            )
            return [msgspec.structs.replace(sent, id=own_event_id(party, sent.id), realm=realm, cause="", sequence=0)]
        catalogue = Catalogue.load()
        content_type = envelope.header(record.headers, "content-type")
        events: list[Event] = []
        for index, draft in enumerate(dialects.read(dialect, record.value or b"", content_type, logged=True)):
            known = catalogue.get(draft.type)
            events.append(
                Event(
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
            )
        return events

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
        return _appended(record.timestamp_ms), ""

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

    @staticmethod
    def _headers(record: Record, digest: str) -> Headers:
        """What a fact says of the record it came in, besides its envelope."""
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


@lru_cache(maxsize=256)  # what the broker appended at once has one time; one object of it is hashed once
def _appended(timestamp_ms: int) -> datetime:
    return datetime.fromtimestamp(timestamp_ms / 1000, SHANGHAI)


def _said(record: Record, name: str) -> str:
    """A header that the sender may have forged: what is no text says nothing."""
    try:
        return envelope.header(record.headers, name)
    except Refused:
        return ""
