"""Workers are added and removed under load: every change moves partitions."""

from __future__ import annotations

import asyncio

from tests.faults.bed import Bed, Shape
from tests.faults.plans import Course, Plan

CHANGES = 6
MOST = 4


async def rebalance(bed: Bed, course: Course) -> None:
    """Grow and shrink between one worker and four, now and then before the last change has settled."""
    for number in range(CHANGES):
        await asyncio.sleep(course.chance.uniform(0.5, 3))
        workers = bed.supervisor.of("worker")
        if len(workers) <= 1 or (len(workers) < MOST and course.chance.random() < 0.5):
            name = bed.add_worker()
            bed.say(f"  change {number + 1}/{CHANGES} added {name} at {bed.accepted} accepted")
        else:
            victim = course.chance.choice(workers)
            bed.say(f"  change {number + 1}/{CHANGES} removes {victim.name} at {bed.accepted} accepted")
            await bed.supervisor.remove(victim.name)
        if course.chance.random() < 0.6:
            course.recovered("settled", await bed.supervisor.until_ready(90))
    course.recovered("settled", await bed.supervisor.until_ready(90))


PLANS = [Plan("rebalance", "workers added and removed under load", rebalance, lambda seed: Shape(slots=False), rate=80)]
