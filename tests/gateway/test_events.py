"""`POST /v1/events`: what is accepted, what is refused and how it is said, what stands in the log afterwards."""

from __future__ import annotations

import json
from datetime import datetime

from hub.canonical.event import own_event_id
from hub.testing import Broker
from hub.topics import Topics
from tests.gateway.running import Running, case, header_of, headers, records


def batch(**more: str) -> dict[str, str]:
    return headers(Content_Type="application/cloudevents-batch+json", **more)


async def test_an_accepted_event_stands_in_the_log_as_it_was_sent(
    gateway: Running, prepared: Broker, hub_topics: Topics
) -> None:
    content = case("own-as-sent") | {"source": "urn:guiyang:GY-YJJ:zhifa"}
    sent = json.dumps(content, ensure_ascii=False, indent=1).encode()
    trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    answer = gateway.post(sent, headers=headers(traceparent=trace))
    assert answer.status_code == 202
    event_id = own_event_id("GY-YJJ", "own-as-sent")
    assert answer.json() == {"accepted": [{"id": "own-as-sent", "eventId": event_id}], "refused": []}

    topic = hub_topics.ingress("GY-YJJ", "canonical")
    written = [each for each in await records(prepared.bootstrap, topic.name) if header_of(each, "ce_id") == event_id]
    assert [each.value for each in written] == [sent]
    assert written[0].key.decode() == json.loads(sent)["data"]["correlationId"]
    assert header_of(written[0], "ce_fromparty") == "GY-YJJ"
    assert header_of(written[0], "traceparent") == trace
    assert header_of(written[0], "content-type").startswith("application/cloudevents+json")
    recorded = header_of(written[0], "ce_recordedtime")
    assert recorded.endswith("+08:00")
    assert abs(written[0].timestamp - datetime.fromisoformat(recorded).timestamp() * 1000) < 10_000
    assert answer.headers["hub-offsets"] == f"{topic.name}:{written[0].partition}:{written[0].offset}"


def test_an_event_keeps_its_id_whatever_the_key(gateway: Running) -> None:
    content = case("persistent-7")
    first, second = gateway.post(content), gateway.post(content)
    assert first.json() == second.json()


def test_without_an_id_of_its_own_an_event_is_named_by_its_request(gateway: Running) -> None:
    content = case()
    first, second = gateway.post(content), gateway.post(content)
    assert first.json()["accepted"][0]["id"] is None
    assert first.json() != second.json()


def test_a_refused_event_is_a_problem(gateway: Running) -> None:
    answer = gateway.post(case("bad-1", procedure="QUICK"))
    assert answer.status_code == 422
    assert answer.headers["content-type"].startswith("application/problem+json")
    said = answer.json()
    assert (said["code"], said["pointer"]) == ("INVALID_FIELD", "/data/procedure")
    assert all(said[name] for name in ("type", "title", "detail", "detail_en", "hint"))


def test_refusals_carry_the_codes_of_the_contract(gateway: Running) -> None:
    def code(content: object, party: str = "GY-YJJ") -> tuple[str, str]:
        said = gateway.post(content, headers=headers(party)).json()
        return said["code"], said.get("pointer", "")

    assert code(case(causeText="机密★ 一年")) == ("SECRET_MARKED", "/data/causeText")
    assert code(case(filedAt="2099-01-01T00:00:00+08:00")) == ("FUTURE_TIME", "/data/filedAt")
    assert code(case(handler="GY-XXX")) == ("UNKNOWN_PARTY", "/data/handler")
    assert code(case(), "GY-GAJ")[0] == "NOT_PERMITTED"
    assert code(case() | {"type": "matter.case.closed.never"}) == ("INVALID_FIELD", "/type")
    assert code(case() | {"type": "matter.lead.advanced"}) == ("INVALID_FIELD", "/type")
    assert code(case() | {"subject": "another"}) == ("INVALID_FIELD", "/subject")
    assert code(case() | {"data": []}) == ("INVALID_FIELD", "/data")
    assert code(case() | {"recordedtime": "2020-01-01T00:00:00+08:00"}) == ("INVALID_FIELD", "/recordedtime")
    assert code(case() | {"specversion": "0.3"}) == ("INVALID_FIELD", "/specversion")
    assert code(case() | {"id": 7}) == ("INVALID_FIELD", "/id")
    assert code(case() | {"Extra-Field": "x"})[0] == "INVALID_FIELD"
    assert code([1]) == ("INVALID_FIELD", "")


def test_the_party_is_the_credentials_and_not_the_documents(gateway: Running) -> None:
    answer = gateway.post(case() | {"source": "urn:guiyang:GY-GAJ:x"})
    assert (answer.json()["code"], answer.json()["pointer"]) == ("NOT_PERMITTED", "/source")
    assert gateway.post(case() | {"source": "urn:guiyang:GY-YJJ:x"}).status_code == 202
    assert gateway.post(case() | {"source": "/any/uri"}).json()["pointer"] == "/source"


def test_short_and_full_types_are_the_same(gateway: Running) -> None:
    full = gateway.post(case("type-1") | {"type": "cn.guiyang.hub.matter.case.filed.v1"})
    short = gateway.post(case("type-1"))
    assert full.json() == short.json()


def test_a_batch_answers_with_both_lists(gateway: Running) -> None:
    answer = gateway.post([case("b-1"), case("b-2", itemCode=None), case(), 7], headers=batch())
    assert answer.status_code == 202
    said = answer.json()
    assert [each["id"] for each in said["accepted"]] == ["b-1", None]
    assert [(each["id"], each["code"], each["pointer"]) for each in said["refused"]] == [
        ("b-2", "INVALID_FIELD", "/1/data/itemCode"),
        (None, "INVALID_FIELD", "/3"),
    ]


def test_a_batch_of_which_nothing_may_come_in_is_refused(gateway: Running) -> None:
    answer = gateway.post([case("b-9", itemCode=None)], headers=batch())
    assert answer.status_code == 422
    assert answer.json()["code"] == "HUB-1306"
    assert answer.json()["refused"][0]["id"] == "b-9"


async def test_a_dry_run_answers_alike_and_leaves_nothing(
    gateway: Running, prepared: Broker, hub_topics: Topics
) -> None:
    content, key = [case("dry-1"), case("dry-2", itemCode=None), case()], "dry-run-key-0123456789"
    dry = gateway.post(content, headers=batch(Idempotency_Key=key), query="?dryRun=1")
    topic = hub_topics.ingress("GY-YJJ", "canonical").name
    assert own_event_id("GY-YJJ", "dry-1") not in [
        header_of(each, "ce_id") for each in await records(prepared.bootstrap, topic)
    ]
    real = gateway.post(content, headers=batch(Idempotency_Key=key))
    assert (dry.status_code, dry.json()) == (real.status_code, real.json())
    assert "idempotency-replayed" not in real.headers
    assert gateway.post(case(itemCode=None), query="?dryRun=1").status_code == 422
    for misspelt in ("?dry_run=1", "?dryrun=1"):  # taken for nothing, it would send
        assert gateway.post(case(), query=misspelt).json()["code"] == "HUB-1403"
