"""What every kind of connector owes, for webhooks: every system's words arrive, twice is harmless, nothing secret is said."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from connectors import registry
from connectors.protocol import Envelope, Unavailable
from connectors.webhook import Place, keyring
from connectors.webhook.addresses import read_url
from connectors.webhook.journal import Journal
from connectors.webhook.keyring import Key
from connectors.webhook.posting import Poster
from connectors.webhook.signing import private_key, shared_secret
from connectors.webhook.sink import WebhookSink
from hub.local.ports import free_ports
from hub.testing import Broker
from tests.connectors.pushing import now
from tests.connectors.receiving import OK, receiving, reply
from tests.connectors.test_serve import answer
from tests.connectors.test_webhook_crash import delivered, until

ROOT = Path(__file__).parents[2]
KEYS = [private_key(bytes(32)), shared_secret(bytes(24))]


def sink_of(url: str, folder: Path, dialect: str) -> WebhookSink:
    poster = Poster(read_url(url, dev=True), dev=True)
    journal = Journal(folder / "webhooks.sqlite")
    return WebhookSink("GY-YJJ", registry.system(dialect).format, poster, journal, lambda _: KEYS, now, lambda: 0.0)


@pytest.mark.parametrize("dialect", registry.CONNECTORS)
async def test_every_golden_event_arrives_in_the_systems_own_words_and_reads_back(tmp_path: Path, dialect: str) -> None:
    system = registry.system(dialect)
    events = [each for _, expected in system.cases() for each in json.loads(expected.read_text("utf-8"))]
    async with receiving(OK) as receiver:
        sink = sink_of(receiver.url, tmp_path, dialect)
        for number, event in enumerate(events):
            about = Envelope(f"e-{number}", event["party"] or system.owner, "k", "2026-03-09T10:00:00+08:00", number)
            record = system.dialect.write(event["type"], event["data"], about)
            assert record is not None
            await sink.send(record, key=f"{number}")
        await sink.close()

    read = [registry.read(dialect, request.body, request.headers["content-type"])[0] for request in receiver.requests]
    assert [(draft.type, draft.data) for draft in read] == [(event["type"], event["data"]) for event in events]


async def test_the_same_delivery_twice_has_one_id_and_the_same_bytes(tmp_path: Path) -> None:
    async with receiving(OK) as receiver:
        sink = sink_of(receiver.url, tmp_path, "yjj-json")
        for _ in range(2):
            await sink.send({"a": 1}, key="1-e")
        await sink.close()

    first, second = receiver.requests
    assert (first.headers["webhook-id"], first.body) == (second.headers["webhook-id"], second.body)


async def test_neither_key_nor_body_nor_the_receivers_words_are_logged(tmp_path: Path) -> None:
    async with receiving(reply(500, body=b"canary-of-the-receiver"), OK) as receiver:
        sink = sink_of(receiver.url, tmp_path, "yjj-json")
        with capture_logs() as said:
            with pytest.raises(Unavailable) as caught:
                await sink.send({"a": "canary-of-a-citizen"}, key="1-e")
            sink._journal.hurry("GY-YJJ", now())
            await sink.send({"a": "canary-of-a-citizen"}, key="1-e")
        await sink.close()

    assert [each["event"] for each in said] == ["webhook.delivered"]
    for secret in (*KEYS, "canary"):
        assert secret not in f"{said} {caught.value} {sink._journal.entries('waiting')}"


async def test_the_process_pushes_stays_ready_beside_a_dead_receiver_and_stops_when_told(
    tmp_path: Path, kafka: Broker, topic_name: Callable[[str], str]
) -> None:
    """As an operator starts it, with the file of receivers."""
    [port] = free_ports(1)

    events = {party: await delivered(kafka, f"dlv.{party.lower()}.v1", 1) for party in ("GY-SWJ", "GY-FY")}
    for party in events:
        keyring.write(Place(tmp_path).keys(party), [Key(KEYS[0], now())])
    async with receiving() as dead:
        gone = dead.url
    async with receiving(OK) as well:
        (tmp_path / "webhooks.yaml").write_text(
            f"receivers:\n  GY-SWJ: {{url: '{well.url}', body: event}}\n  GY-FY: {{url: '{gone}', body: event}}\n"
        )
        environment = {
            **os.environ, "HUB_KAFKA__BOOTSTRAP": kafka.bootstrap, "HUB_DEV": "1", "HUB_STATE_DIR": str(tmp_path),
            "HUB_WEBHOOKS_FILE": str(tmp_path / "webhooks.yaml"),
        }  # fmt: skip
        command = [sys.executable, "-m", "hub", "serve", "connectors", "--health-port", str(port)]
        command += ["--root", str(tmp_path / "drop"), "--party", "GY-SWJ", "--party", "GY-FY"]
        process = subprocess.Popen(command, cwd=ROOT, env=environment)
        try:
            journal = Place(tmp_path).journal
            await until(lambda: bool(well.requests) and journal.exists() and bool(waiting(journal)), 60)
            assert answer(port, "/readyz") == 200
        finally:
            process.send_signal(signal.SIGTERM)
            assert process.wait(20) == 143

    told = {event["id"]: event["data"] for event in (json.loads(request.body) for request in well.requests)}
    assert told[events["GY-SWJ"][0].id]["planId"] == "P1"


def waiting(path: Path) -> list[str]:
    journal = Journal(path)
    found = [entry.party for entry in journal.entries("waiting")]
    journal.close()
    return found
