"""The agent of the crash tests, and a worker that runs it: `python -m tests.engine.counting BOOTSTRAP NAME PARTITIONS SLOT SESSION_MS [REQUEST_MS]`.

Per key it keeps how many numbers it saw, their sum and the last; each input is written to `out` under another key, every third
one twice, and tells the state it found, so that an auditor can see afterwards whether each step followed the one before.
"""

from __future__ import annotations

import json
import sys
from collections.abc import AsyncIterator
from dataclasses import replace

from hub.engine.batch import Batch
from hub.engine.flow import Flow
from hub.engine.record import Outgoing
from hub.engine.settings import EngineSettings
from hub.engine.worker import EngineApp, create_app, install, run

#: Times of a test, not of an installation.
QUICK = EngineSettings(
    session_timeout_ms=6_000,
    heartbeat_interval_ms=1_000,
    rebalance_timeout_ms=6_000,
    stall_timeout_ms=20_000,
    probe_interval_ms=1_000,
)


def topics_of(name: str) -> tuple[str, str, str]:
    return f"{name}.in", f"{name}.out", f"{name}.state"


def outputs_of(key: bytes, number: int) -> list[bytes]:
    """The keys an input is written under: one other key, every third time two."""
    first = b"out-%d" % ((int(key.split(b"-")[1]) * 7 + number) % 97)
    return [first, first + b"x"] if number % 3 == 0 else [first]


def count_batch(batch: Batch, out: str) -> None:
    for record in batch.records:
        assert record.key is not None
        assert record.value is not None
        number = int(record.value)
        held = batch.state.get(record.key)
        counted, total, last = map(int, held.split()) if held else (0, 0, 0)
        counted, total = counted + 1, total + number
        batch.state.put(record.key, b"%d %d %d" % (counted, total, number))
        for copy, key in enumerate(outputs_of(record.key, number)):
            said = {
                "key": record.key.decode(),
                "number": number,
                "copy": copy,
                "counted": counted,
                "total": total,
                "after": last,
            }
            batch.send(Outgoing(out, key, json.dumps(said).encode()))


def counting_app(bootstrap: str, name: str, partitions: int, settings: EngineSettings) -> EngineApp:
    topic, out, state = topics_of(name)
    app = create_app(name)
    flow = Flow(name, (topic,), partitions, state)
    channel = install(app, flow, settings, bootstrap)

    @app.agent(channel, concurrency=flow.shards)
    async def counting(batches: AsyncIterator[Batch]) -> None:
        async for batch in batches:
            with batch:
                count_batch(batch, out)

    return app


if __name__ == "__main__":
    _, bootstrap, name, partitions, slot, session_ms, *request_ms = sys.argv
    settings = replace(QUICK, group_instance_id=slot, session_timeout_ms=int(session_ms))
    if request_ms:
        waits = int(request_ms[0])
        settings = replace(settings, request_timeout_ms=waits, commit_timeout_ms=min(waits, settings.commit_timeout_ms))
    run(counting_app(bootstrap, name, int(partitions), settings))
