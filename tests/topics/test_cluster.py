"""Plans carried out on a real broker."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from hub.ops.cluster import NotApplied, Unreachable, apply, read_cluster
from hub.ops.plan import plan
from hub.testing import Broker
from hub.topics import Topic, Topics


def topic(name: str, **changes: object) -> Topic:
    wanted = Topic(
        name=name,
        partitions=2,
        replication_factor=1,
        retention=timedelta(days=1),
        settings={"cleanup.policy": "delete", "min.insync.replicas": "1", "retention.ms": "86400000"},
        key="k",
        schema=None,
        compatibility="NONE",
        owner="o",
        classification="internal",
        lag_objective_seconds=1,
        why="for this test",
    )
    return replace(wanted, **changes)  # type: ignore[arg-type]


async def test_create_change_and_leave_alone(kafka: Broker, topic_name: Callable[[str], str]) -> None:
    kept, grown = topic(topic_name("kept")), topic(topic_name("grown"), key=None)

    async def carry_out(*wanted: Topic) -> list[str]:
        change = plan(wanted, await read_cluster(kafka.bootstrap))
        await apply(kafka.bootstrap, change)
        assert plan(wanted, await read_cluster(kafka.bootstrap)).empty  # the second time there is nothing to do
        return [each.action for each in change.changes]

    assert await carry_out(kept, grown) == ["ADD", "ADD"]
    longer = {**kept.settings, "retention.ms": "172800000", "segment.bytes": "1048576"}
    assert await carry_out(replace(kept, settings=longer), replace(grown, partitions=5)) == ["UPDATE", "UPDATE"]
    found = (await read_cluster(kafka.bootstrap)).topics
    assert found[kept.name].settings["retention.ms"] == "172800000"
    assert found[kept.name].explicit >= {"retention.ms", "segment.bytes"}
    assert found[grown.name].partitions == 5

    assert await carry_out(kept) == ["UPDATE"]  # segment.bytes goes back to the default, and nothing is deleted
    found = (await read_cluster(kafka.bootstrap)).topics
    assert "segment.bytes" not in found[kept.name].explicit
    assert grown.name in found


async def test_a_refused_plan_changes_nothing_at_all(kafka: Broker, topic_name: Callable[[str], str]) -> None:
    there, new = topic(topic_name("there")), topic(topic_name("new"))
    await apply(kafka.bootstrap, plan([there], await read_cluster(kafka.bootstrap)))
    change = plan([replace(there, partitions=3), new], await read_cluster(kafka.bootstrap))
    with pytest.raises(NotApplied, match="keyed by k"):
        await apply(kafka.bootstrap, change)
    assert new.name not in (await read_cluster(kafka.bootstrap)).topics


async def test_all_topics_of_the_city_in_one_go(kafka: Broker, hub_topics: Topics) -> None:
    change = plan(hub_topics.all(), await read_cluster(kafka.bootstrap), internal=hub_topics.internal)
    await apply(kafka.bootstrap, change)
    found = await read_cluster(kafka.bootstrap)
    assert plan(hub_topics.all(), found, internal=hub_topics.internal).empty
    until = time.monotonic() + 20  # a new partition has no leader for a moment, longer on a busy machine
    while any(each.leaderless for each in found.topics.values()):
        assert time.monotonic() < until
        await asyncio.sleep(0.2)
        found = await read_cluster(kafka.bootstrap)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
async def test_no_broker_is_said_in_one_line() -> None:
    with pytest.raises(Unreachable, match=r"127\.0\.0\.1:1"):
        await read_cluster("127.0.0.1:1")
