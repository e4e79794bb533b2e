"""`hub serve connectors` as an operator starts it, and the verbs of `hub connector`."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import TopicAlreadyExistsError
from click.testing import CliRunner

from connectors import registry
from connectors.serve import connect, connectors
from hub.cli.connector import connector
from hub.local.ports import free_ports
from hub.reference import load as load_reference
from hub.testing import Broker
from tests.connectors.sites import site

ROOT = Path(__file__).parents[2]
SAMPLE = registry.system("rsj-csv").folder / "samples/leads.csv"


async def prepared(kafka: Broker) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka.bootstrap)
    await admin.start()
    for topic in ("evt.gy-rsj.rsj-csv.v1", "dlv.gy-rsj.v1"):
        try:
            await admin.create_topics([NewTopic(topic, 1, 1)])
        except TopicAlreadyExistsError:
            pass
    await admin.close()


def answer(port: int, path: str) -> int:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=2) as found:
            return int(found.status)
    except OSError as error:
        return int(getattr(error, "code", 0))


async def test_the_process_takes_files_says_it_is_ready_and_stops_when_told(tmp_path: Path, kafka: Broker) -> None:
    await prepared(kafka)
    [port] = free_ports(1)
    command = [
        sys.executable,
        "-m",
        "hub",
        "serve",
        "connectors",
        "--party",
        "GY-RSJ",
        "--health-port",
        str(port),
        "--root",
        str(tmp_path),
    ]
    environment = {**os.environ, "HUB_KAFKA__BOOTSTRAP": kafka.bootstrap}
    process = subprocess.Popen(command, cwd=ROOT, env=environment)
    try:
        inbox, done = tmp_path / "GY-RSJ/inbox", tmp_path / "GY-RSJ/done/leads.csv.receipt.json"
        deadline = time.monotonic() + 40
        while not done.exists():
            assert time.monotonic() < deadline
            assert process.poll() is None
            if (
                inbox.is_dir()
                and not (inbox / "leads.csv").exists()
                and not list((tmp_path / "GY-RSJ/.work").glob("leads*"))
            ):
                (inbox / "leads.csv.part").write_bytes(SAMPLE.read_bytes())
                (inbox / "leads.csv.part").rename(inbox / "leads.csv")
            await asyncio.sleep(0.1)
        statuses = [await asyncio.to_thread(answer, port, path) for path in ("/livez", "/readyz", "/nothing")]
        assert statuses == [200, 200, 404]
        assert json.loads(done.read_bytes())["accepted"] == 2
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 143


def test_the_brigades_units_have_outboxes_and_one_inbox(tmp_path: Path) -> None:
    found = connect(site(tmp_path, load_reference().directory.codes()), [], ["GY-ZD"])

    assert list(found) == ["zhifa-json"]
    assert {"GY-ZD", "GY-ZD-DD2", "GY-ZD-NM"} <= set(found["zhifa-json"].sinks)
    assert found["zhifa-json"].party == "GY-ZD"


def test_without_a_broker_or_with_an_unknown_party_it_says_so(tmp_path: Path) -> None:
    runner = CliRunner()
    assert runner.invoke(connectors, ["--root", str(tmp_path)], env={"HUB_KAFKA__BOOTSTRAP": ""}).exit_code == 3
    assert runner.invoke(connectors, ["--party", "GY-XX", "--bootstrap", "x:1"]).exit_code == 3


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["list"], 0),
        (["check"], 0),
        (["check", "klingon"], 5),
        (["sample", "rsj-csv", "--file", str(SAMPLE)], 0),
        (["sample", "swj-xml", "--file", str(SAMPLE)], 1),
        (["sample"], 2),
    ],
)
def test_the_verbs_end_with_the_codes_of_every_verb(arguments: list[str], code: int) -> None:
    result = CliRunner().invoke(connector, [*arguments, *(["-o", "json"] if code == 0 else [])], standalone_mode=True)

    assert (result.return_value or result.exit_code) == code
    if code == 0:
        assert json.loads(result.stdout)["apiVersion"] == "hub/v1"


def test_a_row_that_is_not_understood_is_shown_beside_the_others(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes(SAMPLE.read_bytes() + b"torn\r\n")

    result = CliRunner().invoke(
        connector, ["sample", "rsj-csv", "--file", str(path), "-o", "json"], standalone_mode=False
    )

    assert result.return_value == 1
    assert [bool(item["finding"]) for item in json.loads(result.stdout)["items"]] == [False, False, True]
