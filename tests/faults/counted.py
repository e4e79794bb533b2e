"""Numbers through the engine's counting worker, kept running as a supervisor would, and the audit of what came out.

For faults of the cluster and the network: they hit lanes, not rules, and here a wrong step shows in every later one.
"""

from __future__ import annotations

import asyncio
import sys
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient, NewTopic

from hub.local.child import Child
from tests.engine.broker import read_all, unique
from tests.engine.counting import topics_of
from tests.engine.numbers import Load, audit, expected_outputs

PARTITIONS = 4
#: The supervisor's pause, as `hub dev` makes it.
_PAUSE_SECONDS = 0.5


@dataclass(slots=True)
class Slot:
    """A worker that is started again whenever it ends, and how it ended."""

    argv: list[str]
    log: Path
    exits: list[int] = field(default_factory=list)
    child: Child | None = None

    async def keep(self) -> None:
        while True:
            self.child = Child.start(self.argv, log=self.log)
            self.exits.append(await self.child.wait())
            await asyncio.sleep(_PAUSE_SECONDS)


class Counted:
    """One flow, its topics, its load and its workers. *bootstrap* is the workers' way, *straight* the test's own."""

    def __init__(
        self,
        straight: str,
        directory: Path,
        *,
        bootstrap: str = "",
        replicas: int = 1,
        rate: int = 200,
        workers: int = 1,
        request_ms: int = 20_000,
    ) -> None:
        self.name = unique("counted")
        self.rate = rate
        self.load: Load
        self._straight = straight
        self._replicas = replicas
        self._slots = [
            Slot(
                [sys.executable, "-m", "tests.engine.counting", bootstrap or straight, self.name, str(PARTITIONS),
                 f"slot-{number}", "6000", str(request_ms)],
                directory / f"{self.name}-{number}.log",
            )
            for number in range(workers)
        ]  # fmt: skip
        self._keepers: list[asyncio.Task[None]] = []

    @property
    def exits(self) -> list[int]:
        """Exit codes of workers that ended by themselves."""
        return [code for slot in self._slots for code in slot.exits]

    async def __aenter__(self) -> Self:
        await asyncio.to_thread(self._create_topics)
        self._keepers = [asyncio.create_task(slot.keep()) for slot in self._slots]
        self.load = Load(self._straight, topics_of(self.name)[0], self.rate)
        return self

    async def __aexit__(self, *_: object) -> None:
        self.load._done.set()
        for keeper in self._keepers:
            keeper.cancel()
        await asyncio.gather(*self._keepers, return_exceptions=True)
        for slot in self._slots:
            if slot.child is not None:
                slot.child.kill()
                await slot.child.wait()
            sys.stdout.write(slot.log.read_text(errors="replace"))

    async def written(self) -> int:
        """How many outputs a reader of what is committed sees now."""
        return len(await asyncio.to_thread(read_all, self._straight, [topics_of(self.name)[1]]))

    async def until_working(self, seconds: float = 40) -> None:
        """Wait until new outputs appear; a cluster that is coming back may not answer for a while."""
        deadline = time.monotonic() + seconds
        before = -1
        while True:
            with suppress(AssertionError, KafkaException):
                now = await self.written()
                if 0 <= before < now:
                    return
                before = now
            assert time.monotonic() < deadline, f"nothing new within {seconds:.0f} s, exits {self.exits}"
            await asyncio.sleep(0.2)

    async def audited(self, seconds: float = 60) -> None:
        """Stop the load, wait until it is through, and check every number: lost, twice, out of order, wrong state."""
        await asyncio.to_thread(self.load.stop)
        expected = expected_outputs(self.load.sent)
        deadline = time.monotonic() + seconds
        while (written := await self.written()) < expected:
            assert time.monotonic() < deadline, (
                f"{written} of {expected} written after {seconds:.0f} s, exits {self.exits}"
            )
            await asyncio.sleep(0.3)
        await asyncio.to_thread(audit, self._straight, self.name, self.load.sent)

    def _create_topics(self) -> None:
        topic, out, state = topics_of(self.name)
        compacted = {"cleanup.policy": "compact"}
        admin = AdminClient({"bootstrap.servers": self._straight})  # named: it must outlive its answers
        made = admin.create_topics(
            [
                NewTopic(name, PARTITIONS, self._replicas, config=compacted if name == state else {})
                for name in (topic, out, state)
            ]
        )
        for future in made.values():
            future.result(30)
