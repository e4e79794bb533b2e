"""Faults between a hub's processes and the brokers.

One rule: a plan ends with the audit of everything that was sent during it, and says what it measured.
"""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

from tests.faults.cluster import Cluster
from tests.faults.counted import Counted
from tests.faults.proxies.frames import Api, FrameProxy

#: The lanes' time-out of one request, short so that several fit into a test.
REQUEST_MS = 3_000


async def late_frame(
    cluster: Cluster, proxy: FrameProxy, directory: Path, api: Api, *, times: float, result: int | None = None
) -> dict[str, object]:
    """Hold one frame of a working lane for *times* its request time-out."""
    async with Counted(
        cluster.bootstrap, directory, bootstrap=cluster.proxied_bootstrap, request_ms=REQUEST_MS
    ) as counted:
        await counted.until_working()
        hold = proxy.hold(api, result)
        await asyncio.wait_for(hold.caught.wait(), 15)
        caught_at = time.monotonic()
        await asyncio.sleep(times * REQUEST_MS / 1000)
        await hold.release()
        await counted.until_working()
        back = time.monotonic() - caught_at
        await counted.audited()
        return {"api": api.name, "times": times, "seconds_to_work": round(back, 1), "exits": counted.exits}
