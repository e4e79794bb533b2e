"""The verbs of `hub connector` for those who are pushed to, and the file that registers them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner

from connectors.protocol import Envelope
from connectors.webhook import Place, ReceiversInvalid, read_receivers
from connectors.webhook.cloudevents import CloudEvents
from connectors.webhook.journal import Entry, Journal
from connectors.webhook.verifying import verify
from hub.boot import hub
from hub.canonical.event import SHANGHAI
from hub.cli.connector import connector
from tests.connectors.receiving import OK, receiving, reply

NOW = datetime.now(SHANGHAI)
PARTIES = ("GY-YJJ", "GY-RSJ", "GY-CZJ")
Verb = Callable[..., tuple[int, Any, str]]


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A hub of its own whose one receiver is GY-YJJ."""
    file = tmp_path / "webhooks.yaml"
    file.write_text("receivers:\n  GY-YJJ: {url: 'https://hooks.example/in'}\n")
    monkeypatch.setenv("HUB_WEBHOOKS_FILE", str(file))
    monkeypatch.setenv("HUB_STATE_DIR", str(tmp_path))
    monkeypatch.setenv("HUB_DEV", "1")
    hub.cache_clear()
    yield tmp_path
    hub.cache_clear()


@pytest.fixture
def verb(state: Path) -> Verb:
    def run(*words: str) -> tuple[int, Any, str]:
        wanted = words if words[0] in {"park", "open"} else (*words, "-o", "json")
        result = CliRunner().invoke(connector, wanted, standalone_mode=False)
        items = json.loads(result.stdout)["items"] if result.stdout.startswith("{") else []
        if isinstance(result.exception, click.ClickException):
            return result.exception.exit_code, items, result.exception.message
        assert result.exception is None
        return int(result.return_value or 0), items, result.stderr

    return run


def kept(state: Path, identity: str, how: Any = "parked", reason: str = "HTTP 500") -> None:
    journal = Journal(Place(state).journal)
    journal.keep(
        Entry("GY-YJJ", identity, how, 10, NOW + timedelta(hours=2), reason, NOW, NOW, "application/json", b"{}")
    )
    journal.close()


def entries(state: Path, how: Any) -> list[str]:
    journal = Journal(Place(state).journal)
    found = [each.id for each in journal.entries(how)]
    journal.close()
    return found


class TestParked:
    def test_it_is_listed_with_its_reason(self, state: Path, verb: Verb) -> None:
        kept(state, "a")

        _, [item], _ = verb("parked")

        assert (item["party"], item["id"], item["tries"], item["reason"]) == ("GY-YJJ", "a", 10, "HTTP 500")
        assert verb("parked", "GY-RSJ")[1] == []

    def test_nothing_is_sent_without_yes(self, state: Path, verb: Verb) -> None:
        kept(state, "a")

        assert verb("resend", "GY-YJJ")[0] == 0
        assert entries(state, "parked") == ["a"]

    def test_what_is_sent_again_keeps_its_id_and_the_first_refusal_ends_the_round(
        self, state: Path, verb: Verb
    ) -> None:
        for identity in ("a", "b", "c"):
            kept(state, identity)
        [key] = [item["key"] for item in verb("signing", "GY-YJJ", "--change")[1]]

        async def round_() -> tuple[Any, Any]:
            async with receiving(OK, reply(500)) as receiver:
                (state / "webhooks.yaml").write_text(f"receivers:\n  GY-YJJ: {{url: '{receiver.url}'}}\n")
                with ThreadPoolExecutor(1) as thread:
                    said = await asyncio.get_running_loop().run_in_executor(thread, verb, "resend", "GY-YJJ", "--yes")
                return said, receiver.requests

        (code, items, note), requests = asyncio.run(round_())

        assert (code, [(item["id"], item["accepted"]) for item in items]) == (1, [("a", True), ("b", False)])
        assert [verify(r.headers, r.body, [key], now=datetime.now(SHANGHAI).timestamp()).id for r in requests] == [
            "a",
            "b",
        ]
        assert (entries(state, "sent"), entries(state, "parked")) == (["a"], ["b", "c"])
        assert "1" in note

    def test_an_unknown_id_an_unknown_party_and_no_key(self, state: Path, verb: Verb) -> None:
        kept(state, "a")

        assert verb("resend", "GY-YJJ", "zzz")[0] == 5
        assert verb("resend", "GY-RSJ")[0] == 5
        assert verb("resend", "GY-YJJ", "--yes")[0] == 3
        assert entries(state, "parked") == ["a"]


class TestWhoWaits:
    def test_it_is_shown_and_a_person_decides(self, state: Path, verb: Verb) -> None:
        kept(state, "a", "waiting")

        code, [item], _ = verb("receivers")
        assert (code, item["state"], item["tries"], item["reason"], item["waiting"]) == (
            1, "waiting", "10/10", "HTTP 500", "a",
        )  # fmt: skip
        assert verb("open", "GY-YJJ")[0] == 0
        assert verb("park", "GY-YJJ", "--reason", "wrong form")[0] == 0
        assert verb("park", "GY-YJJ", "--reason", "wrong form")[0] == 2
        assert entries(state, "parked") == ["a"]

    def test_shut_by_410_until_opened(self, state: Path, verb: Verb) -> None:
        journal = Journal(Place(state).journal)
        journal.shut("GY-YJJ", "HTTP 410", NOW)

        assert verb("receivers")[1][0]["state"] == "shut"
        assert verb("open", "GY-YJJ")[0] == 0
        assert journal.closed("GY-YJJ") is None
        assert verb("open", "GY-YJJ")[0] == 2
        journal.close()

    def test_a_receiver_without_a_key_is_a_finding(self, verb: Verb) -> None:
        code, [item], _ = verb("receivers")

        assert code == 1
        assert "--change" in item["reason"]
        verb("signing", "GY-YJJ", "--change")
        assert verb("receivers")[0] == 0


