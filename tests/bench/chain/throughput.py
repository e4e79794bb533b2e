"""Throughput: as many events a second as the whole chain carries, and the processor time that each stage takes for one.

The one rule: never more than *under_way* events are accepted and not yet received, so what is counted in a second has gone the
whole way and no stage works off what another has piled up before.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.bench.chain.door import Door
from tests.bench.chain.load import SENDER, Posting, postings
from tests.bench.chain.receiver import Receiver
from tests.bench.chain.started import BESIDE, Hub

_DRAIN_SECONDS = 30.0
_LINES = 8
_LINES_FOR_SINGLES = 64


@dataclass
class Throughput:
    """What a run found."""

    seconds: float
    per_second: float
    per_post: int
    missing: int
    twice: int
    #: processor microseconds for one event, by process
    cpu_us: dict[str, float] = field(default_factory=dict)
    rss_mb: dict[str, float] = field(default_factory=dict)

    @property
    def hub_us(self) -> float:
        """Processor microseconds of the hub for one event, the broker left out."""
        return sum(value for name, value in self.cpu_us.items() if name not in BESIDE)

    @property
    def shares(self) -> dict[str, float]:
        """Each stage's part of the hub's processor time."""
        return {name: round(us / self.hub_us, 3) for name, us in self.cpu_us.items() if name not in BESIDE}


async def measure(
    hub: Hub,
    *,
    seconds: float,
    warm_seconds: float,
    per_post: int = 50,
    under_way: int = 2_000,
    most_events: int = 40_000,
    run: str = "b",
    meanwhile: Callable[[], object] | None = None,
) -> Throughput:
    """Carry as many events as go through in *seconds*; *meanwhile* is called in a thread once the warm-up is over."""
    load = iter(postings(most_events, hub.running.tokens[SENDER], per_post=per_post, run=run))
    door = Door(hub.running.gateway)
    accepted: set[str] = set()
    loop = asyncio.get_running_loop()

    async def post_on(receiver: Receiver, ending: float) -> None:
        while loop.time() < ending and (posting := next(load, None)) is not None:
            await _room(receiver)
            accepted.update(posting.event_ids)
            await _accepted(door, posting)

    async def _room(receiver: Receiver) -> None:
        while len(accepted) - len(receiver.came) > under_way:
            await asyncio.sleep(0.002)

    async with Receiver(hub.running.bootstrap, hub.topic) as receiver:
        ending = loop.time() + warm_seconds + seconds
        lines = _LINES if per_post > 1 else _LINES_FOR_SINGLES
        senders = [asyncio.create_task(post_on(receiver, ending)) for _ in range(lines)]
        await asyncio.sleep(warm_seconds)
        beside = asyncio.create_task(asyncio.to_thread(meanwhile)) if meanwhile else None
        cpu, came, began = hub.cpu_seconds(receiver.pid), len(receiver.came), loop.time()
        await asyncio.wait(senders, return_when=asyncio.FIRST_COMPLETED)
        events, took = len(receiver.came) - came, loop.time() - began
        spent = {name: value - cpu[name] for name, value in hub.cpu_seconds(receiver.pid).items()}
        memory = hub.rss_mb()
        await asyncio.gather(*senders)
        if beside is not None:
            await beside
        until = loop.time() + _DRAIN_SECONDS
        while accepted - receiver.came.keys() and loop.time() < until:
            await asyncio.sleep(0.05)
        await asyncio.sleep(0.3)  # what comes twice comes a little later
    door.close()
    return Throughput(
        seconds=round(took, 1),
        per_second=round(events / took, 1),
        per_post=per_post,
        missing=len(accepted - receiver.came.keys()),
        twice=sum(len(times) > 1 for times in receiver.came.values()),
        cpu_us={name: round(value / events * 1e6, 1) for name, value in spent.items()},
        rss_mb={name: round(value, 1) for name, value in memory.items()},
    )


async def _accepted(door: Door, posting: Posting) -> None:
    answer = await door.post(posting.request)
    if answer.status != 202:
        raise RuntimeError(f"the gateway said {answer.status}: {answer.body[:300]!r}")
