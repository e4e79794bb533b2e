"""A loop over confluent-kafka (librdkafka): consume a batch, do the work, produce, commit; with transactions, or after a flush.

The one rule: offsets, outputs and state of one turn go together; what cannot be committed ends the process.
"""

from __future__ import annotations

import signal
import time
from typing import Any

import orjson
import work
from confluent_kafka import Consumer, KafkaException, Message, Producer, TopicPartition
from told import Told, told

#: What one partition's enterprises have had accepted, by USCC.
Kept = dict[bytes, list[work.Accepted]]

_BATCH = 500
_TIMEOUT_SECONDS = 30.0


class Loop:
    """The consumer, the producer and the state of the partitions this process has."""

    def __init__(self, bench: Told) -> None:
        self._bench = bench
        self._kept: dict[int, Kept] = {}
        self._offsets: dict[int, int] = {}
        self._failed: list[Any] = []
        settings: dict[str, Any] = {"transactional.id": bench.group} if bench.exactly_once else {}
        self._producer = Producer({
            "bootstrap.servers": bench.bootstrap, "acks": "all", "enable.idempotence": True, "linger.ms": 5,
            "batch.size": 1024**2, "batch.num.messages": 10_000, "queue.buffering.max.messages": 500_000,
            "partitioner": "murmur2_random", **settings,
        })  # fmt: skip
        if bench.exactly_once:
            # Fences a predecessor and ends its transaction: from here on the state to restore is sure.
            self._producer.init_transactions(_TIMEOUT_SECONDS)
        self._consumer = Consumer({
            "bootstrap.servers": bench.bootstrap, "group.id": bench.group, "auto.offset.reset": "earliest",
            "enable.auto.commit": False, "enable.auto.offset.store": False, "isolation.level": "read_committed",
            "session.timeout.ms": 6_000, "heartbeat.interval.ms": 1_000, "queued.min.messages": 20_000,
            "fetch.wait.max.ms": 100,
        })  # fmt: skip
        self._consumer.subscribe([bench.input], on_assign=self._assigned, on_revoke=self._revoked)

    def run(self) -> None:
        """Turn after turn, until SIGTERM."""
        ended = False

        def end(*_: object) -> None:
            nonlocal ended
            ended = True

        signal.signal(signal.SIGTERM, end)
        while not ended:
            self._turn()
        self._consumer.close()

    def _turn(self) -> None:
        """Work until the commit interval is over, then commit. It begins with its first records: an idle loop commits nothing."""
        messages = self._consumer.consume(_BATCH, timeout=self._bench.commit_seconds)
        if not messages:
            return
        if self._bench.exactly_once:
            self._producer.begin_transaction()
        ends = time.monotonic() + self._bench.commit_seconds
        while True:
            self._do(messages)
            if (left := ends - time.monotonic()) <= 0:
                break
            messages = self._consumer.consume(_BATCH, timeout=left)
        self._commit()

    def _commit(self) -> None:
        if not self._offsets:
            return
        offsets = [TopicPartition(self._bench.input, partition, offset) for partition, offset in self._offsets.items()]
        if self._bench.exactly_once:
            self._producer.send_offsets_to_transaction(
                offsets, self._consumer.consumer_group_metadata(), _TIMEOUT_SECONDS
            )
            self._producer.commit_transaction(_TIMEOUT_SECONDS)
        else:
            if self._producer.flush(_TIMEOUT_SECONDS) or self._failed:
                raise RuntimeError(f"not everything was delivered: {self._failed[:1]}")
            self._consumer.commit(offsets=offsets, asynchronous=False)
        self._offsets.clear()

    def _do(self, messages: list[Message]) -> None:
        """The work of one batch. One changelog record per enterprise and batch is enough: it holds all of its state."""
        produce, bench = self._producer.produce, self._bench
        changed: dict[bytes, list[work.Accepted]] = {}
        for message in messages:
            if (error := message.error()) is not None:
                raise KafkaException(error)
            partition = message.partition()
            self._offsets[partition] = message.offset() + 1
            try:
                plan = work.read(message.value(), message.timestamp()[1])
            except work.Refused as why:
                produce(bench.refused, message.value(), message.key(), headers=[("reason", str(why).encode())])
                continue
            key = plan.uscc.encode()
            accepted = self._kept[partition].setdefault(key, [])
            overlaps = work.decide(plan, accepted)
            if overlaps is None:
                continue
            changed[key] = accepted
            produce(bench.output, work.encode(plan), key, headers=work.written_headers(plan, overlaps))
        for key, accepted in changed.items():
            produce(bench.state, orjson.dumps(accepted), key)
        self._producer.poll(0)

    def _assigned(self, consumer: Consumer, given: list[TopicPartition]) -> None:
        self._kept = restore(self._bench, [place.partition for place in given])

    def _revoked(self, consumer: Consumer, taken: list[TopicPartition]) -> None:
        # Called inside consume(), between two batches: what is done so far can still be committed as the old owner.
        self._commit()
        self._kept = {}


def restore(bench: Told, partitions: list[int]) -> dict[int, Kept]:
    """What the state's topic keeps of *partitions*, by partition."""
    kept: dict[int, Kept] = {partition: {} for partition in partitions}
    consumer = Consumer({
        "bootstrap.servers": bench.bootstrap, "group.id": f"{bench.group}-restore", "enable.auto.commit": False,
        "isolation.level": "read_committed", "enable.partition.eof": True, "fetch.wait.max.ms": 10,
    })  # fmt: skip
    consumer.assign([TopicPartition(bench.state, partition, 0) for partition in partitions])
    left = set(partitions)
    while left:
        for message in consumer.consume(10_000, timeout=0.1):
            if message.error() is not None:
                left.discard(message.partition())
            else:
                kept[message.partition()][message.key()] = orjson.loads(message.value())
    consumer.close()
    return kept


if __name__ == "__main__":
    Loop(told()).run()
