"""The wall clock of the agents jumps; ids, order and de-duplication do not notice, and no timer fires twice or early.

The clock is set with Debian's faketime (`apt-get install faketime`), for the process of the agents alone: its monotonic clock and
the broker's clock, which dates every fact, run on as they are.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer

from hub.canonical.event import own_event_id
from hub.engine.record import Record
from hub.local.dev import Supervisor, hub_processes
from hub.local.kafka import LocalKafka
from hub.local.ports import free_ports
from hub.ops.scan import records
from hub.topics import Topics
from hub.wire import envelope
from tests.hub.facts import lead, moment
from tests.rules.matter.thread import GAJ, Thread

#: Wants the machine to itself: `make test` runs it after the others, one at a time.
pytestmark = pytest.mark.faults

LIBRARY = next(
    (path for folder in ("/usr/lib", "/usr/local/lib") for path in Path(folder).glob("**/libfaketimeMT.so.1")), None
)
#: What the hub works on under, one after the other.
JUMPS = ("+10m", "-10m", "-1d", "+50m", "-1h", "+0")
#: More than an hour ahead the broker takes nothing from an agent: it ends, again and again, and nothing is decided too early.
TOO_FAR = ("+1d", "+8d")


@dataclass
class Jumping:
    """A hub of one worker whose wall clock can be set."""

    bootstrap: str
    topics: Topics
    clock: Path
    said: list[str]

    def jump(self, to: str) -> None:
        """Set the worker's clock *to* so much beside the right time."""
        self.clock.write_text(f"{to}\n")

    async def send(self, party: str, *events: dict[str, Any]) -> list[str]:
        """Write facts to the party's own topic; their ids."""
        topic = self.topics.ingress(party, "canonical").name
        async with AIOKafkaProducer(bootstrap_servers=self.bootstrap, acks="all") as producer:
            for event in events:
                whole = {"specversion": "1.0", "source": f"urn:guiyang:{party}:t"} | event
                headers = [("content-type", b"application/cloudevents+json")]
                await producer.send_and_wait(topic, json.dumps(whole).encode(), headers=headers)
        return [own_event_id(party, event["id"]) for event in events]

    async def read(self, topic: str) -> list[Record]:
        return [record async for record in records(self.bootstrap, [topic])]

    async def until(self, topic: str, ids: set[str], seconds: float = 30) -> None:
        """Wait until each of *ids* stands in *topic*, as itself or as the cause of what does."""
        end = time.monotonic() + seconds
        while True:
            found = {
                envelope.header(record.headers, name)
                for record in await self.read(topic)
                for name in ("ce_id", "ce_causationid")
            }
            if ids <= found:
                return
            assert time.monotonic() < end, f"{len(ids - found)} of {len(ids)} did not come"
            await asyncio.sleep(0.3)


@asynccontextmanager
async def jumping(folder: Path, topics: Topics) -> AsyncIterator[Jumping]:
    clock = folder / "clock"
    clock.write_text("+0\n")
    worker, *_ = hub_processes(free_ports(1)[0])
    faked = {
        "LD_PRELOAD": str(LIBRARY),
        "FAKETIME_TIMESTAMP_FILE": str(clock),
        "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        "NO_FAKE_STAT": "1",  # or Python finds each of its compiled files out of date
    }
    said: list[str] = []
    supervisor = Supervisor(
        folder / ".hub",
        folder / ".hub" / "data",
        topics=topics,
        kafka=LocalKafka(folder / "kafka"),
        bootstrap=None,
        specs=[replace(worker, env=faked)],
        say=said.append,
    )
    async with supervisor.running() as running:
        yield Jumping(running.bootstrap, topics, clock, said)


def receipt(lead_id: str) -> dict[str, Any]:
    data = {"correlationId": f"MT-{lead_id}", "leadId": lead_id, "receiptId": f"HZ-{lead_id}"}
    data |= {"receivedAt": moment(1), "outcome": "RECEIVED"}
    return {"id": f"receipt-{lead_id}", "type": "matter.lead.receipted", "data": data}


@pytest.mark.skipif(LIBRARY is None, reason="faketime is not installed: the clock of a process cannot be set")
@pytest.mark.timeout(280)
async def test_jumps_of_the_wall_clock_change_no_id_no_order_and_no_timer(tmp_path: Path, hub_topics: Topics) -> None:
    async with jumping(tmp_path, hub_topics) as hub:
        await hub.send("GY-GAJ", receipt("orphan"))  # parked: due in seven days
        sent: set[str] = set()
        for number, to in enumerate(JUMPS):
            hub.jump(to)
            await asyncio.sleep(1.5)  # a lane looks at its clock at least once a second
            name = f"jump-{number}"
            ids = await hub.send("GY-YJJ", lead(name)) + await hub.send("GY-GAJ", receipt(name))
            await hub.send("GY-YJJ", lead(name))  # once more, by another clock
            sent |= set(ids)
            await hub.until("dlv.gy-yjj.v1", set(ids), seconds=60)
        for to in TOO_FAR:
            hub.jump(to)
            await asyncio.sleep(1.5)
            sent |= set(await hub.send("GY-YJJ", lead(f"far{to}")) + await hub.send("GY-GAJ", receipt(f"far{to}")))
            await asyncio.sleep(3)
        hub.jump("+0")
        await hub.until("dlv.gy-yjj.v1", sent, seconds=90)

        log = await hub.read("matter.event.v1")
        own = [envelope.header(record.headers, "ce_id") for record in log]
        decided = [record for record in log if envelope.header(record.headers, "ce_fromparty") == "HUB"]
        assert sent <= set(own)
        assert {1} == set(Counter(envelope.header(each.headers, "ce_id") for each in decided).values())
        for key in {record.key for record in decided}:
            order = [int(envelope.header(each.headers, "ce_sequence")) for each in decided if each.key == key]
            assert order == sorted(set(order))
        accepted = Counter(
            envelope.header(record.headers, "ce_causationid")
            for record in await hub.read("receipt.event.v1")
            if "accepted" in envelope.header(record.headers, "ce_type")
        )
        assert dict.fromkeys(sent, 1) == {each: accepted[each] for each in sent}
        clocks = await hub.read("clock.event.v1")
        assert {1} == set(Counter(envelope.header(record.headers, "ce_id") for record in clocks).values())
        assert await hub.read("dlq.gy-gaj.v1") == []  # not even a clock eight days ahead lets anything fall due


def test_a_timer_fires_once_however_often_its_moment_passes() -> None:
    thread = Thread()
    thread.send("07-06 10:30", "lead.receipted", GAJ)
    fired = [
        thread.wait(at)
        for at in ("07-13 10:29", "07-06 09:00", "07-13 10:31", "07-07 08:00", "07-13 10:31", "07-20 09:00")
    ]

    assert fired == [[], [], ["ORPHAN"], [], [], []]
