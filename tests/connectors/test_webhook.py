"""Webhooks to a real server on loopback: every way of misbehaving, and what the sink makes of it."""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from connectors import registry
from connectors.protocol import Unavailable
from connectors.webhook.addresses import Forbidden, may_call, read_url
from connectors.webhook.journal import Journal
from connectors.webhook.posting import Limits, Poster, Trust
from connectors.webhook.retrying import DELAYS, Answer, judge, wished_seconds
from connectors.webhook.signing import private_key, shared
from connectors.webhook.sink import WebhookSink, webhook_id
from connectors.webhook.verifying import verify
from hub.canonical.event import SHANGHAI
from tests.connectors.receiving import CUT, ENDLESS, HANG_UP, OK, SILENT, certificate, receiving, reply, serving

NOW = datetime(2026, 3, 9, 10, tzinfo=SHANGHAI)
KEY = private_key(bytes(32))
FORM = registry.system("yjj-json").format
QUICK = Limits(total_seconds=0.5, connect_seconds=0.5)


class World:
    """A clock that only waiting moves, and a sink in it."""

    def __init__(self, folder: Path, url: str) -> None:
        self.now = NOW
        self.journal = Journal(folder / "webhooks.sqlite")
        self.poster = Poster(read_url(url, dev=True), dev=True, limits=QUICK)
        self.sink = WebhookSink(
            "GY-YJJ", FORM, self.poster, self.journal, lambda _: [KEY], lambda: self.now, lambda: 0.0, self.sleep
        )

    async def sleep(self, seconds: float) -> None:
        known = self.journal.entries("waiting", "GY-YJJ")
        step = max(known[0].due - self.now, timedelta(seconds=seconds)) if known else timedelta(seconds=seconds)
        self.now += step
        await asyncio.sleep(0)

    async def until_settled(self, key: str = "000000000001-e-1", tries: int = 20) -> list[str]:
        """Call as the runner does: again after `Unavailable`. What was said on the way."""
        said, paces = [], set()
        for _ in range(tries):
            try:
                await self.sink.send({"a": key}, key=key)
            except Unavailable as error:
                said.append(str(error))
                paces.add(error.pause_seconds)
            else:
                assert paces <= {0}
                return said
        raise AssertionError(said)

    async def close(self) -> None:
        await self.poster.close()
        self.journal.close()


@pytest.fixture
async def worlds(tmp_path: Path) -> Any:
    made: list[World] = []

    def make(url: str) -> World:
        made.append(World(tmp_path, url))
        return made[-1]

    yield make
    for world in made:
        await world.close()


class TestAReceiverThatWorks:
    async def test_it_gets_the_records_in_order_signed_and_whole(self, worlds: Any) -> None:
        async with receiving(OK) as receiver:
            world = worlds(receiver.url)
            for number in range(3):
                await world.until_settled(f"00000000000{number}-e-{number}")

        assert [request.headers["webhook-id"] for request in receiver.requests] == [
            f"00000000000{number}-e-{number}-GY-YJJ" for number in range(3)
        ]
        for request in receiver.requests:
            verified = verify(request.headers, request.body, [shared(KEY)], now=NOW.timestamp())
            assert verified.id == request.headers["webhook-id"]
            assert request.headers["content-type"] == FORM.content_type
            assert request.headers["host"] == f"127.0.0.1:{receiver.port}"
        assert world.journal.entries("waiting") == world.journal.entries("parked") == []

    def test_an_odd_key_becomes_an_id_without_a_dot(self) -> None:
        assert "." not in webhook_id("1.2", "GY-YJJ")
        assert webhook_id("1.2", "GY-YJJ") != webhook_id("1.2", "GY-RSJ")


