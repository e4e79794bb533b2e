"""The state of a shard, read back from its topic.

One rule: the end is known by position, never by the last record. The tail of the topic is the marker of a commit, which no
reader is ever given; waiting for a record at the end would wait for ever. The caller has started the shard's producer before:
it is the only writer, so nothing is open and the end is final.
"""

from __future__ import annotations

import contextlib

from hub.engine.client import Fetched, TopicPartition, new_consumer
from hub.engine.settings import EngineSettings
from hub.engine.state import DUE_HEADER, Change, State

_POLL_MS = 200


async def restore(bootstrap: str, at: TopicPartition, settings: EngineSettings) -> State:
    """All of *at*: the last change of every key."""
    consumer = new_consumer(
        bootstrap_servers=bootstrap,
        auto_offset_reset="earliest",
        fetch_max_wait_ms=settings.fetch_wait_ms,
        max_partition_fetch_bytes=settings.max_partition_fetch_bytes,
        request_timeout_ms=settings.request_timeout_ms,
    )
    state = State()
    try:
        await consumer.start()
        consumer.assign([at])  # first: the end of a topic that is not assigned is looked up only after a pause
        end = (await consumer.end_offsets([at]))[at]
        await consumer.seek_to_beginning(at)
        while await consumer.position(at) < end:
            for records in (await consumer.getmany(at, timeout_ms=_POLL_MS)).values():
                state.apply({record.key: _change(record) for record in records if record.key is not None})
    finally:
        with contextlib.suppress(Exception):
            await consumer.stop()
    return state


def _change(record: Fetched) -> Change:
    due = next((int(text) for name, text in record.headers if name == DUE_HEADER), None)
    return Change(record.value, due)
