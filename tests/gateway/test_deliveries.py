"""Deliveries by pull: order, cursors, waiting, acknowledging, realms, and nobody else's."""

from __future__ import annotations

import asyncio
import base64
import time
from datetime import datetime
from typing import Any

import httpx
import orjson
import pytest
from aiokafka import AIOKafkaProducer
from confluent_kafka import TopicPartition
from confluent_kafka.admin import AdminClient

from connectors import registry
from hub.canonical.event import SHANGHAI, Event, derived_id
from hub.gateway.cursor import Cursors
from hub.gateway.problem import Problem
from hub.testing import Broker
from hub.topics import Topics
from hub.wire import avro, envelope
from tests.gateway.running import Running, headers, records

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=SHANGHAI)


def receipt(number: str, realm: str = "") -> tuple[bytes, bytes, list[tuple[str, bytes]]]:
    """A delivery as the deliver agent writes it."""
    data = {"eventId": number, "digest": "d" * 64}
    event = Event(
        derived_id("test", number, realm),
        "receipt.ingress.accepted",
        "HUB",
        number,
        "",
        NOW,
        data,
        sequence=7,
        realm=realm,
    )
    made = envelope.to_headers(event, projection="OPEN")
    return envelope.kafka_key(event), avro.encode(event.type, data), list(made)


async def deliver(broker: Broker, topic: str, *numbers: str, realm: str = "", commit: bool = True) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=broker.bootstrap, transactional_id=f"test-{topic}-{time.time_ns()}")
    await producer.start()
    try:
        await producer.begin_transaction()
        for number in numbers:
            key, value, made = receipt(number, realm)
            await producer.send(topic, value, key, headers=made)
        await (producer.commit_transaction() if commit else producer.abort_transaction())
    finally:
        await producer.stop()


class Party:
    """A party that reads."""

    def __init__(self, gateway: Running, party: str) -> None:
        self._url = f"{gateway.url}/v1/deliveries"
        self._party = party

    def read(self, realm: str = "", **query: Any) -> httpx.Response:
        asked = headers(self._party, **({"Hub_Realm": realm} if realm else {}))
        return httpx.get(self._url, params=query, headers=asked, trust_env=False, timeout=30)

    def numbers(self, **query: Any) -> tuple[list[str], str]:
        answer = self.read(**query)
        assert answer.status_code == 200, answer.text
        return [each["data"]["eventId"] for each in answer.json()["deliveries"]], answer.json()["cursor"]

    def ack(self, cursor: str) -> httpx.Response:
        return httpx.post(
            f"{self._url}/ack",
            json={"cursor": cursor},
            headers=headers(self._party) | {"Content-Type": "application/json"},
            trust_env=False,
        )


async def test_deliveries_come_in_order_and_a_cursor_goes_on(
    gateway: Running, prepared: Broker, hub_topics: Topics
) -> None:
    topic, me = hub_topics.delivery("GY-RSJ").name, Party(gateway, "GY-RSJ")
    _, start = me.numbers(after="latest")
    await deliver(prepared, topic, *(f"n{number}" for number in range(7)))
    await deliver(prepared, topic, "aborted", commit=False)
    await deliver(prepared, topic, "n7")

    first, cursor = me.numbers(after=start, limit=3)
    assert first == ["n0", "n1", "n2"]
    assert me.read(after=start, limit=3).content == me.read(after=start, limit=3).content
    rest, end = me.numbers(after=cursor)
    assert rest == ["n3", "n4", "n5", "n6", "n7"]
    assert me.numbers(after=end) == ([], end)
    assert me.numbers(after=start)[0] == first + rest


async def test_a_delivery_is_a_cloudevent_with_the_hubs_attributes(
    gateway: Running, prepared: Broker, hub_topics: Topics
) -> None:
    me = Party(gateway, "GY-SWJ")
    _, start = me.numbers(after="latest")
    await deliver(prepared, hub_topics.delivery("GY-SWJ").name, "shape")
    said = me.read(after=start).json()["deliveries"][0]
    assert said["specversion"] == "1.0"
    assert said["type"] == "cn.guiyang.hub.receipt.ingress.accepted.v1"
    assert said["projection"] == "OPEN"
    assert said["sequence"].endswith("7")
    assert said["data"] == {"eventId": "shape", "digest": "d" * 64}
    assert {"id", "source", "subject", "fromparty", "recordedtime", "dataclassification"} <= said.keys()


