"""The hub's side of a connector in these tests: the topics it has, a log that remembers, and the pump between peer and log.

The one rule: a log takes the place of Kafka's producer and of nothing else; whatever fills it is the hub's own.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple

from aiokafka.errors import KafkaConnectionError

from connectors.protocol import Connector
from connectors.pulse import Pulse
from connectors.runner import keep_running, take_in
from tests.connectors.sites import NOON

TOPICS: Any = SimpleNamespace(
    ingress=lambda party, dialect: SimpleNamespace(name=f"evt.{party.lower()}.{dialect}.v1"),
    delivery=lambda party: SimpleNamespace(name=f"dlv.{party.lower()}.v1"),
)


class Sent(NamedTuple):
    """One record as the log has it."""

    topic: str
    value: bytes
    key: bytes
    headers: dict[str, str]


@dataclass
class Log:
    """What was acknowledged, in order. It can be away, break once, be slow, or hold back."""

    records: list[Sent] = field(default_factory=list)
    sends: int = 0
    broken: bool = False  #: every send fails
    breaks_at: int = 0  #: the one send that fails, from 1
    reached: asyncio.Event = field(default_factory=asyncio.Event)  #: it has failed
    seconds: float = 0.0  #: for each send
    holds: bool = False  #: nothing is acknowledged while it is set

    async def send(
        self, topic: str, value: bytes, key: bytes, *, headers: Sequence[tuple[str, bytes]]
    ) -> Awaitable[Any]:
        self.sends += 1
        if self.broken or self.sends == self.breaks_at:
            self.reached.set()
            raise KafkaConnectionError("the broker is gone")
        if self.seconds:
            await asyncio.sleep(self.seconds)
        sent = Sent(topic, value, key, {name: text.decode() for name, text in headers})
        if self.holds:
            return asyncio.ensure_future(self._acknowledge_later(sent))
        self.records.append(sent)
        acknowledged: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        acknowledged.set_result(None)
        return acknowledged

    async def _acknowledge_later(self, sent: Sent) -> None:
        while self.holds:
            await asyncio.sleep(0.02)
        self.records.append(sent)

    @property
    def ids(self) -> list[str]:
        return [sent.headers["ce_id"] for sent in self.records]

    @property
    def plans(self) -> list[str]:
        """Of records that say plans as they are."""
        return [json.loads(sent.value)["data"]["planId"] for sent in self.records]


class FileLog(Log):
    """Outlives its process: an id is on the disk before it is acknowledged."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path = path

    async def send(
        self, topic: str, value: bytes, key: bytes, *, headers: Sequence[tuple[str, bytes]]
    ) -> Awaitable[Any]:
        with self.path.open("ab") as file:
            file.write(dict(headers)["ce_id"] + b"\n")
        return await super().send(topic, value, key, headers=headers)


@asynccontextmanager
async def taking(connector: Connector, log: Log) -> AsyncIterator[asyncio.Task[None]]:
    """Take in meanwhile, and go on after what is unavailable, as the process does."""

    async def pump() -> None:
        await take_in(connector, TOPICS, log, lambda: NOON)

    task = asyncio.create_task(keep_running("peer.in", pump, Pulse(), lambda _: asyncio.sleep(0.1)))
    try:
        yield task
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task  # a bug goes up
