"""Systems with a Kafka client of their own: the canonical dialect on the party's own topic."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import orjson
from confluent_kafka import Producer

from tests.faults.journal import Journal
from tests.faults.load import Fact
from tests.faults.senders.gateway import NotAccepted

_HEADERS = [("content-type", b"application/cloudevents+json")]


class Kafka:
    def __init__(self, bootstrap: str, journal: Journal, limit_seconds: float) -> None:
        self._producer = Producer(
            {
                "bootstrap.servers": bootstrap,
                "enable.idempotence": True,
                "linger.ms": 5,
                "message.timeout.ms": int(limit_seconds * 1000),
                "log_level": 2,
            }
        )
        self._journal = journal
        self._limit = limit_seconds

    async def send(self, facts: Sequence[Fact]) -> None:
        """Write *facts* and return once the brokers have acknowledged all of them."""
        self._journal.write(fact.sent() for fact in facts)
        failed = await asyncio.to_thread(self._write, facts)
        self._journal.write(
            {
                "event": "answered",
                "party": fact.party,
                "id": fact.id,
                "accepted": fact.id not in failed,
                "status": "acked",
            }
            for fact in facts
        )
        if failed:
            raise NotAccepted(f"not acknowledged: {failed}")

    def _write(self, facts: Sequence[Fact]) -> dict[str, str]:
        waiting = {fact.id: "no answer" for fact in facts}

        def told(name: str, error: object) -> None:
            if error is None:
                waiting.pop(name, None)
            else:
                waiting[name] = str(error)

        for fact in facts:
            self._producer.produce(
                f"evt.{fact.party.lower()}.canonical.v1",
                orjson.dumps(fact.cloudevent()),
                fact.key,
                headers=_HEADERS,
                on_delivery=lambda error, _, name=fact.id: told(name, error),
            )
        self._producer.flush(self._limit)
        return waiting

    async def close(self) -> None:
        self._producer.flush(5)
