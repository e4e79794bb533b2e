"""Decisions → records to write: topics, keys, headers, receipts and dead letters are chosen here.

The one rule: every id written here follows from the event it is about, so that writing it twice is writing it once.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from hub.canonical.event import HUB, Event, derived_id
from hub.canonical.refused import Refused
from hub.engine.record import Headers, Outgoing, Record
from hub.rules.ledger import Recipients, Routed
from hub.topics import Topics
from hub.wire import avro, envelope

#: Headers of the hub's own beside CloudEvents: where a fact came in, and the SHA-256 of its bytes as sent.
ORIGIN: Final = "hub_origin"
DIGEST: Final = "hub_digest"
MAPPING: Final = "hub_mapping"
PASSED_ON: Final = (ORIGIN, DIGEST, MAPPING, "traceparent", "tracestate")


def fact(topics: Topics, event: Event, extra: Headers) -> Outgoing:
    """An admitted fact for its aggregate's topic."""
    topic = topics.aggregate(event.aggregate).name
    return Outgoing(
        topic, envelope.kafka_key(event), avro.encode(event.type, event.data), envelope.to_headers(event) + extra
    )


def routed(topics: Topics, step: Routed, extra: Headers = ()) -> Iterator[Outgoing]:
    """A decision into the log of its aggregate, and whatever has recipients on its way to them."""
    if not (step.decision or step.recipients):
        return
    event = step.event
    key, value, headers = (
        envelope.kafka_key(event),
        avro.encode(event.type, event.data),
        envelope.to_headers(event) + extra,
    )
    if step.decision:
        topic = topics.clock if event.aggregate == "clock" else topics.aggregate(event.aggregate)
        yield Outgoing(topic.name, key, value, headers)
    if step.recipients:
        yield to_recipients(topics, key, value, headers, step.recipients)


def to_recipients(topics: Topics, key: bytes, value: bytes, headers: Headers, recipients: Recipients) -> Outgoing:
    """An event with its recipients named; the deliver agent projects it for each."""
    return Outgoing(
        topics.outgoing.name, key, value, (*headers, (envelope.RECIPIENTS, envelope.encode_recipients(recipients)))
    )


def receipt(
    topics: Topics, event: Event, digest: str, now: datetime, refused: Refused | None = None
) -> Iterator[Outgoing]:
    """The transport receipt of a fact, accepted, or refused with code and sentence: for its sender and whose system conveyed it."""
    name = "receipt.ingress.refused" if refused else "receipt.ingress.accepted"
    data = {"eventId": event.id, "digest": digest}
    if refused:
        data |= {"code": refused.code, "detail": " / ".join(filter(None, (refused.detail, refused.detail_en)))}
    answer = Event(
        id=derived_id(event.id, name),
        type=name,
        party=HUB,
        key=event.id,
        time=now.isoformat(timespec="seconds"),
        recorded=now,
        data=data,
        cause=event.id,
        realm=event.realm,
    )
    key, value, headers = envelope.kafka_key(answer), avro.encode(name, data), envelope.to_headers(answer)
    yield Outgoing(topics.receipt.name, key, value, headers)
    told = dict.fromkeys((event.party, *topics.conveyors(event.system, event.type)))
    yield to_recipients(topics, key, value, headers, tuple((party, "OPEN") for party in told))


def dead_letter(
    topics: Topics, event: Event, record: Record, refused: Refused, *, stage: str, group: str, owner: str = ""
) -> Outgoing:
    """A refused record for its sender's dead letters: key, value and headers as they came, and why.

    Header names are Kafka's own (KIP-1191) and Connect's. *owner*: whose record it was, if not the party it spoke for.
    """
    reason = (
        ("__dlq.errors.topic", record.topic),
        ("__dlq.errors.partition", str(record.partition)),
        ("__dlq.errors.offset", str(record.offset)),
        ("__dlq.errors.group", group),
        ("__dlq.errors.delivery.count", "1"),
        (
            "__dlq.errors.message",
            " ".join(filter(None, (refused.code, refused.pointer, refused.detail, refused.detail_en))),
        ),
        ("__connect.errors.stage", stage),
        ("__connect.errors.exception.class.name", "hub.canonical.refused.Refused"),
        ("hub_timestamp", str(record.timestamp_ms)),
        ("hub_event_id", event.id),
    )
    names = {name for name, _ in reason}
    kept = tuple((name, value) for name, value in record.headers if name not in names)
    topic = topics.dead_letters(owner or event.party)
    headers = kept + tuple((name, text.encode()) for name, text in reason)
    return Outgoing(topic.name, record.key, record.value, headers, record.partition % topic.partitions)
