"""Latency: from the gateway's 202 for one event to the moment its decision is there for a reader of the receiver's topic.

The one rule: every event counts. Those of the warm-up are left out of the percentiles, none out of the audit.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from tests.bench.chain import stages
from tests.bench.chain.door import Door
from tests.bench.chain.load import SENDER, Posting, postings
from tests.bench.chain.receiver import Receiver
from tests.bench.chain.started import Hub

_DRAIN_SECONDS = 30.0


@dataclass
class Latency:
    """What a run found. Times in milliseconds."""

    events: int
    per_second: float
    refused: int = 0
    missing: int = 0
    twice: int = 0
    to_receiver_ms: dict[str, float] = field(default_factory=dict)
    to_accepted_ms: dict[str, float] = field(default_factory=dict)
    #: the way in parts, each named by the stage that waits for and does it
    parts_ms: dict[str, dict[str, float]] = field(default_factory=dict)
    #: processor seconds per second, by process
    cores: dict[str, float] = field(default_factory=dict)


async def measure(hub: Hub, *, per_second: float, seconds: float, warm_seconds: float = 0.0, run: str = "a") -> Latency:
    """Post single events evenly at *per_second* and wait until each has come."""
    count = round(per_second * (seconds + warm_seconds))
    load = postings(count, hub.running.tokens[SENDER], run=run)
    begun: dict[str, int] = {}
    accepted: dict[str, int] = {}
    refused = 0
    door = Door(hub.running.gateway)
    loop = asyncio.get_running_loop()

    async def post(posting: Posting) -> None:
        nonlocal refused
        (event_id,) = posting.event_ids
        begun[event_id] = time.monotonic_ns()
        answer = await door.post(posting.request)
        if answer.status == 202:
            accepted[event_id] = answer.at_ns
        else:
            refused += 1

    async with Receiver(hub.running.bootstrap, hub.topic) as receiver:
        began = loop.time()
        cpu, cpu_at = hub.cpu_seconds(receiver.pid), began
        async with asyncio.TaskGroup() as group:
            for number, posting in enumerate(load):
                if number == round(per_second * warm_seconds):
                    cpu, cpu_at = hub.cpu_seconds(receiver.pid), loop.time()
                if (early := began + number / per_second - loop.time()) > 0:
                    await asyncio.sleep(early)
                group.create_task(post(posting))
        spent = {name: value - cpu[name] for name, value in hub.cpu_seconds(receiver.pid).items()}
        took = loop.time() - cpu_at
        until = loop.time() + _DRAIN_SECONDS
        while accepted.keys() - receiver.came.keys() and loop.time() < until:
            await asyncio.sleep(0.05)
        await asyncio.sleep(0.3)  # what comes twice comes a little later
    door.close()
    measured = [each.event_ids[0] for each in load[round(per_second * warm_seconds) :]]
    came = receiver.came
    return Latency(
        events=count,
        per_second=per_second,
        refused=refused,
        missing=len(accepted.keys() - came.keys()),
        twice=sum(len(times) > 1 for times in came.values()),
        to_receiver_ms=percentiles(
            [came[one][0] - accepted[one] for one in measured if one in came and one in accepted]
        ),
        to_accepted_ms=percentiles([accepted[one] - begun[one] for one in measured if one in accepted]),
        parts_ms=stages.read(
            hub.running.bootstrap,
            hub.topics,
            {one: accepted[one] for one in measured if one in accepted},
            {one: times[0] for one, times in came.items()},
        ),
        cores={name: round(value / took, 3) for name, value in spent.items()},
    )


def percentiles(times_ns: Sequence[int]) -> dict[str, float]:
    """p50, p90, p99 and the largest, in milliseconds."""
    ordered = sorted(times_ns)
    at = {f"p{share}": ordered[min(len(ordered) - 1, len(ordered) * share // 100)] for share in (50, 90, 99)}
    return {name: round(value / 1e6, 1) for name, value in {**at, "max": ordered[-1]}.items()}
