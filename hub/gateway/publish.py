"""Records out to Kafka: an idempotent producer that is asked many times and answers once per request.

The one rule: `publish` returns only when the brokers have acknowledged every record, on all in-sync replicas. Anything
else is `Unacknowledged`: the records may be there, or come there later.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
import time
from collections.abc import Sequence
from typing import Final, NamedTuple

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from hub.log import get_logger

log = get_logger(__name__)

_REMEMBERED_SECONDS: Final = 5.0

Header = tuple[str, bytes]


class Unacknowledged(Exception):
    """The brokers have not said yes in time."""


class Written(NamedTuple):
    """One record to write."""

    topic: str
    key: bytes | None
    value: bytes
    headers: tuple[Header, ...]
    timestamp_ms: int


class Place(NamedTuple):
    """Where a record is."""

    topic: str
    partition: int
    offset: int


class Publisher:
    """The producer of this process, made anew when it broke."""

    def __init__(
        self, bootstrap: str, *, seconds: float, linger_ms: int, batch_bytes: int, client_id: str = "hub-gateway"
    ) -> None:
        self._bootstrap = bootstrap
        self._seconds = seconds
        self._linger_ms = linger_ms
        self._batch_bytes = batch_bytes
        self._client_id = client_id
        self._producer: AIOKafkaProducer | None = None
        self._renewal: asyncio.Task[None] | None = None
        self._failed_at = -math.inf  #: when records last went without an answer and none was answered since; monotonic

    async def open(self) -> None:
        """Connect. Raises `KafkaError` when no broker answers."""
        producer = AIOKafkaProducer(
            bootstrap_servers=self._bootstrap,
            client_id=self._client_id,
            acks="all",
            enable_idempotence=True,
            linger_ms=self._linger_ms,
            max_batch_size=self._batch_bytes,
            request_timeout_ms=max(1000, int(self._seconds * 1000)),
        )
        try:
            await producer.start()
        except BaseException:
            await producer.stop()
            raise
        self._producer = producer

    async def close(self) -> None:
        """Send what waits, for a moment, and stop."""
        if self._renewal is not None:
            self._renewal.cancel()
        if self._producer is not None:
            await _stop(self._producer)
            self._producer = None

    async def check(self) -> None:
        """Raise `Unacknowledged` unless a broker answers now and the producer works."""
        if self._producer is None:
            raise Unacknowledged("no producer")
        try:
            async with asyncio.timeout(2.0):
                answered = await self._producer.client.force_metadata_update()
        except TimeoutError:
            answered = False
        if not answered:
            raise Unacknowledged("no metadata")

    async def check_progress(self) -> None:
        """Raise `Unacknowledged` if the last records written got no answer, and that not long ago.

        Not for ever: while nobody is sent here, only time can tell that it may be tried again.
        """
        if self._producer is None:
            raise Unacknowledged("the producer is being renewed")
        if time.monotonic() - self._failed_at < _REMEMBERED_SECONDS:
            raise Unacknowledged("the last records got no answer")

    async def publish(self, records: Sequence[Written]) -> list[Place]:
        """Write *records* and wait until they are there; those of one partition stay in order."""
        producer = self._producer
        if producer is None:
            raise Unacknowledged("the producer is being renewed")
        futures: list[asyncio.Future[Place]] = []
        try:
            async with asyncio.timeout(self._seconds):
                for record in records:
                    futures.append(  # noqa: PERF401 - what was sent before an error must be known
                        await producer.send(
                            record.topic,
                            record.value,
                            record.key,
                            timestamp_ms=record.timestamp_ms,
                            headers=list(record.headers),
                        )
                    )
                # In order and one by one: all but the first of a partition's are done when their turn comes.
                places = [
                    Place(done.topic, done.partition, done.offset) for done in [await future for future in futures]
                ]
        except (KafkaError, TimeoutError) as error:
            self._failed_at = time.monotonic()
            for future in futures:
                future.add_done_callback(_forget)
            if isinstance(error, KafkaError) and not error.retriable:
                # After such an error the sequence numbers have a hole: this producer would fail for ever.
                self._renew(producer)
            raise Unacknowledged(type(error).__name__) from error
        self._failed_at = -math.inf
        return places

    def _renew(self, broken: AIOKafkaProducer) -> None:
        if self._producer is not broken:
            return
        self._producer = None
        log.error("producer.broken")
        self._renewal = asyncio.create_task(self._replace(broken))

    async def _replace(self, broken: AIOKafkaProducer) -> None:
        await _stop(broken)
        while self._producer is None:
            try:
                await self.open()
            except KafkaError as error:
                log.warning("producer.renewal.failed", error_type=type(error).__name__)
                await asyncio.sleep(1.0)
        log.info("producer.renewed")


async def _stop(producer: AIOKafkaProducer) -> None:
    """Stop it; one that cannot reach its brokers would wait for ever."""
    with contextlib.suppress(Exception):
        async with asyncio.timeout(3.0):
            await producer.stop()


def _forget(future: asyncio.Future[Place]) -> None:
    """Look at an outcome nobody waits for, so that it is not reported as forgotten."""
    if not future.cancelled():
        future.exception()
