"""The sample day: its facts, each in the words of the system that sends it and through that system's own door.

The one rule: nothing here knows the hub's inside; it sends what outside systems send, and what came of it is read elsewhere.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import httpx
import yaml
from aiokafka import AIOKafkaProducer

from connectors import registry as dialects
from connectors.protocol import Envelope, Record
from hub.canonical.event import full_type, own_event_id, record_event_id
from hub.canonical.periods import Calendar
from hub.local.discovery import Running
from hub.local.marks import dated
from hub.play.outcome import Turned
from hub.play.scenario import Pattern
from hub.topics import Topics

DAY: Final = Path(__file__).with_name("sample_day.yaml")


@dataclass(frozen=True, slots=True)
class Sent:
    """One fact of the day: *door* is where it goes in, *data* what it says (*raw*: bytes that say nothing)."""

    door: str
    party: str
    event: str
    id: str
    data: Mapping[str, Any]
    raw: bytes = b""


@dataclass(frozen=True, slots=True)
class Act:
    """Facts of one part of the day; the next act begins when the hub has dealt with this one."""

    name: str
    facts: tuple[Sent, ...]


@dataclass(frozen=True, slots=True)
class Day:
    """The day and what must have come of it."""

    acts: tuple[Act, ...]
    expect: tuple[Pattern, ...]
    never: tuple[Pattern, ...]
    refused: tuple[Mapping[str, str], ...]


def read_day(now: datetime, calendar: Calendar) -> Day:
    """The sample day as if it were the day of *now*."""
    tree = dated(yaml.load(DAY.read_text("utf-8"), Loader=yaml.CSafeLoader), now, calendar)
    return Day(
        acts=tuple(Act(act["act"], tuple(_sent(fact) for fact in act["facts"])) for act in tree["acts"]),
        expect=tuple(_pattern(entry, f"expect[{n}]") for n, entry in enumerate(tree["expect"])),
        never=tuple(_pattern(entry, f"never[{n}]") for n, entry in enumerate(tree["never"])),
        refused=tuple(tree["refused"]),
    )


def _sent(fact: Mapping[str, Any]) -> Sent:
    return Sent(
        fact["through"],
        fact["from"],
        fact.get("event", ""),
        fact["id"],
        fact.get("data", {}),
        fact.get("bytes", "").encode(),
    )


def _pattern(entry: Mapping[str, Any], place: str) -> Pattern:
    to = entry.get("to", [])
    return Pattern(entry["event"], tuple([to] if isinstance(to, str) else to), entry.get("data"), place=place)


class Street:
    """The systems of the city, each at its own door. *ids* collects under which event id each fact is known to the hub."""

    def __init__(self, running: Running, topics: Topics, drop: Path, http: httpx.AsyncClient) -> None:
        self._running = running
        self._topics = topics
        self._drop = drop
        self._http = http
        self._count = 0
        self.ids: dict[str, str] = {}
        self.turned: dict[str, Turned] = {}

    async def send(self, act: Act) -> None:
        """Send every fact of *act*; the rows for one file go as one file."""
        files: dict[str, list[Sent]] = {}
        for fact in act.facts:
            self._count += 1
            kind, _, dialect = fact.door.rpartition(":")
            if kind == "file":
                files.setdefault(dialect, []).append(fact)
            elif kind == "kafka":
                await self._produce(dialect, fact)
            elif dialect == "canonical":
                await self._post_event(fact)
            else:
                await self._post_record(dialect, fact)
        for dialect, facts in files.items():
            self._put_file(dialect, facts)

    async def _post_event(self, fact: Sent) -> None:
        event = {
            "specversion": "1.0",
            "id": fact.id,
            "source": f"urn:guiyang:{fact.party}:desk",
            "type": full_type(fact.event),
            "data": fact.data,
        }
        self.ids[own_event_id(fact.party, fact.id)] = fact.id
        answer = await self._http.post(
            "/v1/events", json=event, headers=self._headers(fact.party, "application/cloudevents+json")
        )
        self._note(fact, answer)

    async def _post_record(self, dialect: str, fact: Sent) -> None:
        system = dialects.system(dialect)
        record = system.format.encode([self._record(dialect, fact)])
        answer = await self._http.post(
            f"/v1/records/{dialect}", content=record, headers=self._headers(system.owner, system.content_types[0])
        )
        self._note(fact, answer)

    def _note(self, fact: Sent, answer: httpx.Response) -> None:
        if answer.status_code != httpx.codes.ACCEPTED:
            problem = answer.json()
            self.turned[fact.id] = Turned(fact.id, str(problem["code"]), str(problem.get("detail", "")))

    def _record(self, dialect: str, fact: Sent) -> Record:
        """The fact as its system writes it, and for a system of many bodies, which of them speaks."""
        system = dialects.system(dialect)
        self.ids[own_event_id(system.owner, fact.id)] = fact.id
        record = system.dialect.write(fact.event, fact.data, self._envelope(fact))
        assert record is not None, f"{dialect} has no words for {fact.event}"
        speaker = system.dialect.frame.party
        return {**record, speaker: fact.party} if speaker else record

    def _envelope(self, fact: Sent) -> Envelope:
        return Envelope(id=fact.id, party=fact.party, sequence=self._count)

    def _put_file(self, dialect: str, facts: list[Sent]) -> None:
        """Drop one file, the way the sender must: written under another name, then renamed."""
        system = dialects.system(dialect)
        inbox = self._drop / system.owner / "inbox"
        inbox.mkdir(parents=True, exist_ok=True)
        suffix = {"text/csv": "csv", "application/xml": "xml", "application/json": "json"}[system.content_types[0]]
        part = inbox / f"{dialect}-{self._count:03}.{suffix}.part"
        part.write_bytes(system.format.encode([self._record(dialect, fact) for fact in facts]))
        part.rename(part.with_suffix(""))

    def files_out(self) -> int:
        """How many files lie in the outboxes."""
        return sum(1 for path in self._drop.glob("*/outbox/*") if path.is_file())

    async def files_taken(self, timeout_seconds: float) -> None:
        """Return when the connectors have dealt with every file that was dropped."""
        async with asyncio.timeout(timeout_seconds):
            while any(
                not path.name.startswith(".")
                for folder in ("inbox", ".work")
                for path in self._drop.glob(f"*/{folder}/*")
            ):
                await asyncio.sleep(0.1)

    async def _produce(self, dialect: str, fact: Sent) -> None:
        self.ids[record_event_id(fact.party, hashlib.sha256(fact.raw).hexdigest(), 0)] = fact.id
        producer = AIOKafkaProducer(bootstrap_servers=self._running.bootstrap, acks="all")
        await producer.start()
        try:
            await producer.send_and_wait(self._topics.ingress(fact.party, dialect).name, fact.raw)
        finally:
            await producer.stop()

    def _headers(self, party: str, content_type: str) -> dict[str, str]:
        return {
            "authorization": f"Bearer {self._running.tokens[party]}",
            "content-type": content_type,
            "idempotency-key": f"sample-day-{self._count:06}",
        }


def sent_by(day: Day) -> Iterator[tuple[str, Sent]]:
    """Each fact with the system that sends it: the owner of the dialect, or the party itself."""
    for act in day.acts:
        for fact in act.facts:
            dialect = fact.door.rpartition(":")[2]
            yield (fact.party if dialect == "canonical" else dialects.system(dialect).owner), fact
