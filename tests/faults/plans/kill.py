"""SIGKILL of every kind of process at random instants."""

from __future__ import annotations

import asyncio
import time
from collections import Counter

from tests.faults.bed import Bed, Shape
from tests.faults.plans import Course, Plan

#: Ten in the usual run of 5,000 facts, a hundred in the long one of 100,000.
EVENTS_PER_KILL, LONG_RUN, EVENTS_PER_KILL_IN_IT = 500, 50_000, 1_000
_LONGEST_SECONDS = 90.0


async def kill(bed: Bed, course: Course) -> None:
    """Kills uniformly over the load and over the processes; each must be ready again in time."""
    events = bed.planned
    kills = max(3, round(events / (EVENTS_PER_KILL if events < LONG_RUN else EVENTS_PER_KILL_IN_IT)))
    marks = sorted(course.chance.uniform(0.02, 0.9) * events for _ in range(kills))
    recovering: list[asyncio.Task[None]] = []
    killed: Counter[str] = Counter()
    for number, mark in enumerate(marks):
        while bed.accepted < mark and not course.loaded():
            await asyncio.sleep(0.02)
        kinds = ("worker", "gateway", "worker", "connectors")[number % 4]
        victim = course.chance.choice(bed.supervisor.of(kinds))
        await asyncio.sleep(course.chance.uniform(0, 0.2))
        bed.supervisor.kill(victim)
        began = time.monotonic()
        killed[victim.name] += 1
        bed.say(f"  kill {number + 1}/{kills} {victim.name} at {bed.accepted} accepted")

        async def back(name: str, kind: str, nth: int, began: float) -> None:
            await asyncio.sleep(0.2)
            await bed.supervisor.until_ready(_LONGEST_SECONDS, name)
            if killed[name] == nth:  # killed again on its way back, it is the later kill that counts
                course.recovered(kind, time.monotonic() - began)

        recovering.append(asyncio.create_task(back(victim.name, victim.kind, killed[victim.name], began)))
    await asyncio.gather(*recovering)


def shape(seed: int) -> Shape:
    """Two workers with all agents, or one worker for each agent, in turn."""
    return Shape(layout="two" if seed % 2 else "agents")


PLANS = [Plan("kill", "SIGKILL of every process kind at random instants", kill, shape)]
