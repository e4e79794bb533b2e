"""The door and the agent behind it say the same: what got a 202 is translated, under the ids that were answered."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from connectors import registry
from hub import reference
from hub.agents.translate import Translator
from hub.engine.record import Record
from hub.testing import Broker
from hub.topics import Topics
from tests.gateway.running import Running, case, header_of, headers, records

REFERENCE = reference.load()


async def translated(broker: Broker, topics: Topics, answer: Any) -> tuple[list[str], list[str]]:
    """Ids of the facts and of the refusals that the agent makes of what an answer wrote."""
    accepted: list[str] = []
    refused: list[str] = []
    aggregates = {topics.aggregate(name).name for name in ("inspection", "matter", "complaint")}
    places = {tuple(place.rsplit(":", 2)) for place in answer.headers["hub-offsets"].split(",")}
    translator = Translator(topics, REFERENCE, virtual_time=True)
    for topic in {topic for topic, _, _ in places}:
        for each in await records(broker.bootstrap, topic, topics[topic].partitions):
            if (topic, str(each.partition), str(each.offset)) not in places:
                continue
            read = Record(topic, each.partition, each.offset, each.timestamp, each.key, each.value, list(each.headers))
            for written in translator.translate(read):
                name = header_of(written, "ce_type")
                if written.topic in aggregates:
                    accepted.append(header_of(written, "ce_id"))
                elif name.endswith("ingress.refused.v1") and written.topic == topics.receipt.name:
                    refused.append(header_of(written, "ce_id"))
    return accepted, refused


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"id": "behind-1"},
        {"source": "urn:guiyang:GY-YJJ:zhifa"},
        {"specversion": None},
        {"specversion": None, "id": "behind-2", "time": "2026-03-02T01:00:00Z", "traceid": "abc"},
        {"type": "cn.guiyang.hub.matter.case.filed.v1", "datacontenttype": "application/json"},
    ],
)
async def test_an_accepted_event_is_translated_under_its_id(
    gateway: Running, prepared: Broker, hub_topics: Topics, changes: dict[str, str | None]
) -> None:
    content = {name: value for name, value in (case() | changes).items() if value is not None}
    answer = gateway.post(b" \n" + json.dumps(content).encode())
    assert answer.status_code == 202, answer.text
    accepted, refused = await translated(prepared, hub_topics, answer)
    assert (accepted, refused) == ([each["eventId"] for each in answer.json()["accepted"]], [])


async def test_a_batch_is_translated_whole(gateway: Running, prepared: Broker, hub_topics: Topics) -> None:
    asked = headers(Content_Type="application/cloudevents-batch+json")
    answer = gateway.post([case(), case("behind-b"), case(itemCode=None), case()], headers=asked)
    accepted, refused = await translated(prepared, hub_topics, answer)
    assert (sorted(accepted), refused) == (sorted(each["eventId"] for each in answer.json()["accepted"]), [])


def samples() -> list[tuple[str, Path]]:
    return [(name, sample) for name in registry.CONNECTORS for sample, _ in registry.system(name).cases()]


@pytest.mark.parametrize(("dialect", "sample"), samples(), ids=lambda value: getattr(value, "name", value))
async def test_a_record_is_judged_as_it_is_translated(
    gateway: Running, prepared: Broker, hub_topics: Topics, dialect: str, sample: Path
) -> None:
    import httpx

    system = registry.system(dialect)
    asked = headers(
        system.owner, Content_Type=system.content_types[0], Hub_Realm="behind", Hub_Time="2027-01-01T00:00:00+08:00"
    )
    url = f"{gateway.url}/v1/records/{dialect}"
    answer = httpx.post(url, content=sample.read_bytes(), headers=asked, trust_env=False)
    if answer.status_code == 422:  # a sample may show what is refused
        assert answer.json()["code"]
        return
    assert answer.status_code == 202, answer.text
    accepted, refused = await translated(prepared, hub_topics, answer)
    said = answer.json()
    assert (sorted(accepted), len(refused)) == (
        sorted(each["eventId"] for each in said["accepted"]),
        len(said["refused"]),
    )
