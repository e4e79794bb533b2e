"""The fenced producer of one lane: everything a batch writes, and the offsets it read up to, in one transaction.

One rule: `start` before anything is read. Starting takes the lane's transactional id over, which fences the predecessor and
finishes what it had open; from then on what the log says is final. And there is no abort: a transaction that does not commit
ends the process, and the next start cleans up.

Records are laid into whole record batches here, one list per target partition, because handing the library record by record
costs more than all the rest of a transaction.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from hub.engine.client import RecordBatch, TopicPartition, new_producer
from hub.engine.partitioning import partition_for
from hub.engine.record import Headers, Outgoing
from hub.engine.settings import EngineSettings
from hub.engine.state import Change


class LaneProducer:
    def __init__(
        self,
        *,
        bootstrap: str,
        transactional_id: str,
        group: str,
        state: TopicPartition | None,
        settings: EngineSettings,
    ) -> None:
        self._group = group
        self._state = state
        self._settings = settings
        self._partitions: dict[str, tuple[int, ...]] = {}
        self._turn = 0
        #: Where the last state records of the last transaction that had any begin: all before them is committed, and they are.
        self.state_end: int | None = None
        self._kafka = new_producer(
            bootstrap_servers=bootstrap,
            client_id=transactional_id,
            transactional_id=transactional_id,
            transaction_timeout_ms=settings.transaction_timeout_ms,
            request_timeout_ms=settings.request_timeout_ms,
            retry_backoff_ms=settings.retry_backoff_ms,
            max_batch_size=settings.max_produce_batch_bytes,
        )

    async def start(self) -> None:
        await self._kafka.start()

    async def stop(self) -> None:
        """Close the connections, or leave them: nothing depends on it."""
        with contextlib.suppress(Exception):
            async with asyncio.timeout(self._settings.close_timeout_ms / 1000):
                await self._kafka.stop()

    async def commit(
        self,
        sent: Sequence[Outgoing],
        changes: Mapping[bytes, Change],
        offsets: Mapping[TopicPartition, int],
    ) -> bool:
        """Write all of it and return once it is committed; False if there was nothing to write. Any error: unknown."""
        if not (sent or changes or offsets):
            return False
        kafka = self._kafka
        await kafka.begin_transaction()
        moving = (
            asyncio.ensure_future(kafka.send_offsets_to_transaction(dict(offsets), self._group)) if offsets else None
        )
        await self._learn_partitions(sent)
        laid = self._lay(sent, changes)
        # One thing after the other. The broker asks the coordinator about every partition first written to, and while the
        # coordinator is busy adding the offsets to the same transaction the answer is a refusal and a pause.
        if moving is not None:
            await moving
        # The first batch of every partition goes in without giving way, so that one request names all partitions.
        written: list[Any] = [await kafka.send_batch(laid[at][0], at.topic, partition=at.partition) for at in laid]
        for at, batches in laid.items():
            written += [await kafka.send_batch(batch, at.topic, partition=at.partition) for batch in batches[1:]]
        placed = await asyncio.gather(*written)
        await kafka.commit_transaction()
        if changes:
            self.state_end = max(each.offset for each in placed if each.topic_partition == self._state)
        return True

    async def _learn_partitions(self, sent: Iterable[Outgoing]) -> None:
        for topic in {outgoing.topic for outgoing in sent}.difference(self._partitions):
            self._partitions[topic] = tuple(sorted(await self._kafka.partitions_for(topic)))

    def _lay(
        self, sent: Sequence[Outgoing], changes: Mapping[bytes, Change]
    ) -> dict[TopicPartition, list[RecordBatch]]:
        laid: dict[TopicPartition, list[RecordBatch]] = {}
        self._turn += 1  # records without a key stay together and take turns batch by batch
        for outgoing in sent:
            at = TopicPartition(outgoing.topic, self._choose(outgoing))
            self._append(laid, at, outgoing.key, outgoing.value, outgoing.headers)
        if changes:
            if self._state is None:
                raise RuntimeError("a flow without a state topic changed its state")
            for key, change in changes.items():
                self._append(laid, self._state, key, change.value, change.headers())
        return laid

    def _choose(self, outgoing: Outgoing) -> int:
        if outgoing.partition is not None:
            return outgoing.partition
        partitions = self._partitions[outgoing.topic]
        if outgoing.key is None:
            return partitions[self._turn % len(partitions)]
        return partition_for(outgoing.key, partitions)

    def _append(
        self,
        laid: dict[TopicPartition, list[RecordBatch]],
        at: TopicPartition,
        key: bytes | None,
        value: bytes | None,
        headers: Headers,
    ) -> None:
        if len(value or b"") + len(key or b"") > self._settings.max_record_bytes:
            raise ValueError(f"a record for {at.topic} is larger than max_record_bytes")
        batches = laid.get(at)
        if batches is None:
            batches = laid[at] = [self._kafka.create_batch()]
        if batches[-1].append(timestamp=None, key=key, value=value, headers=[*headers]) is not None:
            return
        batches[-1].close()
        batches.append(self._kafka.create_batch())
        if batches[-1].append(timestamp=None, key=key, value=value, headers=[*headers]) is None:
            raise ValueError(f"a record for {at.topic} does not fit an empty batch")
