"""Disks that run full: the broker's, and the one with the hub's own files (the gateway's keys, the drop folders).

One rule: somebody makes room again and starts again what has ended, as an operator does; nothing else is helped.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

from tests.faults.bed import Bed, Shape
from tests.faults.disk import Disk
from tests.faults.plans import Course, Plan
from tests.faults.plans.brokers import Asking, until_going

_FULL_SECONDS = 20.0
#: Room for what is written under this load: on a tmpfs each of thousands of delivered files takes a page of its own.
_BROKER_MB, _HUB_MB = 300, 300


async def broker_full(bed: Bed, course: Course) -> None:
    """The broker ends when it cannot write; until there is room and it is back, nobody is told yes."""

    async def again() -> None:
        await bed.cluster.kill(0)  # it has ended, or stands with a log it gave up
        await bed.cluster.start(0)

    await _full(bed, course, bed.broker_disk, again)


async def hub_full(bed: Bed, course: Course) -> None:
    """Without a place for its keys the gateway says 503; files wait. With room again everything goes on by itself."""
    await _full(bed, course, bed.hub_disk, None)


async def _full(bed: Bed, course: Course, disk: Disk, again: Callable[[], Awaitable[None]] | None) -> None:
    """*disk* is full for a while. *again*: what an operator starts again once there is room."""
    await asyncio.sleep(course.chance.uniform(3, 6))
    bed.say(f"  {disk.fill() / 1e6:.0f} MB fill the disk {disk.at.name} at {bed.accepted} accepted")
    async with Asking(bed, course) as asking:
        await asyncio.sleep(_FULL_SECONDS)
        bed.say(f"  meanwhile the gateway said {dict(asking.said)}")
        disk.free()
        if again is not None:
            await again()
        free_at = time.monotonic()
        await asyncio.wait_for(asking.accepted.wait(), 90)
        course.recovered("room again: accepting", time.monotonic() - free_at)
    await until_going(bed, course, "room again", free_at)


PLANS = [
    Plan("disk-broker", "the broker's disk runs full", broker_full, lambda seed: Shape(broker_disk=_BROKER_MB), rate=80),
    Plan("disk-hub", "the disk with the hub's own files runs full", hub_full, lambda seed: Shape(hub_disk=_HUB_MB),
         rate=80),
]  # fmt: skip
