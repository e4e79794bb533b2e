"""The intake: one consumer per flow, and a lane for every shard the group gives to this process.

One rule: nothing is read of a partition until its lane has opened. A record read before the lane has its producer, its state and
its offset would be processed without any of the three.

The library swallows what its callbacks raise and sends no heartbeat while `on_partitions_assigned` runs. So the callbacks catch
everything themselves and end the process, and the long work of opening is done by the lanes' own tasks.

The library keeps the group and nothing more: what is assigned to it stays paused, and the fetcher reads for all lanes.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Collection
from typing import Any, TypedDict

from aiokafka import ConsumerRebalanceListener
from mode import Service

from hub.engine.assignor import shard_assignor
from hub.engine.client import Consumer, TopicPartition, new_consumer
from hub.engine.endtxn import send_once
from hub.engine.exits import Exit, die
from hub.engine.fetcher import Fetcher
from hub.engine.flow import Flow
from hub.engine.lane import Counters, Lane
from hub.engine.settings import EngineSettings
from hub.engine.watchdog import LoopWatch, ProgressWatch

#: Asking for nothing still tells the library that this member is alive; asking without partitions would mean all.
_NOWHERE = TopicPartition("nowhere", 0)
_ALIVE_SECONDS = 1.0


class PartitionProgress(TypedDict):
    topic: str
    partition: int
    #: Committed up to here; on an idle partition, read up to here.
    position: int | None
    #: Where the log ended when last asked.
    end: int | None
    #: opening, running, closing or stalled
    state: str


class Intake(Service):
    def __init__(
        self,
        *,
        flow: Flow,
        settings: EngineSettings,
        bootstrap: str,
        put: Callable[[Any], Awaitable[object]],
        before_start: Callable[[], None],
        **service: Any,
    ) -> None:
        super().__init__(**service)
        self.flow = flow
        self.counters = Counters()
        #: Set while every lane this process was given runs.
        self.ready = asyncio.Event()
        #: How often the group has given this process its lanes.
        self.generation = 0
        self._settings = settings
        self._bootstrap = bootstrap
        self._put = put
        self._before_start = before_start
        self._lanes: dict[int, Lane] = {}
        self._loop_watch = LoopWatch(settings)
        self._consumer: Consumer
        self._fetcher: Fetcher
        self._watch: ProgressWatch
        self._chores: list[asyncio.Task[None]] = []

    def progress(self) -> list[PartitionProgress]:
        """Where each partition of this process stands."""
        return [self._progress_of(lane, at) for lane in self._lanes.values() for at in lane.partitions]

    @property
    def broker_silent(self) -> bool:
        """Whether nothing is known of the logs' ends any more: then none of the lanes can be said to move."""
        return self._watch.silent

    async def on_start(self) -> None:
        self._before_start()
        send_once()
        settings = self._settings
        self._consumer = new_consumer(
            bootstrap_servers=self._bootstrap,
            client_id=f"{self.flow.group}-{settings.group_instance_id or 'worker'}",
            group_id=self.flow.group,
            group_instance_id=settings.group_instance_id or None,
            # Lanes start where they say. Anything else, such as offsets the log no longer has, is a loss and must be loud.
            auto_offset_reset="none",
            partition_assignment_strategy=(shard_assignor(self.flow),),
            session_timeout_ms=settings.session_timeout_ms,
            heartbeat_interval_ms=settings.heartbeat_interval_ms,
            rebalance_timeout_ms=settings.rebalance_timeout_ms,
            max_poll_interval_ms=settings.max_poll_interval_ms,
            request_timeout_ms=max(settings.request_timeout_ms, settings.rebalance_timeout_ms + 5_000),
        )
        self._fetcher = Fetcher(
            bootstrap=self._bootstrap,
            client_id=f"{self.flow.group}-fetcher",
            topics=self.flow.topics,
            settings=settings,
        )
        self._watch = ProgressWatch(
            bootstrap=self._bootstrap,
            fetcher=self._fetcher,
            lanes=self._lanes.values,
            settings=settings,
            flow=self.flow.name,
        )
        try:
            async with asyncio.timeout(settings.open_step_timeout_ms / 1000):
                await self._fetcher.start()
                await self._consumer.start()
        except Exception as error:  # noqa: BLE001 - whatever it was, the process ends
            die(Exit.INTAKE_FAILED, "no connection to the cluster", error=repr(error), flow=self.flow.name)
        self._consumer.subscribe(topics=list(self.flow.topics), listener=_Rebalance(self._revoked, self._assigned))
        self._loop_watch.start()
        self._chores = [
            self._vital(self._fetcher.run(), "fetching"),
            self._vital(self._watch.run(), "watching"),
            self._vital(self._stay(), "staying"),
        ]

    async def on_stop(self) -> None:
        """Let the batches in progress finish and leave. A kill instead would be as correct, only slower for the others."""
        self._loop_watch.stop()
        await self._close_lanes()
        for task in self._chores:
            task.cancel()
        await asyncio.gather(*self._chores, return_exceptions=True)
        with contextlib.suppress(Exception):
            async with asyncio.timeout(self._settings.close_timeout_ms / 1000):
                await asyncio.gather(self._consumer.stop(), self._fetcher.stop(), self._watch.stop())

    # rebalancing

    async def _assigned(self, assigned: Collection[TopicPartition]) -> None:
        self._consumer.pause(*assigned)  # for ever: the fetcher reads
        self.generation += 1
        by_shard: dict[int, list[TopicPartition]] = {}
        for at in sorted(assigned):
            by_shard.setdefault(self.flow.shard_of(at.topic, at.partition), []).append(at)
        for shard, partitions in by_shard.items():
            lane = Lane(
                flow=self.flow,
                shard=shard,
                partitions=partitions,
                consumer=self._consumer,
                fetcher=self._fetcher,
                put=self._put,
                opened=self._lane_opened,
                counters=self.counters,
                settings=self._settings,
                bootstrap=self._bootstrap,
            )
            self._lanes[shard] = lane
        self._lane_opened()  # with more workers than shards there may be none, and that is ready too

    async def _revoked(self, _: Collection[TopicPartition]) -> None:
        await self._close_lanes()

    async def _close_lanes(self) -> None:
        self.ready.clear()
        lanes = list(self._lanes.values())
        within = self._settings.rebalance_timeout_ms / 2000
        await asyncio.gather(*(lane.close(within) for lane in lanes))
        self._lanes.clear()

    def _lane_opened(self) -> None:
        if all(lane.running for lane in self._lanes.values()):
            self.ready.set()

    async def _stay(self) -> None:
        """Keep this member in its group: the library gives up one that does not ask for records."""
        while True:
            await self._consumer.getmany(_NOWHERE)
            await asyncio.sleep(_ALIVE_SECONDS)

    def _vital(self, work: Awaitable[None], what: str) -> asyncio.Task[None]:
        async def guarded() -> None:
            try:
                await work
            except Exception as error:  # noqa: BLE001 - whatever it was, the process ends
                die(Exit.INTAKE_FAILED, f"{what} failed", error=repr(error), flow=self.flow.name)

        return asyncio.create_task(guarded(), name=f"{self.flow.name} {what}")

    def _progress_of(self, lane: Lane, at: TopicPartition) -> PartitionProgress:
        position = lane.positions.get(at)
        read_at = self._watch.read_at(at)
        if not lane.busy and read_at is not None and position is not None:
            position = max(position, read_at)  # past the marker after the last record
        state = "stalled" if self._watch.stalled(lane) else lane.phase.value
        return {
            "topic": at.topic,
            "partition": at.partition,
            "position": position,
            "end": self._watch.ends.get(at),
            "state": state,
        }


class _Rebalance(ConsumerRebalanceListener):
    def __init__(
        self,
        revoked: Callable[[Collection[TopicPartition]], Awaitable[None]],
        assigned: Callable[[Collection[TopicPartition]], Awaitable[None]],
    ) -> None:
        self._revoked = revoked
        self._assigned = assigned

    async def on_partitions_revoked(self, revoked: Collection[TopicPartition]) -> None:
        await _or_die("revoke", self._revoked(revoked))

    async def on_partitions_assigned(self, assigned: Collection[TopicPartition]) -> None:
        await _or_die("assign", self._assigned(assigned))


async def _or_die(what: str, doing: Awaitable[None]) -> None:
    try:
        await doing
    except Exception as error:  # noqa: BLE001 - the library would log it and go on
        die(Exit.INTAKE_FAILED, f"could not {what}", error=repr(error))
