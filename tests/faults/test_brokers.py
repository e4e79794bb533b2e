"""A broker that is killed under load: nothing lost, nothing twice, and going again by itself."""

from __future__ import annotations

import asyncio
import sys
import time
from pathlib import Path

import pytest

from tests.faults.cluster import Cluster
from tests.faults.counted import Counted

#: Wants the machine to itself: `make test` runs it after the others, one at a time.
pytestmark = pytest.mark.faults


@pytest.mark.asyncio
@pytest.mark.timeout(150)
async def test_a_broker_killed_under_load_loses_and_doubles_nothing(tmp_path: Path) -> None:
    async with Cluster(1, tmp_path) as cluster, Counted(cluster.bootstrap, tmp_path, workers=2) as counted:
        await counted.until_working()
        await asyncio.sleep(1)  # a topic made just before a kill may be forgotten by a broker that stands alone
        killed_at = time.monotonic()
        await cluster.kill(0)
        await cluster.start(0)
        served_after = time.monotonic() - killed_at
        await counted.until_working()
        back_after = time.monotonic() - killed_at
        await counted.audited()
        sys.stdout.write(f"broker back {served_after:.1f} s, lanes {back_after:.1f} s, exits {counted.exits}\n")