async def test_a_poll_waits_and_hears_at_once(gateway: Running, prepared: Broker, hub_topics: Topics) -> None:
    me = Party(gateway, "GY-FY")
    _, start = me.numbers(after="latest")
    waiting = asyncio.create_task(asyncio.to_thread(me.numbers, after=start, wait=10))
    await asyncio.sleep(0.5)
    assert not waiting.done()
    began = time.monotonic()
    await deliver(prepared, hub_topics.delivery("GY-FY").name, "late")
    heard, _ = await waiting
    assert heard == ["late"]
    assert time.monotonic() - began < 3

    began = time.monotonic()
    _, end = me.numbers(after="latest")
    assert me.numbers(after=end, wait=1) == ([], end)
    assert 0.9 < time.monotonic() - began < 3


async def test_acknowledging_moves_on_and_never_back(gateway: Running, prepared: Broker, hub_topics: Topics) -> None:
    topic, me = hub_topics.delivery("GY-SFJ").name, Party(gateway, "GY-SFJ")
    await deliver(prepared, topic, "a0", "a1", "a2", "a3")
    assert me.numbers()[0] == ["a0", "a1", "a2", "a3"]
    _, two = me.numbers(limit=2)
    _, three = me.numbers(limit=3)
    assert me.ack(two).json() == {"cursor": two}
    assert me.numbers()[0] == ["a2", "a3"]
    assert me.ack(three).json() == {"cursor": three}
    assert me.ack(three).json() == {"cursor": three}
    assert me.ack(two).json() == {"cursor": three}
    assert me.numbers()[0] == ["a3"]


async def test_a_cursor_is_good_for_its_party_only_and_cannot_be_changed(gateway: Running) -> None:
    me, other = Party(gateway, "GY-RSJ"), Party(gateway, "GY-GAJ")
    _, cursor = me.numbers(after="latest")
    for bad in (cursor[:-1], cursor + "A", "", "x", "A" * 60, cursor[::-1], "ü", cursor.swapcase()):
        answer = me.ack(bad)
        assert (answer.status_code, answer.json()["code"]) == (400, "HUB-1401")
    assert other.read(after=cursor).json()["code"] == "HUB-1401"
    assert other.ack(cursor).status_code == 400


async def test_what_expired_before_it_was_read_is_told_and_never_skipped(
    gateway: Running, prepared: Broker, hub_topics: Topics
) -> None:
    """A party away for longer than its deliveries are kept must say itself that it goes on behind the gap."""
    topic, me = hub_topics.delivery("GY-WLJ").name, Party(gateway, "GY-WLJ")
    await deliver(prepared, topic, *(f"e{number}" for number in range(6)))
    _, two = me.numbers(limit=2)
    me.ack(two)
    admin = AdminClient({"bootstrap.servers": prepared.bootstrap})
    for deleted in admin.delete_records([TopicPartition(topic, 0, 4)]).values():
        deleted.result(10)

    answer = me.read()
    assert (answer.status_code, answer.json()["code"]) == (410, "HUB-1402")
    assert "after=earliest" in answer.json()["hint"]
    assert me.read(after=two).status_code == 410
    kept, end = me.numbers(after="earliest")
    assert kept == ["e4", "e5"]
    me.ack(end)
    await deliver(prepared, topic, "e6")
    assert me.numbers()[0] == ["e6"]


async def test_a_party_may_have_its_deliveries_in_its_own_words(
    gateway: Running, prepared: Broker, hub_topics: Topics
) -> None:
    """JSON as it is, anything else byte for byte; the attributes stay the hub's."""
    for party, dialect in (("GY-YJJ", "yjj-json"), ("GY-SWJ", "swj-xml")):
        me = Party(gateway, party)
        _, start = me.numbers(after="latest")
        await deliver(prepared, hub_topics.delivery(party).name, "words")
        [plain] = me.read(after=start).json()["deliveries"]
        [said] = me.read(after=start, dialect=dialect).json()["deliveries"]

        raw = base64.b64decode(said["data_base64"]) if "data_base64" in said else orjson.dumps(said["data"])
        [draft] = registry.read(dialect, raw)
        assert (draft.type, draft.data, draft.own_id) == ("receipt.ingress.accepted", plain["data"], plain["id"])
        without = ("data", "data_base64", "datacontenttype")
        assert {n: v for n, v in said.items() if n not in without} == {
            n: v for n, v in plain.items() if n not in without
        }


