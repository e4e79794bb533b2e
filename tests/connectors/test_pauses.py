"""A connection that a person stops stands still, loses nothing, and goes on; also over a restart of the process."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from connectors.memory import MemorySource
from connectors.pauses import Pauses, pausing
from connectors.pulse import Pulse


async def test_a_paused_pump_stands_still_and_begins_again(tmp_path: Path) -> None:
    pauses, pulse = Pauses.under(tmp_path), Pulse()
    runs: list[str] = []

    async def work() -> None:
        runs.append("begun")
        try:
            await asyncio.Event().wait()
        finally:
            runs.append("stopped")

    pauses.pause("a.in", "维护")
    pump = asyncio.create_task(pausing("a.in", work, pauses, lambda paused: pulse.pausing("a.in", paused))())
    await asyncio.sleep(0.7)
    assert (runs, pulse.paused) == ([], {"a.in"})

    assert pauses.resume("a.in")
    async with asyncio.timeout(5):
        while runs != ["begun"]:
            await asyncio.sleep(0.05)
    assert not pulse.paused
    pauses.pause("a.in", "again")
    async with asyncio.timeout(5):
        while runs != ["begun", "stopped"]:
            await asyncio.sleep(0.05)
    pump.cancel()
    await asyncio.gather(pump, return_exceptions=True)
    assert Pauses.under(tmp_path).all() == {"a.in": "again"}


class Stubborn:
    """A pump under which a library swallows the first cancellations, as an HTTP client or a driver may."""

    def __init__(self, swallows: int) -> None:
        self.left, self.begun, self.ended = swallows, 0, False

    async def work(self) -> None:
        self.begun += 1
        try:
            while True:
                try:
                    await asyncio.Event().wait()
                except asyncio.CancelledError:
                    if not self.left:
                        raise
                    self.left -= 1
        finally:
            self.ended = True


async def test_a_pump_that_swallows_cancellations_is_paused_all_the_same(tmp_path: Path) -> None:
    pauses, stubborn, told = Pauses.under(tmp_path), Stubborn(2), list[bool]()
    pump = asyncio.create_task(pausing("a.in", stubborn.work, pauses, told.append)())
    await asyncio.sleep(0.1)

    pauses.pause("a.in", "")
    async with asyncio.timeout(6):
        while not told[-1]:
            await asyncio.sleep(0.05)

    assert (stubborn.ended, stubborn.left, stubborn.begun) == (True, 0, 1)
    pump.cancel()
    await asyncio.gather(pump, return_exceptions=True)


async def test_a_pump_that_swallows_cancellations_is_stopped_all_the_same(tmp_path: Path) -> None:
    stubborn = Stubborn(2)
    pump = asyncio.create_task(pausing("a.in", stubborn.work, Pauses.under(tmp_path), lambda _: None)())
    await asyncio.sleep(0.1)

    pump.cancel()
    async with asyncio.timeout(6):
        await asyncio.wait({pump})

    assert (stubborn.ended, stubborn.left, pump.cancelled()) == (True, 0, True)


async def test_another_pump_is_not_touched_and_an_end_ends(tmp_path: Path) -> None:
    pauses = Pauses.under(tmp_path)
    pauses.pause("a.in", "")
    told: list[bool] = []
    source: Any = MemorySource([{"n": 1}, {"n": 2}])
    seen: list[Any] = []

    async def work() -> None:
        async for batch in source.deliveries():
            seen.extend(delivery.record for delivery in batch)

    await asyncio.wait_for(pausing("a.out", work, pauses, told.append)(), 5)
    assert seen == [{"n": 1}, {"n": 2}]
    assert told == [False, False]
    assert not pauses.resume("a.out")
