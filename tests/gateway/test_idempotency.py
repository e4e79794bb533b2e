"""Asking twice is asking once: every situation of the table, with a real store, a real broker and real kills."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections import Counter
from pathlib import Path

import httpx
import pytest

from hub.gateway.idempotency import Finished, InFlight, Mismatch, Reserved, Scope, SqliteKeys
from hub.testing import Broker
from hub.topics import Topics
from tests.gateway.running import Process, Running, case, header_of, headers, records

KEY = "a-key-of-enough-length"
SCOPE = Scope("GY-YJJ", "/v1/events", KEY)


class Clock:
    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


async def store(tmp_path: Path, clock: Clock | None = None) -> SqliteKeys:
    keys = SqliteKeys(tmp_path / "keys.sqlite", 30, clock or Clock())
    await keys.open()
    return keys


class TestStore:
    async def test_the_first_takes_the_key_and_the_next_hears_its_answer(self, tmp_path: Path) -> None:
        keys = await store(tmp_path)
        assert await keys.reserve(SCOPE, b"one", "t1") == Reserved("t1")
        assert await keys.reserve(SCOPE, b"one", "t2") == InFlight()
        assert await keys.reserve(SCOPE, b"two", "t2") == Mismatch()
        await keys.finish(SCOPE, 202, b"{}")
        assert await keys.reserve(SCOPE, b"one", "t3") == Finished(202, b"{}")
        assert await keys.reserve(SCOPE, b"two", "t3") == Mismatch()
        await keys.close()

    async def test_a_released_key_is_free(self, tmp_path: Path) -> None:
        keys = await store(tmp_path)
        await keys.reserve(SCOPE, b"one", "t1")
        await keys.release(SCOPE)
        assert await keys.reserve(SCOPE, b"two", "t2") == Reserved("t2")
        await keys.close()

    async def test_a_key_in_doubt_goes_on_at_its_first_moment(self, tmp_path: Path) -> None:
        keys = await store(tmp_path)
        await keys.reserve(SCOPE, b"one", "t1")
        await keys.doubt(SCOPE)
        assert await keys.reserve(SCOPE, b"two", "t2") == Mismatch()
        assert await keys.reserve(SCOPE, b"one", "t2") == Reserved("t1", again=True)
        await keys.close()

    async def test_what_a_dead_process_reserved_is_in_doubt(self, tmp_path: Path) -> None:
        dead = await store(tmp_path)
        await dead.reserve(SCOPE, b"one", "t1")
        keys = await store(tmp_path)
        assert await keys.reserve(SCOPE, b"one", "t2") == Reserved("t1", again=True)
        await keys.close()
        await dead.close()

    async def test_parties_and_routes_have_keys_of_their_own(self, tmp_path: Path) -> None:
        keys = await store(tmp_path)
        for scope in (SCOPE, Scope("GY-GAJ", SCOPE.route, KEY), Scope("GY-YJJ", "/v1/records/yjj-json", KEY)):
            assert await keys.reserve(scope, b"one", "t1") == Reserved("t1")
        await keys.close()

    @pytest.mark.parametrize(("days", "expected"), [(29, Finished(202, b"{}")), (31, Reserved("t2"))])
    async def test_keys_are_kept_for_thirty_days(self, tmp_path: Path, days: int, expected: object) -> None:
        clock = Clock()
        keys = await store(tmp_path, clock)
        await keys.reserve(SCOPE, b"one", "t1")
        await keys.finish(SCOPE, 202, b"{}")
        clock.now += days * 86_400
        assert await keys.reserve(SCOPE, b"one", "t2") == expected
        await keys.close()

    async def test_purging_forgets_the_old_and_nothing_else(self, tmp_path: Path) -> None:
        clock = Clock()
        keys = await store(tmp_path, clock)
        await keys.reserve(SCOPE, b"one", "t1")
        await keys.finish(SCOPE, 202, b"{}")
        assert await keys.purge() == 0
        clock.now += 31 * 86_400
        assert await keys.purge() == 1
        await keys.close()

    async def test_many_at_once_share_a_transaction_and_get_their_own_answers(self, tmp_path: Path) -> None:
        keys = await store(tmp_path)
        scopes = [Scope("GY-YJJ", "/v1/events", f"key-{number:016}") for number in range(500)]
        assert await asyncio.gather(*(keys.reserve(each, b"one", each.key) for each in scopes)) == [
            Reserved(each.key) for each in scopes
        ]
        await asyncio.gather(*(keys.finish(each, 202, each.key.encode()) for each in scopes))
        assert await keys.reserve(scopes[7], b"one", "t") == Finished(202, scopes[7].key.encode())
        await keys.close()


class TestTable:
    @pytest.mark.parametrize(
        ("key", "code"),
        [
            ("", "HUB-1201"),
            ("short", "HUB-1202"),
            ("a" * 15, "HUB-1202"),
            ("a" * 256, "HUB-1202"),
            ("has space in the key", "HUB-1202"),
        ],
    )
    def test_a_key_is_required_and_has_a_form(self, gateway: Running, key: str, code: str) -> None:
        asked = headers()
        del asked["Idempotency-Key"]
        answer = gateway.post(case(), headers=asked | ({"Idempotency-Key": key} if key else {}))
        assert (answer.status_code, answer.json()["code"]) == (400, code)

    @pytest.mark.parametrize("length", [16, 255])
    def test_the_shortest_and_longest_keys_are_taken(self, gateway: Running, length: int) -> None:
        assert gateway.post(case(), headers=headers(key="k" * length)).status_code == 202

    def test_a_finished_request_is_replayed(self, gateway: Running) -> None:
        content, asked = case(), headers()
        first, again = gateway.post(content, headers=asked), gateway.post(content, headers=asked)
        assert "idempotency-replayed" not in first.headers
        assert again.headers["idempotency-replayed"] == "true"
        assert (first.status_code, first.content) == (again.status_code, again.content)

    def test_another_content_under_the_same_key_is_refused(self, gateway: Running) -> None:
        asked = headers()
        gateway.post(case(), headers=asked)
        answer = gateway.post(case(), headers=asked)
        assert (answer.status_code, answer.json()["code"]) == (422, "HUB-1203")

    def test_a_refused_content_leaves_the_key_free(self, gateway: Running) -> None:
        asked = headers()
        assert gateway.post(case(itemCode=None), headers=asked).status_code == 422
        assert gateway.post(case(), headers=asked).status_code == 202

    async def test_fifty_at_once_make_one_event(self, gateway: Running, prepared: Broker, hub_topics: Topics) -> None:
        content, asked = json.dumps(case("fifty")).encode(), headers()

        async def ask(client: httpx.AsyncClient) -> httpx.Response:
            while True:
                answer = await client.post("/v1/events", content=content, headers=asked)
                if answer.status_code != 409:
                    return answer
                assert answer.headers["retry-after"] == "1"
                assert answer.json()["code"] == "HUB-1204"
                await asyncio.sleep(0.01)

        async with gateway.client() as client:
            answers = await asyncio.gather(*(ask(client) for _ in range(50)))
        assert Counter((each.status_code, each.content) for each in answers).most_common() == [
            ((202, answers[0].content), 50)
        ]
        assert sum("idempotency-replayed" in each.headers for each in answers) == 49
        event_id = answers[0].json()["accepted"][0]["eventId"]
        written = await records(prepared.bootstrap, hub_topics.ingress("GY-YJJ", "canonical").name)
        assert sum(header_of(each, "ce_id") == event_id for each in written) == 1


class TestKilled:
    def test_a_request_cut_at_any_instant_makes_the_same_event_when_asked_again(
        self, prepared: Broker, tmp_path: Path
    ) -> None:
        process = Process(prepared.bootstrap, tmp_path).start()
        state = tmp_path / "state" / "gateway.sqlite"
        try:
            requests = [(json.dumps(case()).encode(), headers()) for _ in range(30)]
            said = asyncio.run(_ask_and_kill(process, requests))
            with sqlite3.connect(state) as rows:
                states = Counter(each for (each,) in rows.execute("SELECT state FROM request"))
            process.start()
            for (content, asked), before in zip(requests, said, strict=True):
                answer = httpx.post(f"{process.url}/v1/events", content=content, headers=asked, trust_env=False)
                assert answer.status_code == 202
                assert before in (None, answer.content)
                replay = httpx.post(f"{process.url}/v1/events", content=content, headers=asked, trust_env=False)
                assert replay.content == answer.content
            assert sum(states.values()) <= len(requests)
            assert process.stop() == 143
        finally:
            process.kill()

    def test_each_step_of_a_request_can_be_the_last(self, prepared: Broker, hub_topics: Topics, tmp_path: Path) -> None:
        """Reserved only, written but not finished: the row a kill leaves, put there by hand."""
        whole = case("the-step") | {"source": "urn:guiyang:GY-YJJ:zhifa"}
        content, asked = json.dumps(whole).encode(), headers(key="the-step-after-reserve")
        with Running(prepared.bootstrap, hub_topics, tmp_path) as running:
            first = running.post(content, headers=asked)
        with sqlite3.connect(tmp_path / "gateway.sqlite") as rows:
            rows.execute("UPDATE request SET state = 'reserved', status = NULL, body = NULL")
        with Running(prepared.bootstrap, hub_topics, tmp_path) as running:
            again = running.post(content, headers=asked)
            other = running.post(case(), headers=asked)
        assert (again.status_code, again.json()) == (202, first.json())
        assert "idempotency-replayed" not in again.headers
        assert other.status_code == 422
        written = asyncio.run(records(prepared.bootstrap, hub_topics.ingress("GY-YJJ", "canonical").name))
        mine = [each for each in written if each.value == content]
        assert len(mine) == 2  # twice in the log, one id: the aggregate takes it once
        assert len({header_of(each, "ce_id") for each in mine}) == 1
        assert len({header_of(each, "ce_recordedtime") for each in mine}) == 1


async def _ask_and_kill(process: Process, requests: list[tuple[bytes, dict[str, str]]]) -> list[bytes | None]:
    """Send all of *requests* at once and kill the gateway while it works on them."""

    async def ask(client: httpx.AsyncClient, content: bytes, asked: dict[str, str]) -> bytes | None:
        try:
            answer = await client.post(f"{process.url}/v1/events", content=content, headers=asked)
        except httpx.TransportError:
            return None
        assert answer.status_code == 202
        return answer.content

    async with httpx.AsyncClient(trust_env=False, timeout=10, limits=httpx.Limits(max_connections=50)) as client:
        asking = [asyncio.create_task(ask(client, *each)) for each in requests]
        await asyncio.wait(asking, return_when=asyncio.FIRST_COMPLETED)
        process.kill()
        return list(await asyncio.gather(*asking))
