"""Two brokers of three stand still: the gateway must not say yes. One that asks a single broker only does, and is caught."""

from __future__ import annotations

import asyncio
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from confluent_kafka.admin import AdminClient

from tests.faults.bed import Bed, Shape
from tests.faults.cluster import Cluster
from tests.faults.load import Load

#: Wants the machine to itself: `make test` runs it after the others, one at a time.
pytestmark = pytest.mark.faults

PARTY = "GY-YJJ"


async def post(bed: Bed) -> int:
    """The answer to one fact of `PARTY`."""
    facts = (thread.facts[0] for thread in Load(1, 60, uuid4().hex[:6]).threads() if thread.door == "gateway")
    fact = next(fact for fact in facts if fact.party == PARTY)
    headers = {
        "authorization": f"Bearer {bed.tokens[PARTY]}",
        "content-type": "application/cloudevents+json",
        "idempotency-key": f"acks-{uuid4().hex}",
    }
    async with httpx.AsyncClient(base_url=bed.gateway, trust_env=False, timeout=40) as http:
        return (await http.post("/v1/events", json=fact.cloudevent(), headers=headers)).status_code


def leader(bootstrap: str) -> int:
    """The broker, from 0, that leads the party's topic."""
    topic = f"evt.{PARTY.lower()}.canonical.v1"
    found = AdminClient({"bootstrap.servers": bootstrap}).list_topics(topic, timeout=20).topics[topic]
    return int(found.partitions[0].leader) - 1


async def with_only_the_leader_left(cluster: Cluster, folder: Path, mutant: str) -> int:
    bed = Bed(folder, Shape(brokers=3, mutant=mutant), cluster, print)
    others = {0, 1, 2} - {leader(cluster.bootstrap)}
    try:
        bed.start_gateway()
        await bed.supervisor.until_ready(120)
        async with asyncio.timeout(60):  # the first answers of a busy machine may be 503
            while (status := await post(bed)) != httpx.codes.ACCEPTED:
                assert status == httpx.codes.SERVICE_UNAVAILABLE
        for index in others:
            cluster.pause(index)
        return await post(bed)
    finally:
        for index in others:
            cluster.resume(index)
        await bed.stop()


@pytest.mark.timeout(300)
async def test_what_a_single_broker_has_is_not_accepted(tmp_path: Path) -> None:
    async with Cluster(3, tmp_path / "kafka") as cluster:
        await cluster.apply_topics()

        # The mutant first: one broker's yes is enough for it, which is what the second line must be able to catch.
        assert await with_only_the_leader_left(cluster, tmp_path / "mutant", "acks-one") == httpx.codes.ACCEPTED
        assert await with_only_the_leader_left(cluster, tmp_path / "hub", "") == httpx.codes.SERVICE_UNAVAILABLE
