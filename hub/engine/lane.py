"""A lane: one shard while this process holds it. It opens, works batch by batch, and closes; it never goes back.

One rule: the order of opening. First the producer, which fences the predecessor and makes the log final; then the state; then
the committed offsets; only then is anything read. Every other order can read what a predecessor is about to change.

One task does everything of a lane, so its batches and its timers never overlap. Two things run beside it: the intake goes on
fetching into the lane's buffer, and when a full batch is already waiting there, the agent decides it while the transaction of
the one before is being committed. With less in the buffer the lane waits for the commit instead, and takes all that came
meanwhile: deciding a handful of records early would only make the next ones wait for two transactions.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import PurePath
from typing import TypeVar

from aiokafka.errors import ProducerFenced

from hub.engine.batch import Batch
from hub.engine.client import Consumer, TopicPartition
from hub.engine.exits import Exit, die
from hub.engine.fetcher import Fetcher
from hub.engine.flow import Flow
from hub.engine.producer import LaneProducer
from hub.engine.record import Record
from hub.engine.restore import restore
from hub.engine.settings import EngineSettings
from hub.engine.state import State

#: Timers run by the wall clock, which may be set; it is looked at again at least so often.
_LONGEST_SLEEP_SECONDS = 1.0

T = TypeVar("T")


class Phase(StrEnum):
    OPENING = "opening"
    RUNNING = "running"
    CLOSING = "closing"


@dataclass(slots=True)
class Counters:
    """What a flow has done in this process."""

    records: int = 0
    batches: int = 0
    transactions: int = 0
    outputs: int = 0
    timers: int = 0
    #: Due timers an agent neither put nor deleted. More than none is a mistake in the agent.
    timers_untouched: int = 0
    #: On the monotonic clock; None before the first.
    last_commit_at: float | None = None

    def last_commit_age_seconds(self) -> float | None:
        return None if self.last_commit_at is None else time.monotonic() - self.last_commit_at


@dataclass(slots=True)
class _Chunk:
    """Records of one partition as they came; *end* is where the reader stood after them, past markers too."""

    at: TopicPartition
    records: Sequence[Record]
    end: int
    taken: int = 0


@dataclass(slots=True)
class _Work:
    batch: Batch
    #: Where each partition stands once the batch is committed; empty if only timers were due.
    ends: Mapping[TopicPartition, int] = field(default_factory=dict)


class Lane:
    def __init__(
        self,
        *,
        flow: Flow,
        shard: int,
        partitions: Sequence[TopicPartition],
        consumer: Consumer,
        fetcher: Fetcher,
        put: Callable[[Batch], Awaitable[object]],
        opened: Callable[[], None],
        counters: Counters,
        settings: EngineSettings,
        bootstrap: str,
    ) -> None:
        self.shard = shard
        self.partitions = tuple(partitions)
        self.phase = Phase.OPENING
        #: When something last moved, on the monotonic clock.
        self.moved_at = time.monotonic()
        #: Committed up to here, per partition; empty until opened.
        self.positions: dict[TopicPartition, int] = {}
        self._flow = flow
        self._consumer = consumer
        self._fetcher = fetcher
        self._put = put
        self._opened = opened
        self._counters = counters
        self._settings = settings
        self._bootstrap = bootstrap
        self._state_at = TopicPartition(flow.state_topic, shard) if flow.state_topic else None
        self._producer = LaneProducer(
            bootstrap=bootstrap,
            transactional_id=flow.transactional_id(shard),
            group=flow.group,
            state=self._state_at,
            settings=settings,
        )
        self._state = State()
        self._fetched: deque[_Chunk] = deque()
        self._buffered = 0
        self._commit: asyncio.Task[None] | None = None
        self._working = False
        self._closing = False
        self._last_start = 0.0
        self._wake = asyncio.Event()
        self._task = asyncio.create_task(self._live(), name=f"lane {flow.name}-{shard}")

    @property
    def running(self) -> bool:
        return self.phase is Phase.RUNNING

    @property
    def wants(self) -> bool:
        """Whether there is room for more records."""
        return self.running and self._buffered < self._settings.buffer_records

    @property
    def busy(self) -> bool:
        """Whether it has something to do and may therefore be expected to move."""
        return self.phase is not Phase.RUNNING or self._buffered > 0 or self._working

    def feed(self, at: TopicPartition, records: Sequence[Record], end: int) -> None:
        """Take what was fetched of *at*."""
        self.moved_at = time.monotonic()
        self._fetched.append(_Chunk(at, records, end))
        self._buffered += len(records)
        self._wake.set()

    async def close(self, within_seconds: float) -> None:
        """Begin no further batch and let the one in progress finish; if it does not, end the process."""
        self._closing = True
        self._fetcher.end(self.partitions)
        self._wake.set()
        if self.phase is Phase.OPENING:
            self._task.cancel()
        self.phase = Phase.CLOSING
        done, _ = await asyncio.wait({self._task}, timeout=within_seconds)
        if not done:
            die(Exit.REVOKE_OVERRUN, "a batch outlasted its lane", **self._name())
        self._state.close()
        await self._producer.stop()

    async def _live(self) -> None:
        try:
            await self._open()
            while await self._work_to_do():
                await self._step_batch()
            await self._committed()
        except Exception as error:  # noqa: BLE001 - a mistake in this file must not leave a lane silently dead
            die(Exit.INTAKE_FAILED, "the lane broke", error=repr(error), where=_where(error), **self._name())

    # opening

    async def _open(self) -> None:
        await self._in_time("fence", self._producer.start())
        if self._state_at is not None:
            self._state = await self._in_time("restore", self._restore(self._state_at), endless=True)
            if self._flow.unreadable and (why := self._flow.unreadable(self._state)):
                die(Exit.STATE_UNREADABLE, why, **self._name())
        starts = await self._in_time("committed", self._starts())
        if self._closing:
            return
        # No await from here on: nothing can be fetched from the wrong place, and a revoke comes before or after.
        self.positions = dict(starts)
        self.phase = Phase.RUNNING
        self._fetcher.begin(starts, self)
        self._opened()

    async def _restore(self, at: TopicPartition) -> State:
        def moved() -> None:
            self.moved_at = time.monotonic()

        return await restore(self._bootstrap, at, self._settings, moved)

    async def _starts(self) -> dict[TopicPartition, int]:
        """The committed offset of each partition, or the beginning of its log."""
        committed = await asyncio.gather(*(self._consumer.committed(at) for at in self.partitions))
        known = dict(zip(self.partitions, committed, strict=True))
        fresh = [at for at, offset in known.items() if offset is None]
        starts = await self._consumer.beginning_offsets(fresh) if fresh else {}
        return starts | {at: offset for at, offset in known.items() if offset is not None}

    async def _in_time(self, step: str, doing: Awaitable[T], *, endless: bool = False) -> T:
        """What *doing* gives. *endless*: it may take any time, because it limits itself by whether it moves."""
        try:
            async with asyncio.timeout(None if endless else self._settings.open_step_timeout_ms / 1000):
                result = await doing
        except Exception as error:  # noqa: BLE001 - whatever it was, the process ends
            die(Exit.OPEN_FAILED, "a lane did not open", step=step, error=repr(error), **self._name())
        self.moved_at = time.monotonic()
        return result

    # working

    async def _work_to_do(self) -> bool:
        """Wait for something to do; False when closing."""
        loop = asyncio.get_running_loop()
        while not self._closing:
            if self._buffered >= self._settings.max_batch_records:
                return True
            until: float | None = None
            if self._buffered:
                until = self._last_start + self._settings.linger_ms / 1000
            elif (due_ms := self._state.timers.next_ms()) is not None:
                until = loop.time() + min(due_ms / 1000 - time.time(), _LONGEST_SLEEP_SECONDS)
            if until is not None and until <= loop.time():
                return True
            await self._sleep(until)
        return False

    async def _sleep(self, until: float | None) -> None:
        self._wake.clear()
        alarm = None if until is None else asyncio.get_running_loop().call_at(until, self._wake.set)
        try:
            await self._wake.wait()
        finally:
            if alarm is not None:
                alarm.cancel()

    async def _step_batch(self) -> None:
        self._last_start = asyncio.get_running_loop().time()
        self._working = True
        work = self._form()
        await self._decide(work.batch)
        await self._committed()  # the one before: its producer can hold one transaction at a time
        self._apply(work.batch)
        self._commit = asyncio.create_task(self._write(work))
        if self._buffered < self._settings.max_batch_records:
            await self._committed()

    def _form(self) -> _Work:
        limit = self._settings.max_batch_records
        records: list[Record] = []
        ends: dict[TopicPartition, int] = {}
        while self._fetched and len(records) < limit:
            fetched = self._fetched[0]
            cut = fetched.records[fetched.taken : fetched.taken + limit - len(records)]
            records += cut
            fetched.taken += len(cut)
            self._buffered -= len(cut)
            if fetched.taken == len(fetched.records):
                self._fetched.popleft()
                ends[fetched.at] = fetched.end
            else:
                ends[fetched.at] = cut[-1].offset + 1
        now = datetime.now(UTC)
        due = self._state.timers.take(int(now.timestamp() * 1000), limit)
        batch = Batch(records=records, due=due, now=now, shard=self.shard, state=self._state)
        return _Work(batch, ends)

    async def _decide(self, batch: Batch) -> None:
        decided: asyncio.Future[None] = asyncio.get_running_loop().create_future()

        def settle(error: BaseException | None) -> None:
            if error is not None:  # before anything else can run: the agent's supervisor would go on without the batch
                die(
                    Exit.AGENT_FAILED,
                    "the agent raised",
                    error=type(error).__name__,  # no message: it may quote a record
                    where=_where(error),
                    **self._name(),
                )
            if not decided.done():
                decided.set_result(None)

        batch.settle_with(settle)
        try:
            async with asyncio.timeout(self._settings.decide_timeout_ms / 1000):
                await self._put(batch)
                await decided
        except TimeoutError:
            die(Exit.AGENT_FAILED, "the agent did not settle a batch in time", **self._name())

    def _apply(self, batch: Batch) -> None:
        """Let later batches see what *batch* changed. If it then fails to commit, no later batch will commit either."""
        changes = batch.state.changes
        self._state.apply(changes)
        self._counters.timers += len(batch.due)
        again_ms = int(time.time() * 1000) + self._settings.due_retry_ms
        for key in batch.due:
            if key not in changes:
                self._counters.timers_untouched += 1
                self._state.timers.offer_again(key, again_ms)

    async def _write(self, work: _Work) -> None:
        batch = work.batch
        try:
            async with asyncio.timeout(self._settings.commit_timeout_ms / 1000):
                written = await self._producer.commit(batch.sent, batch.state.changes, work.ends)
        except ProducerFenced:
            die(Exit.FENCED, "another worker holds this lane", **self._name())
        except TimeoutError:
            die(Exit.OUTCOME_UNKNOWN, "no answer to a transaction in time", **self._name())
        except Exception as error:  # noqa: BLE001 - whatever it was, the process ends
            die(Exit.OUTCOME_UNKNOWN, "a transaction failed", error=repr(error), **self._name())
        if (end := self._producer.state_end) is not None:
            self._state.committed(end)
        self.positions.update(work.ends)
        self.moved_at = time.monotonic()
        counters = self._counters
        counters.batches += 1
        counters.records += len(batch.records)
        counters.outputs += len(batch.sent)
        if written:
            counters.transactions += 1
            counters.last_commit_at = self.moved_at

    async def _committed(self) -> None:
        """Wait until the batch handed to its transaction is committed."""
        if self._commit is not None:
            await self._commit
            self._commit = None
        self._working = False

    def _name(self) -> dict[str, object]:
        return {"flow": self._flow.name, "shard": self.shard}


def _where(error: BaseException) -> str:
    """File and line at which *error* was raised."""
    trace = error.__traceback__
    if trace is None:
        return "?"
    while trace.tb_next is not None:
        trace = trace.tb_next
    return f"{PurePath(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}"
