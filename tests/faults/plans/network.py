"""Faults between the hub's processes and the brokers: single frames that come late, and links that are bad.

One rule: nothing is taken away for good. What is late arrives, and every link is mended again; the hub goes on by itself.
"""

from __future__ import annotations

import asyncio
import time

from tests.faults.bed import Bed, Shape
from tests.faults.plans import Course, Plan
from tests.faults.plans.brokers import until_going
from tests.faults.proxies.frames import COMMIT, Api
from tests.faults.proxies.toxics import Toxic

#: Within all limits; longer than a transaction may last (15 s); longer than a request's time-out (20 s) and a session (10 s).
DELAYS = (5.0, 17.0, 25.0)
APIS = ((Api.END_TXN, COMMIT), (Api.PRODUCE, None), (Api.TXN_OFFSET_COMMIT, None), (Api.HEARTBEAT, None))

TOXIC_SECONDS = 20.0
#: Delays in ms, rates in KB/s, sizes in bytes, as Toxiproxy counts them. A time-out of 0: everything is swallowed.
TOXICS = (
    Toxic("latency", "latency", {"latency": 400, "jitter": 200}),
    Toxic("slow-link", "bandwidth", {"rate": 64}),
    Toxic("black-hole", "timeout", {"timeout": 0}),
    Toxic("reset", "reset_peer", {"timeout": 500}),
    Toxic("slices", "slicer", {"average_size": 64, "size_variation": 32, "delay": 1000}),
)


async def frames(bed: Bed, course: Course) -> None:
    """Each kind of frame held up for each time, in any order and on whatever connection it comes next."""
    cases = [(api, result, delay) for api, result in APIS for delay in DELAYS]
    course.chance.shuffle(cases)
    for number, (api, result, delay) in enumerate(cases, 1):
        if course.loaded():
            raise AssertionError(f"the load was over before the delays were: {number - 1} of {len(cases)}")
        (proxy,) = bed.frames
        hold = proxy.hold(api, result)
        await asyncio.wait_for(hold.caught.wait(), 60)
        bed.say(f"  {number}/{len(cases)} {api.name} held for {delay:g} s at {bed.accepted} accepted")
        await asyncio.sleep(delay)
        released = time.monotonic()
        await hold.release()
        await until_going(bed, course, f"{api.name} late", released)


async def toxics(bed: Bed, course: Course) -> None:
    """Each kind of bad link for a while, both ways, on every connection of the hub to the broker."""
    assert bed.toxics is not None
    for number, toxic in enumerate(TOXICS, 1):
        await asyncio.sleep(course.chance.uniform(1, 3))
        if course.loaded():
            raise AssertionError(f"the load was over before the links were spoilt: {number - 1} of {len(TOXICS)}")
        bed.say(f"  {number}/{len(TOXICS)} {toxic.name} at {bed.accepted} accepted")
        async with bed.toxics.toxic(toxic):
            await asyncio.sleep(TOXIC_SECONDS)
        await until_going(bed, course, f"{toxic.name} over", time.monotonic())


PLANS = [
    Plan("frames", "EndTxn, Produce, TxnOffsetCommit and Heartbeat frames that come late", frames,
         lambda seed: Shape(between="frames"), events=8_000, rate=25),
    Plan("toxics", "latency, slow link, black hole, reset and slices (Toxiproxy)", toxics,
         lambda seed: Shape(between="toxics"), events=6_000, rate=40),
]  # fmt: skip
