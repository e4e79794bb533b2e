"""Playing scenarios through a running hub: the same facts by the gateway, the answers from the topics.

The one rule: a scenario lives in a realm of its own, with its own clock and policy, so it neither sees nor changes
anything else in the hub, and any number may play at once.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import httpx
from aiokafka import TopicPartition

from hub.canonical.event import HUB, full_type, own_event_id
from hub.engine.record import Record
from hub.local.discovery import Running
from hub.ops.readers import AGENTS
from hub.ops.scan import records
from hub.play.outcome import Arrived, Emitted, Outcome, Turned
from hub.play.run import clock_row
from hub.play.scenario import Fact, Scenario
from hub.play.subject import subject
from hub.play.tail import Places, Tail
from hub.rules.pipeline import AGGREGATES
from hub.rules.state import decode
from hub.topics import Topics
from hub.wire import envelope

#: Scenarios that play at the same time.
TOGETHER: Final = 12
OPERATOR: Final = "GY-ZHZFJ"
_TIMEOUT_SECONDS: Final = 60.0


class DoorClosed(Exception):
    """The gateway answered what no scenario can mean."""


async def play_live(
    scenarios: Sequence[Scenario], running: Running, topics: Topics, played: Callable[[Scenario], None]
) -> list[Outcome]:
    """The outcome of each scenario, in order. *played* is told of each that has been sent whole."""
    tail = Tail(running.bootstrap, topics, timeout_seconds=_TIMEOUT_SECONDS)
    await tail.open()
    try:
        async with httpx.AsyncClient(base_url=running.gateway, timeout=_TIMEOUT_SECONDS, trust_env=False) as http:
            turn = asyncio.Semaphore(TOGETHER)
            players = [_Player(scenario, running, topics, http, tail) for scenario in scenarios]

            async def play(player: _Player) -> None:
                async with turn:
                    await player.play()
                played(player.scenario)

            async with asyncio.TaskGroup() as group:
                for player in players:
                    group.create_task(play(player))
        await tail.delivered()
    finally:
        await tail.close()
    clocks = await clock_tables(running.bootstrap, topics)
    return [player.outcome(tail.told[player.realm], clocks.get(player.realm, [])) for player in players]


class _Player:
    def __init__(
        self, scenario: Scenario, running: Running, topics: Topics, http: httpx.AsyncClient, tail: Tail
    ) -> None:
        self.realm = f"play-{uuid.uuid4().hex[:12]}"
        self.scenario = scenario
        self._tokens = running.tokens
        self._topics = topics
        self._http = http
        self._tail = tail
        self._ids: dict[str, str] = {}  # event id → the scenario's id
        self._at_the_door: dict[str, Turned] = {}
        self._arrived: list[Arrived] = []

    async def play(self) -> None:
        """Send every fact, each after the one before has been decided."""
        given = self.scenario.given
        opening = given[0].at - timedelta(seconds=1) if given else datetime.fromisoformat("2024-01-01T00:00:00+08:00")
        await self._control("hub.realm.opened", opening)
        for number, fact in enumerate(given):
            await self._control("hub.tick", fact.at)
            written = fact.at.isoformat(timespec="seconds")
            if fact.event:
                self._arrived.append(Arrived(written, fact.event, fact.party, subject(fact.data or {}), fact.id))
                await self._tail.decided(await self._send(number, fact))
            else:
                self._arrived.append(Arrived(written))

    async def _control(self, word: str, at: datetime) -> None:
        said: dict[str, Any] = {"realm": self.realm, "type": word, "time": at.isoformat()}
        if word == "hub.realm.opened":
            said |= {"policy": dict(self.scenario.policy)}
        answer = await self._http.post("/v1/dev/control", json=said, headers=self._headers(OPERATOR))
        if answer.status_code != httpx.codes.ACCEPTED:
            raise DoorClosed(f"/v1/dev/control: {answer.status_code} {answer.text[:500]}")
        await self._tail.decided(_places(answer))

    async def _send(self, number: int, fact: Fact) -> Places:
        event_id = own_event_id(fact.party, fact.id)
        known = event_id in self._ids
        self._ids[event_id] = fact.id
        if fact.party not in self._tokens:  # who is not in the directory has no credential to come with
            self._at_the_door.setdefault(event_id, Turned(fact.id, "UNKNOWN_PARTY"))
            return {}
        answer = await self._http.post(
            "/v1/events",
            json={
                "specversion": "1.0",
                "id": fact.id,
                "source": f"urn:guiyang:{fact.party}:play",
                "type": full_type(fact.event),
                "data": fact.data,
            },
            headers=self._headers(fact.party)
            | {
                "content-type": "application/cloudevents+json",
                "idempotency-key": f"{self.realm}-{number:04d}",
                "hub-realm": self.realm,
                "hub-time": fact.at.isoformat(),
            },
        )
        if answer.status_code == httpx.codes.ACCEPTED:
            return _places(answer)
        problem = answer.json() if answer.headers.get("content-type", "").startswith("application/problem+json") else {}
        code = str(problem.get("code", ""))
        if not code or code.startswith("HUB-"):
            raise DoorClosed(f"{fact.id}: {answer.status_code} {answer.text[:500]}")
        if not known:
            self._at_the_door[event_id] = Turned(fact.id, code, str(problem.get("detail", "")))
        return {}

    def _headers(self, party: str) -> dict[str, str]:
        return {"authorization": f"Bearer {self._tokens[party]}"}

    def outcome(self, told: Sequence[Record], clocks: Sequence[Mapping[str, Any]]) -> Outcome:
        """What the topics tell of this realm, as the rules alone would have told it."""
        outcome = read_outcome(told, self._topics, self._ids, self._at_the_door)
        outcome.story[:0] = self._arrived
        outcome.story.sort(key=lambda step: step.at)
        outcome.clocks.extend(clocks)
        return outcome


def read_outcome(
    told: Sequence[Record], topics: Topics, ids: Mapping[str, str], at_the_door: Mapping[str, Turned]
) -> Outcome:
    """Decisions, deliveries and refusals among the records *told*; *ids* gives the names under which facts were sent."""
    refused = dict(at_the_door)
    emitted: dict[tuple[str, str, str], Emitted] = {}
    for record in told:
        headers = record.headers
        if (
            record.value is None
            or not envelope.header(headers, "ce_id")
            or envelope.header(headers, envelope.RECIPIENTS)
        ):
            continue
        event = envelope.from_record(record.key, record.value, headers)
        projection = envelope.header(headers, "ce_projection")
        at = event.recorded.isoformat(timespec="seconds")
        if event.type == "receipt.ingress.refused" and not projection:
            identity = str(event.data["eventId"])
            turned = Turned(ids.get(identity, identity), str(event.data["code"]), str(event.data.get("detail", "")), at)
            refused.setdefault(identity, turned)
        if event.aggregate == "receipt":
            continue
        data, cause = dict(event.data), ids.get(event.cause, event.cause)
        if "eventId" in data:  # a scenario knows its facts by its own ids
            data["eventId"] = ids.get(str(data["eventId"]), data["eventId"])
        if projection:
            party = topics.party_of(record.topic)
            emitted.setdefault((event.id, party, projection), Emitted(event.type, data, party, at, cause, projection))
        elif event.party == HUB:
            emitted.setdefault((event.id, "", ""), Emitted(event.type, data, at=at, cause=cause))
    return Outcome([*emitted.values(), *refused.values()])


def _places(answer: httpx.Response) -> dict[TopicPartition, int]:
    """Where the gateway says it wrote, from its header of development."""
    places: dict[TopicPartition, int] = {}
    for place in filter(None, answer.headers.get("hub-offsets", "").split(",")):
        topic, partition, offset = place.rsplit(":", 2)
        places[TopicPartition(topic, int(partition))] = int(offset)
    return places


async def clock_tables(bootstrap: str, topics: Topics) -> dict[str, list[Mapping[str, Any]]]:
    """The table of clocks of each realm, from the states as the agents wrote them last."""
    latest: dict[tuple[str, bytes], bytes | None] = {}
    kinds = {topics.state(agent).name: AGGREGATES[aggregate].state_type for agent, aggregate in AGENTS.items()}
    async for record in records(bootstrap, kinds):
        if record.key is not None and not record.key.startswith(b"\x00"):
            latest[record.topic, record.key] = record.value
    found: dict[str, list[Mapping[str, Any]]] = {}
    for (topic, _), value in latest.items():
        if value is not None:
            state = decode(value, kinds[topic])
            found.setdefault(state.realm, []).extend(clock_row(state.key, row) for row in state.clocks)
    return found
