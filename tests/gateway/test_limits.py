"""What one request, one connection and one party may take: each limit at its last allowed byte and one behind it."""

from __future__ import annotations

import asyncio
import gzip
import json
import socket
import time
from collections.abc import Iterator
from contextlib import closing

import httpx
import pytest

from hub.gateway.settings import Limits
from hub.testing import Broker
from hub.topics import Topics
from tests.gateway.running import TOKENS, Running, case, headers

LIMITS = Limits(
    event_bytes=4096,
    batch_bytes=16_384,
    batch_events=5,
    header_bytes=2048,
    header_fields=16,
    url_bytes=512,
    header_seconds=0.6,
    body_seconds=1.5,
    body_rate_grace_seconds=0.6,
    connections=40,
    requests_per_party=4,
    connections_per_party=8,
    events_per_second=1000,
    events_burst=1000,
    failed_logins_per_minute=3,
)


@pytest.fixture(scope="module")
def tight(prepared: Broker, hub_topics: Topics, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with Running(prepared.bootstrap, hub_topics, tmp_path_factory.mktemp("tight"), LIMITS, dev=False) as running:
        yield running


def filled(size: int) -> bytes:
    """An event of exactly *size* bytes."""
    content = case("filled", causeText="") | {"source": "urn:guiyang:GY-YJJ:zhifa"}
    missing = size - len(json.dumps(content, ensure_ascii=False).encode())
    content["data"]["causeText"] = "x" * missing
    return json.dumps(content, ensure_ascii=False).encode()


def batch(**more: str) -> dict[str, str]:
    return headers(Content_Type="application/cloudevents-batch+json", **more)


def code(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json().get("code", "")


def raw(running: Running, sent: bytes, *, more: bytes = b"", pause: float = 0, seconds: float = 5) -> bytes:
    """What a peer that speaks for itself gets to hear until the connection ends."""
    with closing(socket.create_connection(("127.0.0.1", running.port))) as connection:
        connection.settimeout(seconds)
        connection.sendall(sent)
        if more:
            time.sleep(pause)
            connection.sendall(more)
        heard = b""
        try:
            while chunk := connection.recv(65536):
                heard += chunk
        except (TimeoutError, ConnectionResetError):
            pass
        return heard


def head(*lines: str, method: str = "POST", path: str = "/v1/events", key: str = "raw-key-0123456789") -> bytes:
    usual = (
        "Host: x",
        f"Authorization: Bearer {TOKENS['GY-YJJ']}",
        f"Idempotency-Key: {key}",
        "Content-Type: application/cloudevents+json",
    )
    return "\r\n".join((f"{method} {path} HTTP/1.1", *usual, *lines, "", "")).encode()


class TestSizes:
    @pytest.mark.parametrize(("size", "status"), [(4096, 202), (4097, 413)])
    def test_an_event(self, tight: Running, size: int, status: int) -> None:
        assert tight.post(filled(size)).status_code == status

    def test_a_declared_length_is_refused_before_the_body(self, tight: Running) -> None:
        heard = raw(tight, head("Content-Length: 4097"), seconds=0.3)
        assert heard.startswith(b"HTTP/1.1 413")
        assert b"HUB-1005" in heard

    def test_a_body_without_a_declared_length_is_counted(self, tight: Running) -> None:
        chunk = b"1000\r\n" + b" " * 4096 + b"\r\n"
        assert raw(tight, head("Transfer-Encoding: chunked") + chunk + b"1\r\n \r\n", seconds=0.3).startswith(
            b"HTTP/1.1 413"
        )

    def test_a_whole_batch(self, tight: Running) -> None:
        assert tight.post(b"[" + b" " * 16_384 + b"]", headers=batch()).status_code == 413
        inside = b"[" + json.dumps(case()).encode()
        assert tight.post(inside + b" " * (16_383 - len(inside)) + b"]", headers=batch()).status_code == 202
        assert tight.post(inside + b" " * (16_384 - len(inside)) + b"]", headers=batch()).status_code == 413

    @pytest.mark.parametrize(("number", "expected"), [(5, (202, "")), (6, (413, "HUB-1304")), (0, (400, "HUB-1305"))])
    def test_events_in_a_batch(self, tight: Running, number: int, expected: tuple[int, str]) -> None:
        assert code(tight.post([case() for _ in range(number)], headers=batch())) == expected

    def test_one_event_of_a_batch(self, tight: Running) -> None:
        answer = tight.post(b"[" + filled(4096) + b"," + filled(4097) + b"]", headers=batch()).json()
        assert (len(answer["accepted"]), answer["refused"][0]["pointer"]) == (1, "/1")

    @pytest.mark.parametrize(("length", "status"), [(512, 404), (513, 414)])
    def test_the_url(self, tight: Running, length: int, status: int) -> None:
        assert httpx.get(f"{tight.url}/{'x' * (length - 1)}", trust_env=False).status_code == status

    @pytest.mark.parametrize(("more", "status"), [(0, b"404"), (1, b"431")])
    def test_all_headers(self, tight: Running, more: int, status: bytes) -> None:
        fixed = len("Host: x\r\n") + len("X: \r\n")
        sent = f"GET /none HTTP/1.1\r\nHost: x\r\nX: {'y' * (2048 - fixed + more)}\r\n\r\n".encode()
        heard = raw(tight, sent, seconds=0.3)
        assert heard.split(b" ")[1] == status

    @pytest.mark.parametrize(("fields", "status"), [(15, b"404"), (16, b"431")])
    def test_the_number_of_headers(self, tight: Running, fields: int, status: bytes) -> None:
        sent = "GET /none HTTP/1.1\r\nHost: x\r\n" + "".join(f"X{number}: y\r\n" for number in range(fields)) + "\r\n"
        assert raw(tight, sent.encode(), seconds=0.3).split(b" ")[1] == status

    def test_a_header_without_end(self, tight: Running) -> None:
        assert b" 431 " in raw(tight, b"GET / HTTP/1.1\r\nX: " + b"y" * 10_000, seconds=0.3)


class TestCompression:
    def test_one_layer_of_gzip_is_taken(self, tight: Running) -> None:
        body = gzip.compress(json.dumps(case()).encode())
        assert tight.post(body, headers=headers(Content_Encoding="gzip")).status_code == 202

    def test_a_bomb_is_stopped(self, tight: Running) -> None:
        body = gzip.compress(b" " * 3000 + json.dumps(case()).encode() + b" " * 30_000_000)
        assert code(tight.post(body[:4096], headers=headers(Content_Encoding="gzip"))) == (413, "HUB-1006")

    def test_a_ratio_of_more_than_twenty_is_refused(self, tight: Running) -> None:
        body = gzip.compress(b"[" + b" " * 8000 + b"]")
        assert code(tight.post(body, headers=batch(Content_Encoding="gzip"))) == (413, "HUB-1006")

    @pytest.mark.parametrize("encoding", ["br", "deflate", "gzip, gzip", "zstd"])
    def test_other_encodings_are_refused(self, tight: Running, encoding: str) -> None:
        assert code(tight.post(case(), headers=headers(Content_Encoding=encoding))) == (415, "HUB-1008")

    def test_damaged_and_doubled_members_are_refused(self, tight: Running) -> None:
        body = gzip.compress(json.dumps(case()).encode())
        for bad in (body[:-4], body + body, b"not gzip", body[:20] + b"\0\0\0" + body[23:]):
            assert code(tight.post(bad, headers=headers(Content_Encoding="gzip"))) == (400, "HUB-1001")


class TestTime:
    def test_a_head_that_does_not_come(self, tight: Running) -> None:
        began = time.monotonic()
        assert raw(tight, b"POST /v1/ev").startswith(b"HTTP/1.1 408")
        assert time.monotonic() - began < 2

    def test_a_head_that_drips(self, tight: Running) -> None:
        with closing(socket.create_connection(("127.0.0.1", tight.port))) as connection:
            connection.settimeout(0.1)
            heard, began = b"", time.monotonic()
            while time.monotonic() - began < 3 and not heard:
                try:
                    connection.sendall(b"X")
                    heard = connection.recv(100)
                except (TimeoutError, ConnectionError):
                    pass
        assert heard.startswith((b"HTTP/1.1 408", b"HTTP/1.1 400"))

    def test_a_body_slower_than_the_least_rate(self, tight: Running) -> None:
        began = time.monotonic()
        heard = raw(tight, head("Content-Length: 1000") + b"{", more=b" ", pause=0.2)
        assert heard.startswith(b"HTTP/1.1 408")
        assert time.monotonic() - began < 1.4

    def test_a_body_that_comes_in_pieces_is_taken(self, tight: Running) -> None:
        body = json.dumps(case()).encode()
        sent = head(f"Content-Length: {len(body)}", "Connection: close", key="in-pieces-0123456789")
        assert raw(tight, sent + body[:300], more=body[300:], pause=0.2).startswith(b"HTTP/1.1 202")


class TestHostileHttp:
    @pytest.mark.parametrize(
        "lines",
        [
            ("Content-Length: 5", "Transfer-Encoding: chunked"),
            ("Transfer-Encoding: chunked", "Content-Length: 5"),
            ("Content-Length: 5", "Content-Length: 6"),
            ("Content-Length: 5", "Content-Length: 5"),
            ("Content-Length: +5",),
            ("Content-Length: 5, 5",),
            ("Content-Length: -1",),
            ("Transfer-Encoding: gzip, chunked", "Content-Length: 3"),
            ("Transfer-Encoding: xchunked",),
            ("Transfer-Encoding : chunked",),
            ("Content-Length : 5",),
            ("X: a\r\n b",),
            ("X: a\nY: b",),
            ("Host: y",),
            ("X: a\0b",),
        ],
    )
    def test_smuggling_is_refused(self, tight: Running, lines: tuple[str, ...]) -> None:
        heard = raw(tight, head(*lines) + b"0\r\n\r\nGET /livez HTTP/1.1\r\nHost: x\r\n\r\n", seconds=1)
        assert heard.split(b" ")[1] in (b"400", b"408"), heard
        assert b" 200 " not in heard
        assert b" 202 " not in heard

    @pytest.mark.parametrize(
        "sent", [b"\x16\x03\x01\x02\x00", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"GET\r\n\r\n", b"\0" * 64]
    )
    def test_what_is_no_http_is_told_so(self, tight: Running, sent: bytes) -> None:
        assert raw(tight, sent, seconds=1).startswith(b"HTTP/1.1 40")

    def test_once_headers_come_once(self, tight: Running) -> None:
        heard = raw(tight, head("Idempotency-Key: another-key-0123456789", "Content-Length: 0", "Connection: close"))
        assert heard.startswith(b"HTTP/1.1 400")

    def test_pipelined_requests_are_answered_in_order(self, tight: Running) -> None:
        ask = b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n"
        assert raw(tight, ask * 3, seconds=0.5).count(b"HTTP/1.1 200") == 3

    def test_unlisted_routes_and_methods_do_not_exist(self, tight: Running) -> None:
        with httpx.Client(base_url=tight.url, trust_env=False) as client:
            for path in (
                "/",
                "/v1",
                "/v1/events/",
                "/v1//events",
                "/V1/events",
                "/v1/records/",
                "/v1/records/a/b",
                "/v1/trace/",
                "/v1/trace/a/b",
                "/docs",
            ):
                assert client.post(path, headers=headers()).status_code == 404, path
            for method, path in (
                ("GET", "/v1/events"),
                ("PUT", "/v1/deliveries"),
                ("HEAD", "/readyz"),
                ("DELETE", "/v1/deliveries/ack"),
                ("POST", "/v1/trace/x"),
            ):
                answer = client.request(method, path, headers=headers())
                assert answer.status_code == 405
                assert answer.headers["allow"]


class TestHostileJson:
    @pytest.mark.parametrize(
        "make",
        [
            lambda text: text.replace('"data":', '"data": {}, "data":'),
            lambda text: text.replace('"caseNo":', '"caseNo": "a", "caseNo":'),
            lambda text: text.replace('"caseNo":', '"caseN\\u006f": "a", "caseNo":'),
            lambda text: text.replace("false", "NaN", 1),
            lambda text: text.replace("false", "-Infinity", 1),
            lambda text: text.replace('"id":', '"id": "x", "id":').replace("{", '{"id": "y", ', 1),
            lambda text: text.replace("化工", "\\ud800"),
            lambda text: text.replace("false", "[" * 40 + "]" * 40, 1),
            lambda text: text.replace("false", "[" * 2000 + "]" * 2000, 1),
            lambda text: text[:-1],
            lambda text: text + "{}",
            lambda text: text.replace("false", "1e400", 1),
            lambda text: "",
        ],
    )
    def test_what_could_be_read_in_two_ways_is_refused(self, gateway: Running, make: object) -> None:
        text = make(json.dumps(case("j-1"), ensure_ascii=False))  # type: ignore[operator]
        answer = gateway.post(text.encode())
        assert 400 <= answer.status_code < 500
        assert answer.json()["code"] == "INVALID_FIELD"
        in_batch = gateway.post(
            b"[" + text.encode() + b"]", headers=headers(Content_Type="application/cloudevents-batch+json")
        )
        assert 400 <= in_batch.status_code < 500

    def test_bytes_that_are_not_utf8_are_refused(self, gateway: Running) -> None:
        assert (
            gateway.post(
                json.dumps(case(causeText="@@"), ensure_ascii=False).encode().replace(b"@@", b"\xff\xfe")
            ).status_code
            == 422
        )

    def test_numbers_out_of_all_measure_are_refused_fast(self, gateway: Running) -> None:
        began = time.monotonic()
        text = json.dumps(case()).replace("false", "9" * 100_000, 1)
        assert gateway.post(text.encode()).status_code == 422
        assert time.monotonic() - began < 1

    @pytest.mark.parametrize(
        "kind", ["application/json", "text/plain", "", "application/cloudevents+avro", "application/cloudevents"]
    )
    def test_other_content_types_are_refused(self, gateway: Running, kind: str) -> None:
        assert code(gateway.post(case(), headers=headers(Content_Type=kind))) == (415, "HUB-1007")


class TestWhoAsks:
    @pytest.mark.parametrize(
        "given",
        [None, "", "Bearer", "Bearer nobody-knows-this-token", "Basic Zm9v", TOKENS["GY-YJJ"], "Bearer " + "x" * 900],
    )
    def test_without_a_known_token_nobody(self, gateway: Running, given: str | None) -> None:
        asked = headers()
        del asked["Authorization"]
        answer = gateway.post(case(), headers=asked | ({} if given is None else {"Authorization": given}))
        assert answer.status_code in (401, 429)
        assert answer.json()["code"] in ("HUB-1101", "HUB-1102")
        assert "nobody-knows" not in answer.text

    def test_who_is_wrong_too_often_waits_and_others_do_not(self, tight: Running) -> None:
        wrong = headers() | {"Authorization": "Bearer nobody-knows-this-token"}
        answers = [tight.post(case(), headers=wrong) for _ in range(6)]
        assert [each.status_code for each in answers] == [401, 401, 401, 429, 429, 429]
        assert int(answers[-1].headers["retry-after"]) > 290
        assert answers[0].headers["www-authenticate"].startswith("Bearer")
        assert tight.post(case()).status_code == 202


class TestQuotas:
    def test_more_events_than_the_rate_wait(self, prepared: Broker, hub_topics: Topics, tmp_path: object) -> None:
        limits = Limits(events_per_second=0.5, events_burst=10)
        with Running(prepared.bootstrap, hub_topics, tmp_path, limits, dev=False) as slow:  # type: ignore[arg-type]
            assert slow.post([case() for _ in range(8)], headers=batch()).status_code == 202
            answer = slow.post([case() for _ in range(5)], headers=batch())
            assert code(answer) == (429, "HUB-1104")
            assert 1 <= int(answer.headers["retry-after"]) <= 7
            assert slow.post(case()).status_code == 202

    async def test_requests_at_once_are_bounded_per_party(self, tight: Running) -> None:
        body = json.dumps(case()).encode()

        async def slowly() -> bytes:
            reader, writer = await asyncio.open_connection("127.0.0.1", tight.port)
            writer.write(head(f"Content-Length: {len(body)}", "Connection: close", key=f"at-once-{id(writer):020}"))
            await asyncio.sleep(0.2)
            writer.write(body)
            heard = await reader.read()
            writer.close()
            return heard[9:12]

        answers = await asyncio.gather(*(slowly() for _ in range(6)))
        assert sorted(answers)[-2:] == [b"429", b"429"]

    def test_connections_are_bounded(self, tight: Running) -> None:
        open_ones = [socket.create_connection(("127.0.0.1", tight.port)) for _ in range(LIMITS.connections + 1)]
        try:
            open_ones[-1].settimeout(2)
            assert open_ones[-1].recv(12) == b"HTTP/1.1 503"
        finally:
            for connection in open_ones:
                connection.close()
        time.sleep(0.2)
        assert tight.post(case()).status_code == 202

    def test_a_scenarios_time_is_refused_outside_development(self, tight: Running) -> None:
        for more in (
            {"Hub_Realm": "r"},
            {"Hub_Realm": "r", "Hub_Time": "2026-03-02T09:00:00+08:00"},
            {"Hub_Time": "2026-03-02T09:00:00+08:00"},
        ):
            assert code(tight.post(case(), headers=headers(**more))) == (403, "HUB-1103")
        answer = httpx.post(
            f"{tight.url}/v1/dev/control",
            json={"realm": "r", "type": "hub.tick", "time": "x"},
            headers=headers("GY-ZHZFJ"),
            trust_env=False,
        )
        assert code(answer) == (403, "HUB-1103")
        read = httpx.get(f"{tight.url}/v1/deliveries", headers=headers(Hub_Realm="r"), trust_env=False)
        assert code(read) == (403, "HUB-1103")
        assert "hub-offsets" not in tight.post(case()).headers
