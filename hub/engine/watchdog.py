"""Whoever cannot show progress goes.

A worker may stand still without any error: a broker that failed over was seen to leave a consumer alive and deaf. One rule:
while there is something to do, something must move; otherwise the process ends and its successor begins with fresh
connections. What there is to do is measured against the reader's *position*, never against committed offsets: the last offset
of a topic written by transactions is a marker, which is never committed, so a committed offset stays one short for ever.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections.abc import Callable, Collection, Mapping

from hub.engine.client import TopicPartition, new_consumer
from hub.engine.exits import Exit, die
from hub.engine.fetcher import Fetcher
from hub.engine.lane import Lane
from hub.engine.settings import EngineSettings

_TICK_SECONDS = 0.5


class LoopWatch:
    """A thread that sees what the event loop cannot: that it hangs, or that the whole process stood still."""

    def __init__(self, settings: EngineSettings) -> None:
        self._hang_seconds = settings.stall_timeout_ms / 1000
        self._pause_seconds = settings.session_timeout_ms / 1000
        self._loop: asyncio.AbstractEventLoop | None = None
        self._beat_at = 0.0
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="loop watch", daemon=True)

    def start(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._beat_at = time.monotonic()
        self._thread.start()

    def stop(self) -> None:
        self._stopped.set()

    def _beat(self) -> None:
        self._beat_at = time.monotonic()

    def _watch(self) -> None:
        assert self._loop is not None
        seen_at = time.monotonic()
        while not self._stopped.wait(_TICK_SECONDS):
            now = time.monotonic()
            if now - seen_at > self._pause_seconds:  # the group has given this member up; its lanes belong to others
                die(Exit.PAUSED, "the process stood still longer than the session", seconds=round(now - seen_at, 1))
            seen_at = now
            if now - self._beat_at > self._hang_seconds:
                die(Exit.LOOP_HUNG, "the event loop does not answer", seconds=round(now - self._beat_at, 1))
            with contextlib.suppress(RuntimeError):  # the loop was closed: nothing left to watch
                self._loop.call_soon_threadsafe(self._beat)


class ProgressWatch:
    """Compares, through a connection of its own, where each lane's reader stands with where the log ends."""

    def __init__(
        self,
        *,
        bootstrap: str,
        fetcher: Fetcher,
        lanes: Callable[[], Collection[Lane]],
        settings: EngineSettings,
        flow: str,
    ) -> None:
        self._fetcher = fetcher
        self._lanes = lanes
        self._settings = settings
        self._flow = flow
        self._probe = new_consumer(bootstrap_servers=bootstrap, request_timeout_ms=settings.probe_interval_ms)
        self._read_at: dict[TopicPartition, int] = {}
        self._ends: dict[TopicPartition, int] = {}
        self._answered_at = time.monotonic()

    @property
    def ends(self) -> Mapping[TopicPartition, int]:
        """Where the logs ended when last asked."""
        return self._ends

    def read_at(self, at: TopicPartition) -> int | None:
        """Where the reader of *at* stood when last asked."""
        return self._read_at.get(at)

    @property
    def silent(self) -> bool:
        """Whether the broker has not said where the logs end for half of what is tolerated."""
        return (time.monotonic() - self._answered_at) * 2 > self._settings.stall_timeout_ms / 1000

    def stalled(self, lane: Lane) -> bool:
        """Whether *lane* has something to do and has not moved for half of what is tolerated."""
        return self._still_for(lane) * 2 > self._settings.stall_timeout_ms / 1000

    async def run(self) -> None:
        interval = self._settings.probe_interval_ms / 1000
        await self._probe.start()
        self._answered_at = time.monotonic()
        while True:
            await self._look(interval)
            self._judge()
            await asyncio.sleep(interval)

    async def stop(self) -> None:
        with contextlib.suppress(Exception):
            await self._probe.stop()

    async def _look(self, within_seconds: float) -> None:
        partitions = [at for lane in self._lanes() if lane.running for at in lane.partitions]
        if not partitions:
            self._answered_at = time.monotonic()
            return
        if self._probe.assignment() != frozenset(partitions):
            # Topics that are not assigned would be looked up one by one, with a pause after each. Paused: nothing is fetched.
            self._probe.assign(partitions)
            self._probe.pause(*partitions)
        with contextlib.suppress(Exception):  # no answer is no progress: the age of the last one speaks
            async with asyncio.timeout(within_seconds):
                self._ends = await self._probe.end_offsets(partitions)
            self._answered_at = time.monotonic()
        for lane in self._lanes():
            self._note_positions(lane)

    def _note_positions(self, lane: Lane) -> None:
        for at in lane.partitions:
            position = self._fetcher.position(at)
            if position is not None and self._read_at.get(at) != position:
                self._read_at[at] = position
                lane.moved_at = time.monotonic()

    def _still_for(self, lane: Lane) -> float:
        behind = any(self._ends.get(at, 0) > self._read_at.get(at, 0) for at in lane.partitions)
        return time.monotonic() - lane.moved_at if lane.busy or behind else 0.0

    def _judge(self) -> None:
        tolerated = self._settings.stall_timeout_ms / 1000
        if time.monotonic() - self._answered_at > tolerated:
            die(Exit.STALLED, "the broker does not say where the logs end", flow=self._flow)
        for lane in self._lanes():
            if lane.running and self._still_for(lane) > tolerated:  # opening and closing have limits of their own
                die(Exit.STALLED, "nothing moved", flow=self._flow, shard=lane.shard)
