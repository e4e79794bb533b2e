"""A load through the doors of the hub: the facts of one party and one door in turn, the threads of all of them beside each other.

One rule: a fact is sent only after the one before it in its thread was accepted, as a system that waits for its answer does.
"""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Protocol

from tests.faults.load import Fact, Load, Thread

_BATCH = 40
_GATEWAY_LANES = 3


class Door(Protocol):
    """A way into the hub."""

    async def send(self, facts: Sequence[Fact]) -> None:
        """Return once all of *facts* are accepted."""

    async def close(self) -> None:
        """Let go of what is open."""


class Sending:
    """One load on its way. *accepted* and *failed* may be read meanwhile."""

    def __init__(self, doors: Mapping[str, Door]) -> None:
        self.accepted = 0
        self.failed: list[str] = []
        self._doors = doors
        self._queues: dict[tuple[str, str], asyncio.Queue[Thread]] = defaultdict(asyncio.Queue)
        self._lanes: list[asyncio.Task[None]] = []
        self._open = 0
        self._all_ended = asyncio.Event()

    async def send(self, load: Load, rate: float, limit_seconds: float) -> None:
        """Start so many facts a second; return when all are accepted, or nothing was for *limit_seconds*."""
        try:
            await self._start(load, rate)
            await self._until_ended(limit_seconds)
        finally:
            for lane in self._lanes:
                lane.cancel()
            await asyncio.gather(*self._lanes, return_exceptions=True)
            for door in self._doors.values():
                await door.close()

    async def _start(self, load: Load, rate: float) -> None:
        began, started = time.monotonic(), 0
        for thread in load.threads():
            self._open += 1
            started += len(thread.facts)
            self._enqueue(thread)
            if (ahead := started / rate - (time.monotonic() - began)) > 0.02:
                await asyncio.sleep(ahead)

    async def _until_ended(self, limit_seconds: float) -> None:
        last, moved = -1, time.monotonic()
        while self._open:
            self._all_ended.clear()
            try:
                await asyncio.wait_for(self._all_ended.wait(), 5)
            except TimeoutError:
                pass
            if self.accepted != last:
                last, moved = self.accepted, time.monotonic()
            if time.monotonic() - moved > limit_seconds:
                self.failed.append(f"{self._open} threads stood still for {limit_seconds:g} s")
                return

    def _enqueue(self, thread: Thread) -> None:
        at = (thread.door, thread.facts[thread.next].party)
        if at not in self._queues:
            lanes = _GATEWAY_LANES if thread.door == "gateway" else 1
            # The first lane sends one by one, as small systems do.
            self._lanes += [
                asyncio.create_task(
                    self._lane(self._queues[at], self._doors[thread.door], _BATCH if lane or lanes == 1 else 1)
                )
                for lane in range(lanes)
            ]
        self._queues[at].put_nowait(thread)

    async def _lane(self, queue: asyncio.Queue[Thread], door: Door, most: int) -> None:
        while True:
            threads = [await queue.get()]
            while len(threads) < most and not queue.empty():
                threads.append(queue.get_nowait())
            try:
                await door.send([thread.facts[thread.next] for thread in threads])
            except Exception as error:  # noqa: BLE001 - noted and judged at the end; the others go on
                self.failed.append(repr(error)[:600])
                self._end(len(threads))
                continue
            self.accepted += len(threads)
            for thread in threads:
                self._advance(thread)

    def _advance(self, thread: Thread) -> None:
        if thread.next + 1 == len(thread.facts) and thread.repeat:
            thread.repeat = False  # the last fact once more
        else:
            thread.next += 1
        if thread.next < len(thread.facts):
            self._enqueue(thread)
        else:
            self._end(1)

    def _end(self, count: int) -> None:
        self._open -= count
        if not self._open:
            self._all_ended.set()
