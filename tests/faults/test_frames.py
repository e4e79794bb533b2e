"""A Produce, TxnOffsetCommit or Heartbeat frame of a lane that comes late harms nothing; an EndTxn likewise in tests/engine.

All delays, and both ends of a transaction: `make faults PLAN=frames`.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.cluster import Cluster
from tests.faults.plans.network import late_frame
from tests.faults.proxies.frames import Api, FrameProxy

#: Minutes long and dear: `make faults-short`, not `make test`.
pytestmark = pytest.mark.faults


@pytest.mark.asyncio
@pytest.mark.timeout(120)
async def test_a_frame_that_comes_after_the_client_gave_up_loses_and_doubles_nothing(tmp_path: Path) -> None:
    async with Cluster(1, tmp_path, proxied=True) as cluster:
        (link,) = cluster.links
        async with FrameProxy(link.listen, link.upstream) as proxy:
            for api in (Api.PRODUCE, Api.TXN_OFFSET_COMMIT, Api.HEARTBEAT):
                await late_frame(cluster, proxy, tmp_path, api, times=1.5)
