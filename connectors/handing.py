"""A system's deliveries → its parties' sinks, each party at its own pace.

The one rule: a receiver that is slow, dead or wrong harms only itself. Each party's records are handed over by a task of their
own, in order; while it works or waits nothing more of that party is fetched, so what piles up stays in the log. An offset is
committed only after the party has the record.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from connectors.protocol import Connector, Envelope, Unavailable
from connectors.pulse import Pulse
from hub.canonical.refused import Refused
from hub.log import get_logger
from hub.topics import Topics
from hub.wire import envelope

log = get_logger(__name__)

FIRST_PAUSE: Final = 0.5
LONGEST_PAUSE: Final = 30.0
_RECORDS: Final = 200
_POLL_MS: Final = 200


@dataclass(slots=True)
class _Party:
    """One partition of one party's deliveries: what is being handed over, and how far that is."""

    name: str
    task: asyncio.Task[None] | None = None
    #: Handed over up to here; None: nothing since the last commit.
    done: int | None = None
    pause: float = FIRST_PAUSE


@dataclass
class _HandOut:
    connector: Connector
    topics: Topics
    consumer: AIOKafkaConsumer
    pulse: Pulse
    sleep: Callable[[float], Awaitable[None]]
    places: dict[TopicPartition, _Party] = field(default_factory=dict)

    async def run(self) -> None:
        parties = {self.topics.delivery(party).name: party for party in self.connector.sinks}
        self.consumer.subscribe(list(parties))
        try:
            while True:
                found = await self.consumer.getmany(timeout_ms=_POLL_MS, max_records=_RECORDS)
                for place, records in found.items():
                    self.consumer.pause(place)
                    party = self.places.setdefault(place, _Party(parties[place.topic]))
                    if party.task is not None:  # taken from us and given back: it is read again from what was committed
                        party.task.cancel()
                        await asyncio.gather(party.task, return_exceptions=True)
                    party.task = asyncio.create_task(self._hand_all(party, records))
                await self._settle()
        finally:
            tasks = [party.task for party in self.places.values() if party.task is not None]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _settle(self) -> None:
        """Commit what was handed over, and let those go on who have it all."""
        finished = [(place, party) for place, party in self.places.items() if party.task and party.task.done()]
        offsets = {place: party.done for place, party in self.places.items() if party.done is not None}
        if offsets:
            await self.consumer.commit(offsets)
            for place, offset in offsets.items():
                if self.places[place].done == offset:
                    self.places[place].done = None
        assigned = self.consumer.assignment()
        for place, party in finished:
            assert party.task is not None
            party.task.result()  # a bug goes up
            party.task = None
            if place in assigned:
                self.consumer.resume(place)

    async def _hand_all(self, party: _Party, records: Sequence[Any]) -> None:
        """Hand over *records*; what cannot be handed over now is tried later and later, and the next wait behind it."""
        name = f"{self.connector.name}.out.{party.name}"
        for record in records:
            while True:
                try:
                    await _hand(self.connector, party.name, record.value, record.headers)
                    break
                except (Unavailable, KafkaError, OSError) as error:
                    self.pulse.cannot_reach(name, f"{type(error).__name__}: {error}"[:200])
                    own = error.pause_seconds if isinstance(error, Unavailable) else None
                    pause = party.pause if own is None else own
                    log.warning("receiver.unavailable", receiver=name, reason=str(error)[:200], pause_seconds=pause)
                    await self.sleep(pause)
                    if own is None:
                        party.pause = min(party.pause * 2, LONGEST_PAUSE)
            party.pause = FIRST_PAUSE
            self.pulse.unreachable.pop(name, None)
            party.done = record.offset + 1


async def hand_out(
    connector: Connector,
    topics: Topics,
    consumer: AIOKafkaConsumer,
    pulse: Pulse | None = None,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> None:
    """The deliveries of every party with a sink → that sink, for ever. *pulse* names the parties that cannot be reached."""
    await _HandOut(connector, topics, consumer, pulse or Pulse(), sleep).run()


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
