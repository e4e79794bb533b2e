"""The state of a shard, read back from its topic.

One rule: the end is known by position, never by the last record. The tail of the topic is the marker of a commit, which no
reader is ever given; waiting for a record at the end would wait for ever. The caller has started the shard's producer before:
it is the only writer, so nothing is open and the end is final.

A store that outlived its process is read on from where it stopped, if it holds a beginning of this very log; otherwise it is
emptied first. How long a restore may take is not limited, only how long it may stand still.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable

from aiokafka.errors import OffsetOutOfRangeError

from hub.engine.client import TopicPartition
from hub.engine.settings import EngineSettings
from hub.engine.state import State
from hub.engine.store import Store
from hub.engine.store_log import StateLog
from hub.engine.store_memory import MemoryStore
from hub.engine.store_rocks import RocksStore


class _NotOfThisLog(Exception):
    """The store ends where nothing of its own stands in the log: lost by the log, never really committed, or compacted since."""


async def restore(
    bootstrap: str,
    at: TopicPartition,
    settings: EngineSettings,
    moved: Callable[[], None] = lambda: None,
) -> State:
    """All of *at*: the last change of every key. *moved* is called with each piece of it."""
    log = StateLog(bootstrap, at, settings)
    try:
        await log.start()
        state = State(await _store(log, at, settings))
        try:
            await _read_on(log, state, moved)
        except (OffsetOutOfRangeError, _NotOfThisLog):
            state.forget()
            await _read_on(log, state, moved)
        return state
    finally:
        with contextlib.suppress(Exception):
            await log.stop()


async def _store(log: StateLog, at: TopicPartition, settings: EngineSettings) -> Store:
    if settings.state_store == "memory":
        return MemoryStore()
    return RocksStore(
        settings.state_folder,
        f"{at.topic}-{at.partition}",
        await log.name(),
        max_age_seconds=settings.local_state_max_age_ms / 1000,
    )


async def _read_on(log: StateLog, state: State, moved: Callable[[], None]) -> None:
    bounds = await log.bounds()
    doubtful, begin = state.doubtful, state.end or bounds.begin
    if begin > bounds.end or (doubtful and begin == bounds.end):
        raise _NotOfThisLog
    async for part in log.read(begin, bounds.end):
        if doubtful and part.first != begin:
            raise _NotOfThisLog
        doubtful = False
        state.load(part.values, part.due_ms, part.end)
        moved()