class TestAReceiverThatDoesNot:
    @pytest.mark.parametrize(
        ("misbehaviour", "reason"),
        [
            (reply(500), "HTTP 500"),
            (reply(404), "HTTP 404"),
            (reply(302, "Location: http://169.254.169.254/latest"), "redirect"),
            (CUT, "RemoteProtocolError"),
            (HANG_UP, "RemoteProtocolError"),
            (SILENT, "no complete answer"),
            (ENDLESS, "longer than 65536"),
            (b"junk\r\n\r\n", "RemoteProtocolError"),
        ],
    )  # fmt: skip
    async def test_it_is_tried_again_with_the_same_id_and_bytes(
        self, worlds: Any, misbehaviour: bytes, reason: str
    ) -> None:
        async with receiving(misbehaviour, OK) as receiver:
            world = worlds(receiver.url)
            said = await world.until_settled()

        assert len(said) == 1
        assert reason in said[0]
        first, second = receiver.requests
        assert (first.headers["webhook-id"], first.body) == (second.headers["webhook-id"], second.body)
        assert int(second.headers["webhook-timestamp"]) - int(first.headers["webhook-timestamp"]) == 5
        verify(second.headers, second.body, [shared(KEY)], now=world.now.timestamp())
        assert world.journal.entries("waiting") == []

    async def test_nobody_there_to_the_last_try_is_parked_with_its_bytes_and_the_next_has_its_turn(
        self, worlds: Any
    ) -> None:
        async with receiving(OK) as receiver:
            url = receiver.url
        world = worlds(url)

        said = await world.until_settled()

        assert len(said) == len(DELAYS) - 1
        [parked] = world.journal.entries("parked")
        assert (parked.tries, parked.body) == (10, FORM.encode([{"a": "000000000001-e-1"}]))
        assert "ConnectError" in parked.reason
        assert world.now - NOW == timedelta(seconds=sum(DELAYS))
        async with receiving(OK, port=receiver.port) as again:
            await world.until_settled()  # the log read again after a crash: parked is settled
            await world.until_settled("000000000002-e-2")
        assert [request.headers["webhook-id"] for request in again.requests] == ["000000000002-e-2-GY-YJJ"]

    async def test_a_receiver_that_asks_for_patience_gets_it(self, worlds: Any) -> None:
        async with receiving(reply(429, "Retry-After: 1234"), reply(503, "Retry-After: 1"), OK) as receiver:
            await worlds(receiver.url).until_settled()

        first, second, third = (int(request.headers["webhook-timestamp"]) for request in receiver.requests)
        assert (second - first, third - second) == (1234, 300)

    async def test_gone_shuts_the_receiver_until_a_person_opens_it(self, worlds: Any) -> None:
        """Nothing is parked, nothing passed over, nothing sent meanwhile; no try is used up."""
        async with receiving(reply(410), OK) as receiver:
            world = worlds(receiver.url)
            with pytest.raises(Unavailable, match="410"):
                await world.sink.send({"a": 1}, key="1-e")
            waiting = asyncio.create_task(world.sink.send({"a": 1}, key="1-e"))
            await asyncio.sleep(0.3)
            assert not waiting.done()
            assert len(receiver.requests) == 1
            assert world.journal.entries("waiting")[0].tries == 0
            world.journal.open("GY-YJJ")
            await waiting

        assert len({request.headers["webhook-id"] for request in receiver.requests}) == 1
        assert len(receiver.requests) == 2

    async def test_a_person_may_let_the_next_go_first(self, worlds: Any) -> None:
        async with receiving(reply(500), OK) as receiver:
            world = worlds(receiver.url)
            with pytest.raises(Unavailable):
                await world.sink.send({"a": 1}, key="1-e")
            assert world.journal.park("GY-YJJ", "1-e-GY-YJJ", "by hand")
            await world.sink.send({"a": 1}, key="1-e")

        assert len(receiver.requests) == 1

    async def test_after_a_restart_it_says_at_once_who_waits_and_keeps_the_count(self, worlds: Any) -> None:
        async with receiving(reply(500), OK) as receiver:
            first = worlds(receiver.url)
            with pytest.raises(Unavailable):
                await first.sink.send({"a": 1}, key="1-e")
            second = worlds(receiver.url)
            with pytest.raises(Unavailable, match="HTTP 500"):
                await second.sink.send({"a": 1}, key="1-e")
            assert len(receiver.requests) == 1
            await second.sink.send({"a": "other bytes by a newer mapping"}, key="1-e")

        assert receiver.requests[0].body == receiver.requests[1].body


class TestCertificates:
    async def test_the_registered_name_is_what_counts(self, tmp_path: Path) -> None:
        """The connection goes to the checked address; the certificate is that of the name."""
        pem = certificate(tmp_path, "hooks.example")
        async with receiving(context=serving(pem)) as receiver:
            for host, status in (("hooks.example", 204), ("other.example", 0)):
                poster = Poster(
                    read_url(f"https://{host}:{receiver.port}/", dev=True), (), Trust(ca=pem), dev=True,
                    resolving=loopback,
                )  # fmt: skip
                answer = await poster.post(b"x", {})
                await poster.close()
                assert answer.status == status
        assert "CERTIFICATE_VERIFY_FAILED" in answer.reason
        assert receiver.requests[0].headers["host"] == f"hooks.example:{receiver.port}"

    async def test_a_stranger_is_not_trusted(self, tmp_path: Path) -> None:
        async with receiving(context=serving(certificate(tmp_path, "127.0.0.1"))) as receiver:
            poster = Poster(read_url(receiver.url, dev=True), dev=True)
            answer = await poster.post(b"x", {})
            await poster.close()

        assert "self-signed" in answer.reason
        assert receiver.requests == []


async def loopback(_host: str, _port: int) -> Sequence[str]:
    return ["127.0.0.1"]


