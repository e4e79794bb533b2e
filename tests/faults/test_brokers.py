"""A broker that is killed under load: nothing lost, nothing twice, and going again by itself."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.producer.transaction_manager import TransactionManager

from hub.engine.batch import Batch
from hub.engine.exits import Exit
from hub.engine.flow import Flow
from hub.engine.record import Outgoing
from hub.engine.worker import create_app, install
from tests.engine.broker import create_topics, producer, read_all, unique
from tests.engine.counting import QUICK, topics_of
from tests.faults.cluster import Cluster
from tests.faults.counted import Counted

#: Minutes long and dear: `make faults-short`, not `make test`.
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


@pytest.mark.asyncio
@pytest.mark.timeout(90)
async def test_a_commit_whose_end_the_broker_left_out_becomes_visible_by_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A killed broker may answer a commit and never write its end into some partition.

    Here that partition is never named to the coordinator, which comes to the same; the broker must be told to allow it.
    """
    name = unique("hidden")
    out, state = f"{name}.out", f"{name}.state"
    told = TransactionManager.maybe_add_partition_to_txn
    left_out: list[object] = []

    def forget_once(self: Any, at: Any) -> None:
        if at.topic == out and not left_out:
            left_out.append(at)
            self._txn_partitions.add(at)
        else:
            told(self, at)

    async with Cluster(1, tmp_path, properties={"transaction.partition.verification.enable": "false"}) as cluster:
        await asyncio.to_thread(create_topics, cluster.bootstrap, {f"{name}.in": 1, out: 2, state: 1}, [state])
        app = create_app(unique("app"))
        channel = install(app, Flow(name, (f"{name}.in",), 1, state), QUICK, cluster.bootstrap)

        @app.agent(channel)
        async def passing(batches: AsyncIterator[Batch]) -> None:
            async for batch in batches:
                with batch:
                    for record in batch.records:
                        batch.send(Outgoing(out, record.key, record.value))
                        batch.state.put(record.key or b"", record.value)

        await app.start()
        try:
            monkeypatch.setattr(TransactionManager, "maybe_add_partition_to_txn", forget_once)
            to = producer(cluster.bootstrap)
            to.produce(f"{name}.in", b"1", b"key")
            assert to.flush(10) == 0
            deadline = time.monotonic() + 30
            while not await asyncio.to_thread(
                read_all, cluster.bootstrap, [state]
            ):  # committed, as far as anyone was told
                assert time.monotonic() < deadline
                await asyncio.sleep(0.1)
            assert left_out
            assert await asyncio.to_thread(read_all, cluster.bootstrap, [out]) == []
            committed_at = time.monotonic()
            while not (seen := await asyncio.to_thread(read_all, cluster.bootstrap, [out])):
                assert time.monotonic() - committed_at < 15, "still hidden"
                await asyncio.sleep(0.1)
            assert [each.value for each in seen] == [b"1"]
            sys.stdout.write(f"visible after {time.monotonic() - committed_at:.1f} s\n")
        finally:
            await app.stop()


@pytest.mark.asyncio
@pytest.mark.timeout(120)
async def test_a_lane_opens_although_its_predecessor_left_a_transaction_without_an_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The coordinator calls it complete, or never knew it: starting the lane's producer does not end it."""
    without_check = {"transaction.partition.verification.enable": "false"}
    async with (
        Cluster(1, tmp_path, properties=without_check) as cluster,
        Counted(cluster.bootstrap, tmp_path) as counted,
    ):
        await counted.until_working()
        _, _, state = topics_of(counted.name)
        monkeypatch.setattr(
            TransactionManager, "maybe_add_partition_to_txn", lambda self, at: self._txn_partitions.add(at)
        )
        name = Flow(counted.name, ("in",), 1).transactional_id(0)
        predecessor = AIOKafkaProducer(bootstrap_servers=cluster.bootstrap, transactional_id=name)
        await predecessor.start()  # the worker's lane is fenced and ends
        await predecessor.begin_transaction()
        await predecessor.send_and_wait(state, b"9 9 9", b"k-0", partition=0)
        await predecessor.client.close()  # without an end
        await counted.until_working()
        await counted.audited()
        said = (tmp_path / f"{counted.name}-0.log").read_text()
        assert "TransactionWithoutEnd" in said
        assert Exit.OPEN_FAILED not in counted.exits
