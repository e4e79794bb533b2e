"""Moves records between connectors and Kafka: open, pump, settle, back off. Written once for every kind.

The one rule: a record is settled only after Kafka has it, an offset is committed only after the peer has it. What is sent
twice after a kill carries the same id: at least once, with stable ids, is the promise of the edge.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Protocol

import structlog
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.errors import KafkaError

from connectors.formats import limits
from connectors.protocol import Connector, Delivery, Draft, Envelope, NotUnderstood, Unavailable
from hub.canonical.catalogue import Catalogue
from hub.canonical.event import derived_id, own_event_id
from hub.canonical.refused import Refused
from hub.topics import Topics
from hub.wire import envelope

log = structlog.get_logger(__name__)

_FIRST_PAUSE: Final = 0.5
_LONGEST_PAUSE: Final = 30.0
_RECORDS: Final = 200
_POLL_MS: Final = 500


class Producer(Protocol):
    """As much of a Kafka producer as is needed: `send` gives what to wait for."""

    async def send(
        self, topic: str, value: bytes, key: bytes, *, headers: Sequence[tuple[str, bytes]]
    ) -> Awaitable[Any]:
        """Hand one record over."""


@dataclass(slots=True)
class Pulse:
    """Whether each pump is at work, for ``/readyz``."""

    states: dict[str, str] = field(default_factory=dict)

    @property
    def ready(self) -> bool:
        """Is every pump at work?"""
        return bool(self.states) and all(state == "ok" for state in self.states.values())


async def take_in(connector: Connector, topics: Topics, producer: Producer, now: Callable[[], datetime]) -> None:
    """Everything that the connector's source gives → its party's ingress topic. Ends when the source does."""
    assert connector.source is not None
    topic = topics.ingress(connector.party, connector.dialect.name).name
    async for batch in connector.source.deliveries():
        sent: list[tuple[Delivery, Awaitable[Any]]] = []
        for delivery in batch:
            try:
                key, value, headers = _ingress(connector, delivery, now())
            except NotUnderstood as error:
                await delivery.settle(error)
                continue
            try:
                sent.append((delivery, await producer.send(topic, value, key, headers=headers)))
            except KafkaError as error:
                await delivery.settle(Unavailable(str(error)))
        for delivery, acknowledged in sent:
            try:
                await acknowledged
            except KafkaError as error:
                await delivery.settle(Unavailable(str(error)))
            else:
                await delivery.settle(None)


def _ingress(connector: Connector, delivery: Delivery, now: datetime) -> tuple[bytes, bytes, list[tuple[str, bytes]]]:
    """Key, value and headers of one record, as the party itself would have written it."""
    drafts = connector.dialect.read(delivery.record)
    value = connector.format.encode([delivery.record])
    if len(value) > limits.RECORD_BYTES:
        raise limits.too_large("单条记录字节数", "size of one record", limits.RECORD_BYTES)
    owner, first = connector.party, drafts[0]
    record_id = own_event_id(owner, first.own_id) if first.own_id else derived_id(owner, *delivery.origin)
    headers = {
        "ce_id": record_id,
        "ce_fromparty": first.party or owner,
        "ce_recordedtime": now.isoformat(),
        "content-type": connector.format.content_type,
    }
    return (_key(first) or record_id).encode(), value, [(name, text.encode()) for name, text in headers.items()]


def _key(draft: Draft) -> str:
    """The aggregate's key, so that one party's facts about one matter keep their order on their way in."""
    known = Catalogue.load().get(draft.type)
    return known.key_of(draft.data) if known else ""


async def hand_out(connector: Connector, topics: Topics, consumer: AIOKafkaConsumer) -> None:
    """The deliveries of every party with a sink → that sink, for ever."""
    parties = {topics.delivery(party).name: party for party in connector.sinks}
    consumer.subscribe(list(parties))
    while True:
        found = await consumer.getmany(timeout_ms=_POLL_MS, max_records=_RECORDS)
        for place, records in found.items():
            for record in records:
                await _hand(connector, parties[place.topic], record.value, record.headers)
        if found:
            await consumer.commit()


async def _hand(connector: Connector, party: str, value: bytes | None, headers: Sequence[tuple[str, bytes]]) -> None:
    try:
        event = envelope.from_record(None, value, headers)
    except Refused as error:  # written by the hub itself: a person must look, the others must not wait
        log.error("delivery.unreadable", party=party, detail=error.detail_en)
        return
    if event.realm:
        return  # a scenario's own world never reaches a real system
    record = connector.dialect.write(event.type, event.data, Envelope.of(event))
    if record is not None:
        await connector.sinks[party].send(record, key=f"{event.sequence:012}-{event.id}")


async def keep_running(
    name: str,
    pump: Callable[[], Awaitable[None]],
    pulse: Pulse,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> None:
    """Run *pump* again and again; what is unavailable is tried later and later, anything else is a bug and goes up."""
    pause = _FIRST_PAUSE
    while True:
        pulse.states[name] = "ok"
        started = asyncio.get_running_loop().time()
        try:
            await pump()
            return
        except (Unavailable, KafkaError, OSError) as error:
            if asyncio.get_running_loop().time() - started > _LONGEST_PAUSE:
                pause = _FIRST_PAUSE
            pulse.states[name] = f"{type(error).__name__}: {error}"[:200]
            log.warning("connector.unavailable", connector=name, reason=str(error)[:200], pause_seconds=pause)
            await sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE)


def consumer_for(connector: Connector, bootstrap: str) -> AIOKafkaConsumer:
    """The reader of a system's deliveries: group ``<party>.files``, only what is committed, offsets by hand."""
    return AIOKafkaConsumer(
        bootstrap_servers=bootstrap, group_id=f"{connector.party.lower()}.files", isolation_level="read_committed",
        enable_auto_commit=False, auto_offset_reset="earliest",
    )  # fmt: skip


def producer_for(bootstrap: str) -> AIOKafkaProducer:
    """The writer of ingress records."""
    return AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all", enable_idempotence=True, linger_ms=5)


async def run(
    connectors: Mapping[str, Connector], topics: Topics, bootstrap: str, pulse: Pulse, now: Callable[[], datetime]
) -> None:
    """Both directions of every connector, until cancelled."""

    def taking(connector: Connector) -> Callable[[], Awaitable[None]]:
        async def pump() -> None:
            async with producer_for(bootstrap) as producer:
                await take_in(connector, topics, producer, now)

        return pump

    def handing(connector: Connector) -> Callable[[], Awaitable[None]]:
        async def pump() -> None:
            async with consumer_for(connector, bootstrap) as consumer:
                await hand_out(connector, topics, consumer)

        return pump

    async with asyncio.TaskGroup() as group:
        for name, connector in connectors.items():
            if connector.source is not None:
                group.create_task(keep_running(f"{name}.in", taking(connector), pulse))
            if connector.sinks:
                group.create_task(keep_running(f"{name}.out", handing(connector), pulse))