@pytest.mark.parametrize(
    "query",
    [
        {"dialect": "yjj-json"},
        {"limit": 0},
        {"limit": "x"},
        {"wait": -1},
        {"wait": "1e3"},
        {"after": "zz"},
        {"party": "GY-GAJ"},
    ],
)
def test_bad_parameters_are_refused(gateway: Running, query: dict[str, Any]) -> None:
    assert Party(gateway, "GY-RSJ").read(**query).status_code == 400


async def test_a_realm_sees_its_own_and_the_real_one_never_does(
    gateway: Running, prepared: Broker, hub_topics: Topics
) -> None:
    topic, me = hub_topics.delivery("GY-ZD").name, Party(gateway, "GY-ZD")
    _, start = me.numbers(after="latest")
    await deliver(prepared, topic, "real-1")
    await deliver(prepared, topic, "s-1", "s-2", realm="scenario-1")
    await deliver(prepared, topic, "real-2")
    assert me.numbers(after=start)[0] == ["real-1", "real-2"]
    assert me.numbers(after=start, realm="scenario-1")[0] == ["s-1", "s-2"]
    assert me.numbers(after=start, realm="scenario-2")[0] == []


async def test_a_scenarios_facts_carry_its_realm_and_time(
    gateway: Running, prepared: Broker, hub_topics: Topics
) -> None:
    from tests.gateway.running import case, header_of

    content = case("realm-1", filedAt="2024-03-01T09:00:00+08:00")
    asked = headers(Hub_Realm="scenario-9", Hub_Time="2024-03-01T10:00:00+08:00")
    answer = gateway.post(content, headers=asked)
    assert answer.status_code == 202
    topic, partition, offset = answer.headers["hub-offsets"].split(":")
    written = next(
        each
        for each in await records(prepared.bootstrap, topic)
        if (each.partition, each.offset) == (int(partition), int(offset))
    )
    assert header_of(written, "ce_realm") == "scenario-9"
    assert header_of(written, "ce_recordedtime") == "2024-03-01T10:00:00.000+08:00"
    assert written.key.decode() == f"scenario-9~{content['data']['correlationId']}"
    future = gateway.post(
        case(filedAt="2024-03-01T10:11:00+08:00"), headers=headers(Hub_Realm="s", Hub_Time="2024-03-01T10:00:00+08:00")
    )
    assert future.json()["code"] == "FUTURE_TIME"
    for bad in (
        {"Hub_Time": "2024-03-01T10:00:00+08:00"},
        {"Hub_Realm": "a~b"},
        {"Hub_Realm": "a", "Hub_Time": "2024-03-01"},
    ):
        assert gateway.post(case(), headers=headers(**bad)).status_code == 400


async def test_an_operators_word_goes_to_the_control_topic(
    gateway: Running, prepared: Broker, hub_topics: Topics
) -> None:
    word = {"realm": "scenario-9", "type": "hub.tick", "time": "2024-03-05T00:00:00+08:00"}
    url = f"{gateway.url}/v1/dev/control"
    answer = httpx.post(url, json=word, headers=headers("GY-ZHZFJ"), trust_env=False)
    assert answer.status_code == 202
    assert answer.headers["hub-offsets"].startswith(f"{hub_topics.control.name}:0:")
    written = (await records(prepared.bootstrap, hub_topics.control.name))[-1]
    import json

    assert json.loads(written.value) == word | {"policy": {}}
    assert httpx.post(url, json=word, headers=headers("GY-YJJ"), trust_env=False).status_code == 403
    for bad in (word | {"type": "hub.stop"}, word | {"time": "now"}, word | {"more": 1}, {"realm": "x"}):
        assert httpx.post(url, json=bad, headers=headers("GY-ZHZFJ"), trust_env=False).status_code == 400


class TestCursors:
    def test_every_change_is_seen(self) -> None:
        cursors = Cursors(b"secret")
        text = cursors.write("GY-GAJ", {0: 5, 1: 2**40})
        assert cursors.read("GY-GAJ", text) == {0: 5, 1: 2**40}
        alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_+/="
        for place in range(len(text)):
            for letter in alphabet:
                if letter != text[place]:
                    with pytest.raises(Problem, match="HUB-1401"):
                        cursors.read("GY-GAJ", text[:place] + letter + text[place + 1 :])
        with pytest.raises(Problem):
            Cursors(b"another").read("GY-GAJ", text)
