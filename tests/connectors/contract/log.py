"""The hub's side of a connector in these tests: a log that remembers, holds back or breaks, and the topics it has."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

from aiokafka.errors import KafkaConnectionError

TOPICS: Any = SimpleNamespace(ingress=lambda party, dialect: SimpleNamespace(name=f"evt.{party}.{dialect}"))


@dataclass
class Log:
    """What was acknowledged, in order: value, key and headers of each record. *breaks_at*: the send that fails, from 1.

    *holds*: nothing is acknowledged while it is set.
    """

    records: list[tuple[bytes, bytes, dict[str, str]]] = field(default_factory=list)
    sends: int = 0
    breaks_at: int = 0
    reached: asyncio.Event = field(default_factory=asyncio.Event)
    holds: bool = False

    async def send(
        self, topic: str, value: bytes, key: bytes, *, headers: Sequence[tuple[str, bytes]]
    ) -> Awaitable[Any]:
        self.sends += 1
        if self.sends == self.breaks_at:
            self.reached.set()
            raise KafkaConnectionError("the broker is gone")
        return asyncio.ensure_future(self._acknowledge(value, key, headers))

    async def _acknowledge(self, value: bytes, key: bytes, headers: Sequence[tuple[str, bytes]]) -> None:
        while self.holds:
            await asyncio.sleep(0.02)
        self.records.append((value, key, {name: text.decode() for name, text in headers}))

    @property
    def ids(self) -> list[str]:
        return [headers["ce_id"] for _, _, headers in self.records]