class TestWhereItMayGo:
    @pytest.mark.parametrize(
        "url",
        [
            "http://hooks.example/", "ftp://hooks.example/", "https://user:pw@hooks.example/", "https://hooks.example/#x",
            "https://2130706433/", "https://0x7f.1/", "https://0177.0.0.1/", "https://127.1/", "https://hooks.example:22/",
            "https://例子.example/", "https://hooks.example:x/", "https://hooks.example\\@evil.example/", "https:///x", "//x",
            "https://hooks.example/a b",
        ],
    )  # fmt: skip
    def test_addresses_that_are_none(self, url: str) -> None:
        with pytest.raises(Forbidden):
            read_url(url, dev=False)

    @pytest.mark.parametrize(
        "address",
        [
            "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "100.100.100.200",
            "0.0.0.0", "224.0.0.1", "255.255.255.255", "::1", "::", "fe80::1", "fd00::1", "ff02::1", "::ffff:127.0.0.1",
            "::ffff:10.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "240.0.0.1", "192.0.2.1",
        ],
    )  # fmt: skip
    def test_what_is_never_called_unasked(self, address: str) -> None:
        assert not may_call(ipaddress.ip_address(address), (), dev=False)

    @pytest.mark.parametrize("address", ["8.8.8.8", "2400:3200::1", "::ffff:8.8.8.8"])
    def test_what_may_be_called(self, address: str) -> None:
        assert may_call(ipaddress.ip_address(address), (), dev=False)

    def test_a_private_network_is_opened_by_its_own_cidr_but_metadata_never(self) -> None:
        opened = (ipaddress.ip_network("10.1.0.0/16"), ipaddress.ip_network("169.254.0.0/16"))

        assert may_call(ipaddress.ip_address("10.1.2.3"), opened, dev=False)
        assert may_call(ipaddress.ip_address("::ffff:10.1.2.3"), opened, dev=False)
        assert not may_call(ipaddress.ip_address("10.2.2.3"), opened, dev=False)
        assert not may_call(ipaddress.ip_address("169.254.169.254"), opened, dev=False)

    async def test_a_name_that_moves_inside_is_not_followed(self) -> None:
        """Rebinding: judged at each try, and one bad address among good ones is enough."""
        async with receiving(OK) as receiver:
            target = read_url(f"https://hooks.example:{receiver.port}/", dev=False)

            async def moved(_host: str, _port: int) -> Sequence[str]:
                return ["8.8.8.8", "127.0.0.1"]

            poster = Poster(target, dev=False, resolving=moved)
            answer = await poster.post(b"x", {})

        assert answer.reason.startswith("forbidden:")
        assert receiver.requests == []

    async def test_no_proxy_of_the_environment_stands_between(
        self, worlds: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
        async with receiving(OK) as receiver:
            await worlds(receiver.url).until_settled()

        assert len(receiver.requests) == 1


class TestTheTable:
    def test_ten_tries_in_three_days_and_three_hours(self) -> None:
        assert len(DELAYS) == 10
        assert 75 * 3600 < sum(DELAYS) < 76 * 3600

    @pytest.mark.parametrize(
        ("answer", "tries", "kind", "seconds"),
        [
            (Answer(200), 1, "delivered", None),
            (Answer(204), 10, "delivered", None),
            (Answer(410), 10, "gone", None),
            (Answer(500), 1, "later", 5),
            (Answer(301), 2, "later", 300),
            (Answer(429), 1, "later", 30),
            (Answer(502), 1, "later", 30),
            (Answer(503, retry_after="60"), 1, "later", 60),
            (Answer(503, retry_after="99999999"), 1, "later", 86400),
            (Answer(0), 9, "later", 86400),
            (Answer(0), 10, "parked", None),
            (Answer(500, retry_after="5"), 10, "parked", None),
        ],
    )
    def test_what_an_answer_means(self, answer: Answer, tries: int, kind: str, seconds: float | None) -> None:
        verdict = judge(answer, tries, NOW, 0.0)

        assert verdict.kind == kind
        assert verdict.due == (None if seconds is None else NOW + timedelta(seconds=seconds))

    def test_the_spread_is_a_fifth(self) -> None:
        dues = [judge(Answer(500), 2, NOW, jitter).due for jitter in (-1.0, 1.0)]

        assert dues == [NOW + timedelta(seconds=240), NOW + timedelta(seconds=360)]

    @pytest.mark.parametrize(
        ("text", "seconds"),
        [
            ("Mon, 09 Mar 2026 02:02:00 GMT", 120.0), ("Mon, 09 Mar 2026 01:00:00 GMT", 0.0), ("", 0.0), ("soon", 0.0),
            ("-5", 0.0), ("7", 7.0), ("٧", 0.0), ("Mon, 09 Mar 2026 02:02:00 -0000", 120.0),
        ],
    )  # fmt: skip
    def test_a_wish_as_seconds_or_as_a_date(self, text: str, seconds: float) -> None:
        assert wished_seconds(text, NOW) == seconds
