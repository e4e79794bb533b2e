"""A backlog that built up while no worker ran: how fast it drains, and that nothing of it is lost."""

from __future__ import annotations

import asyncio
import time

from tests.faults.bed import Bed, Shape
from tests.faults.plans import Course, Plan

DRAIN_SECONDS = 120.0


async def backlog(bed: Bed, course: Course) -> None:
    """All workers are taken away at the beginning and come back when everything is accepted."""
    for worker in bed.supervisor.of("worker"):
        await bed.supervisor.remove(worker.name)
    while not course.loaded():
        await asyncio.sleep(0.2)
    bed.say(f"  {bed.accepted} accepted and waiting; the workers come back")
    began = time.monotonic()
    names = [bed.add_worker(), bed.add_worker()]
    await bed.supervisor.until_ready(90, *names)
    course.recovered("worker", time.monotonic() - began)


PLANS = [
    Plan("backlog", "20,000 events wait for their workers", backlog, lambda seed: Shape(), events=20_000, rate=2_000,
         drain_limit=DRAIN_SECONDS)
]  # fmt: skip
