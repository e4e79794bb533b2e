"""What an operator does with a running hub: follow an event, look at lag, leads and dead letters, send one again."""

from __future__ import annotations

import asyncio
import json
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from aiokafka import AIOKafkaProducer

from tests.hub.conftest import RunningHub
from tests.hub.facts import fresh_uscc, lead, moment, plan


def until(found: Any, *, seconds: float = 30) -> Any:
    """What *found* gives as soon as it gives something."""
    end = time.monotonic() + seconds
    while not (result := found()):
        assert time.monotonic() < end, "nothing came"
        time.sleep(0.3)
    return result


def produce(hub: RunningHub, topic: str, value: bytes, **more: Any) -> None:
    """Write to Kafka directly, as a party with an own client does."""

    async def send() -> None:
        producer = AIOKafkaProducer(bootstrap_servers=hub.dev["bootstrap"], acks="all")
        await producer.start()
        await producer.send_and_wait(topic, value, **more)
        await producer.stop()

    asyncio.run(send())


def test_two_plans_become_one_visit_and_both_agencies_hear_of_it(running_hub: RunningHub) -> None:
    uscc = fresh_uscc()
    for number, agency in enumerate(("GY-NYNCJ", "GY-STHJJ")):
        assert (
            running_hub.post(agency, plan(f"joint-{uscc}-{number}", uscc, agency, item=f"I{number}")).status_code == 202
        )

    def joint(party: str) -> Any:
        heard = running_hub.deliveries(party, 1)
        return [
            each
            for each in heard
            if each["type"] == "cn.guiyang.hub.inspection.joint.formed.v1" and each["subject"] == uscc
        ]

    for party in ("GY-NYNCJ", "GY-STHJJ"):
        formed = until(lambda party=party: joint(party))
        assert {"GY-NYNCJ", "GY-STHJJ"} == {member["agency"] for member in formed[0]["data"]["members"]}


def test_the_way_of_an_event_is_told_from_the_door_to_its_receivers(running_hub: RunningHub) -> None:
    answer = running_hub.post("GY-YJJ", lead("trace-1"))
    event_id = answer.json()["accepted"][0]["eventId"]
    until(lambda: [one for one in running_hub.deliveries("GY-GAJ", 1) if one["id"] == event_id])

    def whole() -> Any:
        hops = running_hub.items("event", "trace", event_id)
        return hops if {"delivered", "decided"} <= {hop["station"] for hop in hops} else []

    hops = until(whole)
    own = [hop for hop in hops if hop["event_id"] == event_id]
    assert [hop["station"] for hop in own][:3] == ["received", "translated", "routed"]
    assert {"GY-GAJ", "GY-JCY", "GY-SFJ", "GY-ZD-DD2"} == {hop["party"] for hop in own if hop["station"] == "delivered"}
    assert {"FULL", "SUPER", "STUB", "WORK"} == {hop["note"] for hop in own if hop["station"] == "delivered"}
    assert running_hub.run("event", "trace", "no-such-event").returncode == 5
    with running_hub.client("GY-YJJ") as sender, running_hub.client("GY-GAJ") as stranger:
        told = sender.get(f"/v1/trace/{event_id}")
        assert [hop["station"] for hop in told.json()["hops"]][:3] == ["received", "translated", "routed"]
        assert stranger.get(f"/v1/trace/{event_id}").status_code == 404  # a receiver is not the sender


def test_police_see_the_lead_and_answer_and_the_list_shows_where_it_stands(running_hub: RunningHub) -> None:
    running_hub.post("GY-YJJ", lead("list-1"))
    receipt = {
        "correlationId": "MT-list-1",
        "leadId": "list-1",
        "receiptId": "HZ-list-1",
        "receivedAt": moment(1),
        "outcome": "RECEIVED",
    }
    running_hub.post("GY-GAJ", {"id": "receipt-list-1", "type": "matter.lead.receipted", "data": receipt})

    def accepted() -> Any:
        return [
            one
            for one in running_hub.items("lead", "list")
            if one["lead_id"] == "list-1" and one["state"] == "ACCEPTED"
        ]

    found = until(accepted)[0]
    assert (found["principal"], found["handler"], found["police"]) == ("GY-YJJ", "GY-ZD-DD2", "GY-GAJ")
    assert "F08" in found["due"]
    steps = running_hub.items("lead", "show", "list-1")[0]["steps"]
    assert [step["type"] for step in steps] == ["matter.lead.transferred", "matter.lead.receipted"]


def test_what_is_wrong_is_told_at_the_door_with_its_field_and_code(running_hub: RunningHub) -> None:
    unknown = plan("wrong-1", fresh_uscc())
    unknown["data"]["surprise"] = 1
    for event, party, code, pointer in (
        (unknown, "GY-YJJ", "INVALID_FIELD", "/surprise"),
        (lead("wrong-2", materials=[{"kind": "REPORT"}]), "GY-YJJ", "MISSING_MATERIAL", "/materials"),
        (plan("wrong-3", fresh_uscc(), "GY-ZD-DD2"), "GY-YJJ", "NOT_PERMITTED", "/agency"),
    ):
        answer = running_hub.post(party, event)
        assert answer.status_code == 422
        assert answer.headers["content-type"].partition(";")[0] == "application/problem+json"
        problem = answer.json()
        assert code == problem["code"]
        assert problem["pointer"].endswith(pointer)
        assert problem["detail"]


