"""Moves records between connectors and Kafka: open, pump, settle, back off. Written once for every kind.

The one rule: a record is settled only after Kafka has it, an offset is committed only after the peer has it. What is sent
twice after a kill carries the same id: at least once, with stable ids, is the promise of the edge.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.errors import KafkaError

from connectors import formats
from connectors.formats import limits
from connectors.handing import FIRST_PAUSE, LONGEST_PAUSE, hand_out
from connectors.pauses import Pauses, pausing
from connectors.protocol import Connector, Delivery, Draft, NotUnderstood, Unavailable
from connectors.pulse import Pulse
from hub.canonical.catalogue import Catalogue
from hub.canonical.event import derived_id, own_event_id
from hub.log import get_logger
from hub.topics import Topics

log = get_logger(__name__)


class Producer(Protocol):
    """As much of a Kafka producer as is needed: `send` gives what to wait for."""

    async def send(
        self, topic: str, value: bytes, key: bytes, *, headers: Sequence[tuple[str, bytes]]
    ) -> Awaitable[Any]:
        """Hand one record over."""


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
    form = formats.logged(connector.format)
    value = form.encode([delivery.record])
    if len(value) > limits.RECORD_BYTES:
        raise limits.too_large("单条记录字节数", "size of one record", limits.RECORD_BYTES)
    owner, first = connector.party, drafts[0]
    record_id = own_event_id(owner, first.own_id) if first.own_id else derived_id(owner, *delivery.origin)
    headers = {
        "ce_id": record_id,
        "ce_fromparty": first.party or owner,
        "ce_recordedtime": now.isoformat(),
        "content-type": form.content_type,
    }
    return (_key(first) or record_id).encode(), value, [(name, text.encode()) for name, text in headers.items()]


def _key(draft: Draft) -> str:
    """The aggregate's key, so that one party's facts about one matter keep their order on their way in."""
    known = Catalogue.load().get(draft.type)
    return known.key_of(draft.data) if known else ""


async def keep_running(
    name: str,
    pump: Callable[[], Awaitable[None]],
    pulse: Pulse,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> None:
    """Run *pump* again and again; what is unavailable is tried later and later, anything else is a bug and goes up."""
    pause = FIRST_PAUSE
    while True:
        pulse.states[name] = "ok"
        started = asyncio.get_running_loop().time()
        try:
            await pump()
            return
        except (Unavailable, KafkaError, OSError) as error:
            if asyncio.get_running_loop().time() - started > LONGEST_PAUSE:
                pause = FIRST_PAUSE
            pulse.states[name] = f"{type(error).__name__}: {error}"[:200]
            log.warning("connector.unavailable", connector=name, reason=str(error)[:200], pause_seconds=pause)
            await sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE)


def consumer_for(connector: Connector, bootstrap: str) -> AIOKafkaConsumer:
    """The reader of a system's deliveries: group ``<party>.<kind>``, only what is committed, offsets by hand."""
    return AIOKafkaConsumer(
        bootstrap_servers=bootstrap, group_id=f"{connector.party.lower()}.{connector.kind}", isolation_level="read_committed",
        enable_auto_commit=False, auto_offset_reset="earliest",
    )  # fmt: skip


def producer_for(bootstrap: str) -> AIOKafkaProducer:
    """The writer of ingress records."""
    return AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all", enable_idempotence=True, linger_ms=5)


async def run(
    connectors: Mapping[str, Connector],
    topics: Topics,
    bootstrap: str,
    pulse: Pulse,
    now: Callable[[], datetime],
    pauses: Pauses,
) -> None:
    """Both directions of every connector, until cancelled; each stands still while it is paused."""

    def taking(connector: Connector) -> Callable[[], Awaitable[None]]:
        async def pump() -> None:
            async with producer_for(bootstrap) as producer:
                await take_in(connector, topics, producer, now)

        return pump

    def handing(connector: Connector) -> Callable[[], Awaitable[None]]:
        async def pump() -> None:
            async with consumer_for(connector, bootstrap) as consumer:
                await hand_out(connector, topics, consumer, pulse)

        return pump

    def kept(pump: str, work: Callable[[], Awaitable[None]]) -> Coroutine[Any, Any, None]:
        return keep_running(pump, pausing(pump, work, pauses, lambda paused: pulse.pausing(pump, paused)), pulse)

    async with asyncio.TaskGroup() as group:
        for name, connector in connectors.items():
            if connector.source is not None:
                group.create_task(kept(f"{name}.in", taking(connector)))
            if connector.sinks:
                group.create_task(kept(f"{name}.out", handing(connector)))
