"""The state of some partitions, read back from its compacted topic with aiokafka.

The one rule: it returns only when everything committed before the call has been read.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

import orjson
from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, TopicPartition
from work import Accepted

#: What one partition's enterprises have had accepted, by USCC.
Kept = dict[bytes, list[Accepted]]


async def restore(bootstrap: str, topic: str, partitions: set[int]) -> dict[int, Kept]:
    """What is kept of *partitions*, by partition."""
    kept: dict[int, Kept] = {partition: {} for partition in partitions}
    if not partitions:
        return kept
    consumer = AIOKafkaConsumer(
        bootstrap_servers=bootstrap, enable_auto_commit=False, isolation_level="read_committed", fetch_max_wait_ms=50
    )
    await consumer.start()
    try:
        places = [TopicPartition(topic, partition) for partition in partitions]
        consumer.assign(places)
        await consumer.seek_to_beginning(*places)
        ends = await consumer.end_offsets(places)
        while any([await consumer.position(place) < end for place, end in ends.items()]):
            for place, records in (await consumer.getmany(timeout_ms=200)).items():
                for record in records:
                    kept[place.partition][record.key] = orjson.loads(record.value)
    finally:
        await consumer.stop()
    return kept


class Partitions(ConsumerRebalanceListener):
    """The state of the partitions a consumer has been given."""

    def __init__(self, bootstrap: str, topic: str) -> None:
        self._bootstrap = bootstrap
        self._topic = topic
        self._kept: dict[int, Kept] = {}
        self._restored = asyncio.Event()

    async def on_partitions_revoked(self, revoked: Iterable[TopicPartition]) -> None:
        """The state goes with its partitions."""
        self._restored.clear()
        self._kept = {}

    async def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        """Read back the state of what was given."""
        partitions = {place.partition for place in assigned}
        self._kept = await restore(self._bootstrap, self._topic, partitions)
        self._restored.set()

    async def kept(self, partition: int) -> Kept:
        """The state of *partition*. aiokafka hands out the first records while the listener still restores."""
        await self._restored.wait()
        return self._kept[partition]
