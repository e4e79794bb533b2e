"""Faust as those who know it write it: batches of events, the producer itself, one changelog record per enterprise and batch.

The one rule: a batch is acknowledged only when everything that came of it is; still at least once, as all of Faust.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from typing import Any

import faust
import work
from told import told

_BATCH = 500

bench = told()
# Faust makes the last folder only.
bench.folder.mkdir(parents=True, exist_ok=True)
# Faust leaves the loggers of its client at DEBUG, which costs a tenth of all.
logging.getLogger("aiokafka").setLevel(logging.WARNING)

app = faust.App(
    bench.group,
    broker=f"kafka://{bench.bootstrap}",
    broker_commit_interval=bench.commit_seconds,
    broker_max_poll_records=_BATCH * 4,
    broker_session_timeout=6.0,
    broker_heartbeat_interval=1.0,
    consumer_auto_offset_reset="earliest",
    consumer_max_fetch_size=4 * 1024**2,
    stream_buffer_maxsize=16_384,
    producer_acks=-1,
    producer_linger=0.005,
    producer_max_batch_size=256 * 1024,
    topic_partitions=4,
    topic_disable_leader=True,
    web_enabled=False,
    datadir=bench.folder,
    value_serializer="raw",
)
plans = app.topic(bench.input, key_type=bytes, value_type=bytes)
accepted = app.Table("accepted", key_type=bytes, value_type=list, partitions=4)


@app.agent(plans)
async def translate(stream: faust.Stream[bytes]) -> None:
    """The work of each batch. Keys and partitions of what goes out are those of what came in."""
    async for events in stream.take_events(_BATCH, within=bench.commit_seconds):
        sent: list[Any] = []
        changed: dict[bytes, tuple[int, list[work.Accepted]]] = {}
        for event in events:
            message = event.message
            key = message.key
            try:
                plan = work.read(message.value, round(message.timestamp * 1000))
            except work.Refused as why:
                refusal = {"reason": str(why).encode()}
                sent.append(await send(bench.refused, key, message.value, message.partition, refusal))
                continue
            known = accepted.data.setdefault(key, [])
            overlaps = work.decide(plan, known)
            if overlaps is None:
                continue
            changed[key] = message.partition, known
            headers = dict(work.written_headers(plan, overlaps))
            sent.append(await send(bench.output, key, work.encode(plan), message.partition, headers))
        # Assigning to the table would take the partition of the batch's last event, and could not be waited for.
        sent += [accepted.send_changelog(partition, key, known) for key, (partition, known) in changed.items()]
        await asyncio.gather(*sent)


async def send(topic: str, key: bytes, value: bytes, partition: int, headers: Mapping[str, bytes]) -> Any:
    """Hand a message to the producer, past topics, channels and their futures; what comes back is its acknowledgement."""
    return await app.producer.send(topic, key, value, partition, None, headers)


if __name__ == "__main__":
    app.main()