class TestKeys:
    def test_a_change_shows_two_public_keys_and_never_a_private_one(self, state: Path, verb: Verb) -> None:
        verb("signing", "GY-YJJ", "--change")
        _, items, note = verb("signing", "GY-YJJ", "--change", "--overlap-days", "3")

        assert [item["key"][:5] for item in items] == ["whpk_", "whpk_"]
        assert items[1]["until"]
        private = json.loads(Place(state).keys("GY-YJJ").read_bytes())["keys"][0]["key"]
        assert private.startswith("whsk_")
        assert private not in json.dumps(items) + note

    def test_a_shared_secret_is_handed_over_in_a_file_of_its_own(self, state: Path, verb: Verb) -> None:
        assert verb("signing", "GY-YJJ", "--change", "--kind", "v1")[0] == 2
        _, [item], _ = verb("signing", "GY-YJJ", "--change", "--kind", "v1", "--to", str(state / "secret"))

        assert "whsec_" not in json.dumps(item)
        assert (state / "secret").read_text().startswith("whsec_")
        assert (state / "secret").stat().st_mode & 0o777 == 0o600
        assert verb("signing", "GY-YJJ", "--change", "--kind", "v1", "--to", str(state / "secret"))[0] == 2

    def test_an_unknown_party(self, verb: Verb) -> None:
        assert verb("signing", "GY-XX")[0] == 5


class TestTheFile:
    @pytest.mark.parametrize(
        ("entry", "said"),
        [
            ("GY-XX: {url: 'https://a.example'}", "no such party"),
            ("GY-YJJ: {url: 'http://a.example'}", "only https"),
            ("GY-YJJ: {url: 'https://a.example', networks: [127.0.0.0/8]}", "may not be opened"),
            ("GY-YJJ: {url: 'https://a.example', networks: [0.0.0.0/0]}", "may not be opened"),
            ("GY-YJJ: {url: 'https://a.example', networks: [169.254.169.254/32]}", "may not be opened"),
            ("GY-YJJ: {url: 'https://a.example', networks: [ten]}", "ten"),
            ("GY-YJJ: {url: 'https://a.example', colour: red}", "colour"),
            ("GY-YJJ: {url: 'https://a.example', dialect: rsj-csv}", "no such dialect"),
            ("GY-CZJ: {url: 'https://a.example'}", "body: event"),
            ("GY-YJJ: {url: 'https://a.example', body: notice}", "deliveries_url"),
            ("GY-YJJ: {url: 'https://a.example', ca: nowhere.pem}", "No such file"),
        ],
    )
    def test_every_fault_is_told_before_anything_is_sent(self, tmp_path: Path, entry: str, said: str) -> None:
        path = tmp_path / "webhooks.yaml"
        path.write_text(f"receivers:\n  {entry}\n")

        with pytest.raises(ReceiversInvalid, match=said):
            read_receivers(path, PARTIES, dev=False)

    def test_all_at_once(self, tmp_path: Path) -> None:
        path = tmp_path / "webhooks.yaml"
        path.write_text("receivers:\n  GY-YJJ: {url: 'http://a.example'}\n  GY-XX: {url: 'https://a.example'}\n")

        with pytest.raises(ReceiversInvalid) as caught:
            read_receivers(path, PARTIES, dev=False)
        assert len(str(caught.value).splitlines()) == 2

    def test_each_in_its_own_words(self, tmp_path: Path) -> None:
        path = tmp_path / "webhooks.yaml"
        path.write_text(
            "deliveries_url: https://hub.example/v1/deliveries\nreceivers:\n"
            "  GY-YJJ: {url: 'https://a.example', networks: [10.1.0.0/16]}\n"
            "  GY-CZJ: {url: 'https://b.example:8443/x', body: event}\n"
            "  GY-RSJ: {url: 'https://c.example', body: notice}\n"
        )
        found = read_receivers(path, PARTIES, dev=False)

        assert [each.dialect.name for each in found.values()] == ["yjj-json", "cloudevents", "cloudevents"]
        data, about = {"planId": "P1"}, Envelope("e-1", "HUB", "K", "2026-03-09T10:00:00+08:00", 3)
        event = found["GY-CZJ"].dialect.write("inspection.plan.closed", data, about)
        notice = found["GY-RSJ"].dialect.write("inspection.plan.closed", data, about)
        assert event is not None
        [draft] = CloudEvents().read(event)
        assert (draft.type, draft.data, draft.own_id) == ("inspection.plan.closed", data, "e-1")
        assert notice is not None
        assert notice["dataref"] == "https://hub.example/v1/deliveries"
        assert "P1" not in json.dumps(notice)
