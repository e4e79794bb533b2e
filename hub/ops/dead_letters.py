"""Dead letters: what was refused, why, and sending it again.

The one rule: a dead letter is never changed or removed. Sending it again writes the record back to the topic its header
names and a mark beside the original, both in one transaction.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass

from aiokafka import AIOKafkaProducer

from hub.canonical.event import derived_id
from hub.engine.record import Headers, Record
from hub.ops.scan import header_text, records
from hub.topics import Topics

#: Families of headers that tell where a dead letter comes from: ours (KIP-1191), Connect, Kafka Streams (KIP-1034), Spring.
_ORIGINS = ("__dlq.errors.", "__connect.errors.", "__streams.errors.", "kafka_dlt-original-")
_INGRESS = "evt."  #: how the topics begin in which records lie as they were sent
_REDRIVEN = "hub_redriven"  #: header of the mark: ``partition/offset`` of the dead letter it is about


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """One refused record. *number* is ``<PARTY>:<partition>:<offset>`` and names it for good."""

    number: str
    party: str
    code: str
    message: str
    stage: str
    event_id: str
    topic: str  #: where it was refused, and where redriving sends it
    partition: int
    offset: int
    refused_ms: int  #: when it was refused, milliseconds since 1970
    redriven: bool
    record: Record


def _origin(headers: Headers, what: str) -> str:
    return next(filter(None, (header_text(headers, prefix + what) for prefix in _ORIGINS)), "")


def read_letter(party: str, record: Record, redriven: bool) -> DeadLetter:
    """A dead letter from the record that holds it."""
    headers = record.headers
    message = _origin(headers, "message") or _origin(headers, "exception.message")
    return DeadLetter(
        number=f"{party}:{record.partition}:{record.offset}",
        party=party,
        code=message.partition(" ")[0],
        message=message,
        stage=_origin(headers, "stage"),
        event_id=header_text(headers, "hub_event_id"),
        topic=_origin(headers, "topic"),
        partition=int(_origin(headers, "partition") or -1),
        offset=int(_origin(headers, "offset") or -1),
        refused_ms=record.timestamp_ms,
        redriven=redriven,
        record=record,
    )


async def letters(bootstrap: str, topics: Topics, parties: tuple[str, ...]) -> AsyncIterator[DeadLetter]:
    """Dead letters of *parties*, oldest first within one partition."""
    names = {topics.dead_letters(party).name: party for party in parties}
    found: list[Record] = []
    marks: set[tuple[str, str]] = set()
    async for record in records(bootstrap, names):
        if mark := header_text(record.headers, _REDRIVEN):
            marks.add((record.topic, mark))
        else:
            found.append(record)
    for record in sorted(found, key=lambda one: (one.topic, one.partition, one.offset)):
        yield read_letter(names[record.topic], record, (record.topic, f"{record.partition}/{record.offset}") in marks)


async def redrive(bootstrap: str, chosen: list[DeadLetter]) -> int:
    """Send each of *chosen* again to the topic its header names, exactly once; returns how many.

    A fact that an aggregate refused has been heard under its id, so it goes back under a new one that follows from the old.
    """
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, transactional_id="hub.redrive", acks="all")
    await producer.start()
    try:
        for letter in chosen:
            mark = (_REDRIVEN, f"{letter.record.partition}/{letter.record.offset}".encode())
            await producer.begin_transaction()
            await producer.send(
                letter.topic, letter.record.value, letter.record.key, headers=list(_without_reason(letter))
            )
            await producer.send(
                letter.record.topic, b"", letter.record.key, partition=letter.record.partition, headers=[mark]
            )
            await producer.commit_transaction()
    finally:
        await producer.stop()
    return len(chosen)


def _without_reason(letter: DeadLetter) -> Headers:
    headers = letter.record.headers
    own_id = header_text(headers, "ce_id")
    heard = own_id and not letter.topic.startswith(_INGRESS)  # by an aggregate, for which the same id would be a repeat
    renamed = derived_id(own_id, "redrive", letter.number) if heard else own_id
    return tuple(
        (name, renamed.encode() if name == "ce_id" else value)
        for name, value in headers
        if not name.startswith(_ORIGINS) and name not in ("hub_timestamp", "hub_event_id")
    )
