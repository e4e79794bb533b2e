"""The receiver: a party's own consumer on its topic, reading only what is committed.

The one rule: it is what any party would run, a client with its defaults, in a process of its own; nothing of the hub is known to it
but the topic's name. It says on a line of its own which decision came and when; the clock is the machine's monotonic one.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from collections import defaultdict
from types import TracebackType
from typing import Self

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from tests.bench.chain.load import DECIDED

_READY = b"ready\n"
_READY_SECONDS = 30
_ANSWER_SECONDS = 0.2


class Receiver:
    """Reads *topic* from its present end on, in a process of its own."""

    def __init__(self, bootstrap: str, topic: str) -> None:
        #: id of the fact that was decided → when its decision came, in nanoseconds; more than one: it came twice
        self.came: defaultdict[str, list[int]] = defaultdict(list)
        self._argv = [sys.executable, "-m", __name__, bootstrap, topic]
        self._process: asyncio.subprocess.Process
        self._hearing: asyncio.Task[None]

    @property
    def pid(self) -> int:
        return self._process.pid

    async def __aenter__(self) -> Self:
        self._process = await asyncio.create_subprocess_exec(*self._argv, stdout=subprocess.PIPE)
        assert self._process.stdout is not None
        async with asyncio.timeout(_READY_SECONDS):
            if await self._process.stdout.readline() != _READY:
                raise RuntimeError("the receiver did not start")
        self._hearing = asyncio.create_task(self._hear(self._process.stdout))
        return self

    async def __aexit__(
        self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None
    ) -> None:
        self._process.terminate()
        await self._process.wait()
        await self._hearing

    async def _hear(self, lines: asyncio.StreamReader) -> None:
        async for line in lines:
            event_id, _, at = line.decode().partition(" ")
            self.came[event_id].append(int(at))


def follow(bootstrap: str, topic: str) -> None:
    """Tell of every decision on *topic* until ended."""
    consumer = Consumer(
        {
            "bootstrap.servers": bootstrap,
            "group.id": f"receiver-{os.getpid()}",
            "isolation.level": "read_committed",
            "enable.auto.commit": False,
        }
    )
    _, end = consumer.get_watermark_offsets(TopicPartition(topic, 0), timeout=20)
    consumer.assign([TopicPartition(topic, 0, end)])
    sys.stdout.buffer.write(_READY)
    sys.stdout.buffer.flush()
    while True:
        messages = consumer.consume(500, timeout=0)
        if not messages:
            one = consumer.poll(_ANSWER_SECONDS)  # one alone is handed over the moment it is there
            messages = [] if one is None else [one]
        now = time.monotonic_ns()
        for message in messages:
            if (error := message.error()) is not None:
                if error.code() != KafkaError._PARTITION_EOF:
                    raise KafkaException(error)
                continue
            headers = dict(message.headers() or ())
            if headers.get("ce_type") == DECIDED:
                sys.stdout.buffer.write(b"%s %d\n" % (headers["ce_causationid"], now))
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    follow(*sys.argv[1:])
