"""SIGSTOP for longer than the session timeout, then SIGCONT: a zombie that believes it still holds its partitions."""

from __future__ import annotations

import asyncio
import time

from tests.faults.bed import Bed, Shape
from tests.faults.plans import Course, Plan

PAUSES = 4
PAUSE_SECONDS = (10.5, 13.0)  #: the session ends after 10, an open transaction is aborted after 15


async def pause(bed: Bed, course: Course) -> None:
    """Workers stand still one after the other; each must leave within 10 s of coming back, and be replaced."""
    for number in range(PAUSES):
        await asyncio.sleep(course.chance.uniform(0.5, 2.5))
        victim = course.chance.choice(bed.supervisor.of("worker"))
        assert victim.child is not None
        zombie = victim.child
        seconds = course.chance.uniform(*PAUSE_SECONDS)
        bed.say(f"  pause {number + 1}/{PAUSES} {victim.name} for {seconds:.1f} s at {bed.accepted} accepted")
        bed.supervisor.pause(victim)
        await asyncio.sleep(seconds)
        bed.supervisor.resume(victim)
        began = time.monotonic()
        await asyncio.wait_for(zombie.wait(), 30)
        course.recovered("zombie leaves", time.monotonic() - began)
        await bed.supervisor.until_ready(90, victim.name)
        course.recovered("worker", time.monotonic() - began)


PLANS = [
    Plan("pause", "SIGSTOP longer than the session timeout, and resume", pause, lambda seed: Shape(slots=seed % 2 == 0),
         rate=60, recovery_limits={"zombie leaves": 10.0})
]  # fmt: skip