def test_a_dead_letter_keeps_its_bytes_and_goes_again_when_told(running_hub: RunningHub) -> None:
    garbage = "这不是报文".encode()
    produce(running_hub, "evt.gy-yjj.yjj-json.v1", garbage)

    letters = until(lambda: running_hub.items("dlq", "list", "--party", "GY-YJJ", "--code", "INVALID_FIELD"))
    number = letters[-1]["number"]
    raw = running_hub.run("dlq", "show", number, "--raw")
    assert garbage.decode() == raw.stdout
    refused = until(
        lambda: [
            one for one in running_hub.deliveries("GY-YJJ", 1) if one["type"].endswith("receipt.ingress.refused.v1")
        ]
    )
    assert "INVALID_FIELD" in {one["data"]["code"] for one in refused}

    assert not running_hub.items("dlq", "redrive", number)[0]["redriven"]  # a dry run
    assert running_hub.items("dlq", "redrive", number, "--yes")[0]["redriven"]
    again = until(
        lambda: [
            one
            for one in running_hub.items("dlq", "list", "--party", "GY-YJJ", "--open")
            if one["number"] != number and one["code"] == "INVALID_FIELD"
        ]
    )
    assert again[0]["topic"].startswith("evt.gy-yjj.yjj-json.v1")
    assert number not in {one["number"] for one in running_hub.items("dlq", "list", "--open")}


def test_what_needs_the_state_is_refused_after_the_door_and_answered(running_hub: RunningHub) -> None:
    """A fine while the police have the case: 行政执法机关移送涉嫌犯罪案件的规定 art. 11."""
    case = {
        "correlationId": "MT-lieu", "caseNo": "AJ-lieu", "filedAt": moment(50), "principal": "GY-YJJ", "itemCode": "Y1", "causeText": "案由",
        "source": "INSPECTION", "procedure": "SIMPLE", "reviewClass": "SIMPLE", "crossDivision": False, "majorComplex": False,
        "divisionCode": "520115", "subject": {"subjectType": "ENT", "name": "示例企业", "uscc": fresh_uscc()},
        "officers": [{"name": "甲", "certNo": "1"}, {"name": "乙", "certNo": "2"}],
    }  # fmt: skip
    running_hub.post("GY-YJJ", {"id": "case-lieu", "type": "matter.case.filed", "data": case})
    running_hub.post("GY-YJJ", lead("lieu", correlationId="MT-lieu"))
    decision = {
        "correlationId": "MT-lieu", "caseNo": "AJ-lieu", "decisionNo": "JD-lieu", "decidedAt": moment(1), "kinds": ["FINE"],
        "fineFen": 100, "basis": ["法"],
    }  # fmt: skip
    answer = running_hub.post("GY-YJJ", {"id": "decision-lieu", "type": "matter.decision.made", "data": decision})
    event_id = answer.json()["accepted"][0]["eventId"]

    def refusal() -> Any:
        return [
            one["data"]
            for one in running_hub.deliveries("GY-YJJ", 1)
            if one["type"].endswith("receipt.ingress.refused.v1") and one["data"]["eventId"] == event_id
        ]

    assert until(refusal)[0]["code"] == "PENALTY_IN_LIEU"
    letters = running_hub.items("dlq", "list", "--party", "GY-YJJ", "--code", "PENALTY_IN_LIEU")
    assert [event_id] == [letter["event_id"] for letter in letters]


def test_a_party_with_its_own_kafka_client_cannot_date_its_facts_back(running_hub: RunningHub) -> None:
    event = {"specversion": "1.0", "source": "urn:guiyang:GY-WJW:own"} | plan("backdated", fresh_uscc(), "GY-WJW")
    headers = [("content-type", b"application/cloudevents+json"), ("ce_recordedtime", b"2020-01-01T00:00:00+08:00")]
    before = datetime.now(UTC)
    produce(
        running_hub,
        "evt.gy-wjw.canonical.v1",
        json.dumps(event).encode(),
        timestamp_ms=1_577_836_800_000,
        headers=headers,
    )

    decided = until(
        lambda: [one for one in running_hub.deliveries("GY-WJW", 1) if one["type"].endswith("plan.decided.v1")]
    )

    assert datetime.fromisoformat(decided[0]["recordedtime"]) > before - timedelta(seconds=1)


def test_a_file_with_a_broken_row_costs_only_that_row(running_hub: RunningHub) -> None:
    drop = running_hub.home / ".hub" / "data" / "drop" / "GY-RSJ"
    sample = (Path(__file__).parents[2] / "connectors" / "rsj" / "samples" / "plans-and-results.csv").read_bytes()
    header, first, *_ = sample.decode("gb18030").splitlines()
    broken = ",".join("不是代码" if n == 0 else cell for n, cell in enumerate(first.split(",")))
    (drop / "inbox").mkdir(parents=True, exist_ok=True)
    part = drop / "inbox" / "broken-row.csv.part"
    part.write_bytes("\r\n".join([header, first, broken, ""]).encode("gb18030"))
    part.rename(part.with_suffix(""))

    reasons = until(lambda: list((drop / "err").glob("broken-row*reason*")))
    assert "INVALID_FIELD" in reasons[0].read_text()
    assert until(lambda: list((drop / "done").glob("broken-row.csv*")))


def test_lag_is_nothing_when_everything_has_arrived(running_hub: RunningHub) -> None:
    def quiet() -> Any:
        lags = running_hub.items("lag")
        ours = [one for one in lags if one["group"].startswith("hub.")]
        return ours if not any(one["records"] for one in ours) else None

    lags = until(quiet)
    assert {"hub.translate", "hub.inspections", "hub.matters", "hub.complaints", "hub.deliver"} == {
        one["group"] for one in lags
    }
    assert {None} == {one["seconds"] for one in lags}
    assert running_hub.run("lag", "--check").returncode == 0
