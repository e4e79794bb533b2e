"""`hub connector run`: what a new connector's file says lies in its topic, as the hub will read it."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import orjson
from aiokafka import AIOKafkaConsumer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from connectors import registry
from connectors.own import install
from hub.testing import Broker

SAMPLES = Path(__file__).parent / "newcomers"
NAME, FILE, PARTY = "wjw", "入企登记表.xlsx", "GY-WJW"
TOPIC = "evt.gy-wjw.wjw-xlsx.v1"


def hub(home: Path, *words: str, bootstrap: str) -> subprocess.CompletedProcess[str]:
    """A verb, as from a terminal in *home*."""
    environment = os.environ | {"HUB_KAFKA__BOOTSTRAP": bootstrap, "HUB_LANG": "en"}
    command = [sys.executable, "-m", "hub", *words]
    return subprocess.run(command, cwd=home, env=environment, capture_output=True, text=True, timeout=120, check=False)


async def values(kafka: Broker, wanted: int) -> list[bytes]:
    """The first records of the topic."""
    found: list[bytes] = []
    async with AIOKafkaConsumer(TOPIC, bootstrap_servers=kafka.bootstrap, auto_offset_reset="earliest") as consumer:
        async with asyncio.timeout(30):
            while len(found) < wanted:
                batches = await consumer.getmany(timeout_ms=500)
                found += [record.value for records in batches.values() for record in records if record.value]
    return found


async def test_a_dropped_file_becomes_the_events_that_were_expected(tmp_path: Path, kafka: Broker) -> None:
    made = hub(tmp_path, "connector", "new", NAME, "--sample", str(SAMPLES / FILE), bootstrap=kafka.bootstrap)
    assert made.returncode == 0, made.stderr
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka.bootstrap)
    await admin.start()
    await admin.create_topics([NewTopic(TOPIC, 1, 1)])
    await admin.close()
    home = tmp_path / ".hub/drop" / PARTY
    (home / "inbox").mkdir(parents=True)
    (home / "inbox" / FILE).write_bytes((SAMPLES / FILE).read_bytes())

    ran = await asyncio.to_thread(hub, tmp_path, "connector", "run", NAME, "--once", bootstrap=kafka.bootstrap)

    assert ran.returncode == 0, ran.stderr
    assert orjson.loads((home / "done" / f"{FILE}.receipt.json").read_bytes())["accepted"] == 3
    install(tmp_path / "own")
    try:
        drafts = [draft for value in await values(kafka, 3) for draft in registry.read("wjw-xlsx", value)]
    finally:
        registry.install({})
    expected = orjson.loads((tmp_path / "own/wjw/samples/入企登记表.expected.json").read_bytes())
    assert [draft.data for draft in drafts] == [each["data"] for each in expected]
