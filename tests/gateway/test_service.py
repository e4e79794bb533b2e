"""The gateway as a service: dialects, health, description, logs, a broker that goes away, a stop that loses nothing."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from pathlib import Path

import httpx

from hub.canonical.event import derived_id, record_event_id
from hub.gateway.app import ROUTES
from hub.local.kafka import LocalKafka
from hub.testing import Broker
from hub.topics import Topics
from tests.gateway.running import TOKENS, Process, Running, case, create, header_of, headers, records


class TestRecords:
    async def test_a_record_goes_on_as_it_was_sent(
        self, gateway: Running, prepared: Broker, hub_topics: Topics, monkeypatch: object
    ) -> None:
        from hub.gateway import dialects

        monkeypatch.setattr(dialects, "content_types", lambda dialect: ())  # type: ignore[attr-defined]
        monkeypatch.setattr(dialects, "read", lambda *_: None)  # type: ignore[attr-defined]
        body, key = "单号,名称\n1,甲\n".encode("gb18030"), "record-key-0123456789"
        asked = headers("GY-RSJ", key, Content_Type="text/csv; charset=GB18030")
        answer = httpx.post(f"{gateway.url}/v1/records/rsj-csv", content=body, headers=asked, trust_env=False)
        assert answer.status_code == 202, answer.text
        record_id = derived_id("GY-RSJ", "/v1/records/rsj-csv", key, "0")
        assert answer.json() == {
            "accepted": [{"id": None, "eventId": record_event_id("GY-RSJ", record_id, 0)}],
            "refused": [],
        }
        written = [
            each
            for each in await records(prepared.bootstrap, hub_topics.ingress("GY-RSJ", "rsj-csv").name)
            if header_of(each, "ce_id") == record_id
        ]
        assert [each.value for each in written] == [body]
        assert header_of(written[0], "content-type") == "text/csv; charset=GB18030"
        again = httpx.post(f"{gateway.url}/v1/records/rsj-csv", content=body, headers=asked, trust_env=False)
        assert again.headers["idempotency-replayed"] == "true"

    def test_a_party_has_its_own_dialects_only(self, gateway: Running) -> None:
        for dialect in ("gongan-xml", "none", "..", "%2e%2e", "A"):
            answer = httpx.post(
                f"{gateway.url}/v1/records/{dialect}", content=b"x", headers=headers("GY-RSJ"), trust_env=False
            )
            assert answer.status_code == 404

    def test_a_record_too_large_is_refused(self, gateway: Running) -> None:
        asked = headers("GY-RSJ", Content_Type="text/csv")
        answer = httpx.post(
            f"{gateway.url}/v1/records/rsj-csv", content=b"x" * (1000 * 1024 + 1), headers=asked, trust_env=False
        )
        assert answer.status_code == 413


class TestDescription:
    def test_every_route_is_described_and_answers_as_described(self, gateway: Running) -> None:
        document = httpx.get(f"{gateway.url}/openapi.json", trust_env=False).json()
        described = {(method.upper(), path) for path, calls in document["paths"].items() for method in calls}
        assert described == {(route.method, route.path) for route in ROUTES}
        for method, path in described:
            for party in ("", "GY-YJJ"):
                asked = headers(party) if party else {}
                answer = httpx.request(
                    method, gateway.url + path.replace("{dialect}", "canonical"), headers=asked, trust_env=False
                )
                assert answer.status_code < 500, (method, path)
                responses = document["paths"][path][method.lower()]["responses"]
                said = responses.get(str(answer.status_code), responses["default"])
                kind = answer.headers["content-type"].partition(";")[0]
                assert kind in said["content"], (method, path, answer.status_code)
                reference = said["content"][kind]["schema"].get("$ref", "")
                if kind.endswith("json") and reference:
                    _fits(answer.json(), document["components"]["schemas"][reference.rpartition("/")[2]])
                if not party and document["paths"][path][method.lower()].get("security") != []:
                    assert answer.status_code in (401, 429)

    def test_answers_fit_their_models(self, gateway: Running) -> None:
        schemas = httpx.get(f"{gateway.url}/openapi.json", trust_env=False).json()["components"]["schemas"]
        _fits(gateway.post(case()).json(), schemas["Answer"])
        _fits(gateway.post(case(itemCode=None)).json(), schemas["ProblemDocument"])
        _fits(
            httpx.get(f"{gateway.url}/v1/deliveries", headers=headers(), trust_env=False).json(), schemas["Deliveries"]
        )

    def test_metrics_name_no_one_but_parties(self, gateway: Running) -> None:
        gateway.post(case("metric-1"))
        text = httpx.get(f"{gateway.url}/metrics", trust_env=False).text
        assert 'hub_events_received_total{party="GY-YJJ",connector="gateway",kind="event"}' in text
        assert 'hub_http_request_seconds_bucket{route="/v1/events",le="+Inf"}' in text
        assert "metric-1" not in text
        assert all(
            line.startswith("#") or line.rsplit(" ", 1)[1].replace(".", "").isdigit() for line in text.splitlines()
        )


class TestBrokerAway:
    async def test_nothing_is_accepted_that_was_not_acknowledged(self, hub_topics: Topics, tmp_path: Path) -> None:
        broker = LocalKafka(tmp_path / "kafka")
        await broker.start()
        try:
            await create(broker.bootstrap, hub_topics)
            running = Running(broker.bootstrap, hub_topics, tmp_path / "state", publish_seconds=1.5)
            await asyncio.to_thread(running.__enter__)
            try:
                content, asked = case(), headers()
                await broker.kill()
                answer = await asyncio.to_thread(running.post, content, headers=asked)
                assert (answer.status_code, answer.json()["code"]) == (503, "HUB-1501")
                assert int(answer.headers["retry-after"]) >= 1
                ready = await asyncio.to_thread(httpx.get, f"{running.url}/readyz?verbose", trust_env=False)
                assert ready.status_code == 503
                assert ready.json()["checks"]["kafka"] != "ok"
                assert ready.json()["checks"]["store"] == "ok"
                assert httpx.get(f"{running.url}/livez", trust_env=False).status_code == 200

                await broker.start()
                deadline = time.monotonic() + 20
                while answer.status_code == 503 and time.monotonic() < deadline:
                    await asyncio.sleep(0.2)
                    answer = await asyncio.to_thread(running.post, content, headers=asked)
                assert answer.status_code == 202
                written = await records(broker.bootstrap, hub_topics.ingress("GY-YJJ", "canonical").name)
                assert {header_of(each, "ce_id") for each in written} == {header_of(written[0], "ce_id")}
                assert {header_of(each, "ce_recordedtime") for each in written} == {
                    header_of(written[0], "ce_recordedtime")
                }
            finally:
                await asyncio.to_thread(running.__exit__)
        finally:
            await broker.kill()


class TestProcess:
    def test_it_stops_at_once_answers_who_waits_and_logs_no_secret(self, prepared: Broker, tmp_path: Path) -> None:
        process = Process(prepared.bootstrap, tmp_path).start()
        try:
            content = case("log-canary", causeText="日志里不该出现的内容 13985012345")
            assert (
                httpx.post(
                    f"{process.url}/v1/events",
                    json=content,
                    headers=headers(key="log-canary-key-0123"),
                    trust_env=False,
                ).status_code
                == 202
            )
            heard: list[httpx.Response] = []

            def wait() -> None:
                url = f"{process.url}/v1/deliveries?after=latest&wait=30"
                heard.append(httpx.get(url, headers=headers(), trust_env=False, timeout=40))

            waiting = threading.Thread(target=wait)
            waiting.start()
            time.sleep(1)
            began = time.monotonic()
            assert process.stop() == 143
            waiting.join(5)
            assert [each.status_code for each in heard] == [200]
            assert time.monotonic() - began < 5
        finally:
            process.kill()
        log = process.log.read_text()
        assert '"request.answered"' in log
        assert '"gateway.closed"' in log
        assert "Traceback" not in log
        for secret in (*TOKENS.values(), "log-canary", "13985012345", "日志里", "某某化工"):
            assert secret not in log

    def test_without_tokens_it_does_not_start(self, prepared: Broker, tmp_path: Path) -> None:
        process = Process(prepared.bootstrap, tmp_path, HUB_TOKENS_FILE=str(tmp_path / "none.json"))
        import subprocess
        import sys

        command = [sys.executable, "-m", "hub", "serve", "gateway", "--port", str(process.port)]
        ended = subprocess.run(command, env=process.environment, capture_output=True, timeout=60, check=False)
        assert ended.returncode == 3


def _fits(value: object, schema: dict[str, object]) -> None:
    """The little of JSON Schema that an answer can miss: required and unexpected members, plain types."""
    assert isinstance(value, dict)
    properties = schema["properties"]
    assert isinstance(properties, dict)
    required = schema.get("required", [])
    assert isinstance(required, list)
    assert set(required) <= value.keys()
    if not schema.get("additionalProperties"):
        assert value.keys() <= properties.keys()
    plain = {"string": str, "integer": int, "array": list, "object": dict, "boolean": bool}
    for name, entry in properties.items():
        if name in value and "type" in entry:
            assert isinstance(value[name], plain[entry["type"]]), (name, json.dumps(value))
