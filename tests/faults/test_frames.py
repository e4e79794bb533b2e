"""A Produce, TxnOffsetCommit or Heartbeat frame of a lane that comes late harms nothing; an EndTxn likewise in tests/engine.

All delays under the whole hub: `make faults PLAN=frames`.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.faults.cluster import Cluster
from tests.faults.counted import Counted
from tests.faults.proxies.frames import Api, FrameProxy

#: Wants the machine to itself: `make test` runs it after the others, one at a time.
pytestmark = pytest.mark.faults

#: The lanes' time-out of one request, short so that several fit into a test.
REQUEST_MS = 3_000


@pytest.mark.asyncio
@pytest.mark.timeout(120)
async def test_a_frame_that_comes_after_the_client_gave_up_loses_and_doubles_nothing(tmp_path: Path) -> None:
    async with Cluster(1, tmp_path, proxied=True) as cluster:
        (link,) = cluster.links
        async with FrameProxy(link.listen, link.upstream) as proxy:
            for api in (Api.PRODUCE, Api.TXN_OFFSET_COMMIT, Api.HEARTBEAT):
                async with Counted(
                    cluster.bootstrap, tmp_path, bootstrap=cluster.proxied_bootstrap, request_ms=REQUEST_MS
                ) as counted:
                    await counted.until_working()
                    hold = proxy.hold(api)
                    await asyncio.wait_for(hold.caught.wait(), 15)
                    await asyncio.sleep(1.5 * REQUEST_MS / 1000)
                    await hold.release()
                    await counted.until_working()
                    await counted.audited()
