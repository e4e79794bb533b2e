"""Every system's samples through the door for records: accepted, in the log, and the events that its golden files say."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest

from connectors import registry
from hub.testing import Broker
from hub.topics import Topics
from tests.gateway.running import Running, headers, records

OVER_HTTP = [dialect for dialect in registry.CONNECTORS if "http" in registry.system(dialect).kinds]
#: What is called deliveries is what the hub writes: not the party's to send.
CASES = [
    (dialect, *case)
    for dialect in OVER_HTTP
    for case in registry.system(dialect).cases()
    if not case[0].stem.startswith("deliver")
]


def place(record: Any) -> tuple[int, int]:
    return record.partition, record.offset


@pytest.mark.parametrize(("dialect", "sample", "golden"), CASES, ids=[f"{d}-{s.stem}" for d, s, _ in CASES])
async def test_a_sample_is_taken_at_the_door_as_its_golden_events(
    gateway: Running, prepared: Broker, hub_topics: Topics, dialect: str, sample: Path, golden: Path
) -> None:
    system = registry.system(dialect)
    expected = orjson.loads(golden.read_bytes())
    topic = hub_topics.ingress(system.owner, dialect)
    before = {place(each) for each in await records(prepared.bootstrap, topic.name, topic.partitions)}
    about = headers(system.owner) | {"Content-Type": system.content_types[0]}

    def post(query: str, key: str) -> httpx.Response:
        url = f"{gateway.url}/v1/records/{dialect}{query}"
        told = about | {"Idempotency-Key": key}
        return httpx.post(url, content=sample.read_bytes(), headers=told, trust_env=False)

    tried = post("?dryRun=1", f"dry-run-of-{dialect}-{sample.stem}")
    sent, again = (post("", f"every-system-{dialect}-{sample.stem}") for _ in range(2))

    assert [tried.status_code, sent.status_code, again.status_code] == [202, 202, 202], sent.text
    assert tried.json() == sent.json() == again.json()
    now = await records(prepared.bootstrap, topic.name, topic.partitions)
    found = [each for each in now if place(each) not in before]
    assert len(found) == 1
    read = registry.read(dialect, found[0].value or b"", system.content_types[0])
    assert [(draft.type, draft.data) for draft in read] == [(each["type"], each["data"]) for each in expected]
