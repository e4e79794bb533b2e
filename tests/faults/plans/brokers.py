"""Faults of the brokers themselves: killed, lost in turn, lost beyond what is promised, and full.

One rule: nobody helps. A plan breaks and mends brokers; that the hub refuses, waits and goes on is its own affair.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from typing import Self
from uuid import uuid4

import httpx
import orjson

from tests.faults.bed import Bed, Shape
from tests.faults.journal import Journal
from tests.faults.load import Load
from tests.faults.plans import Course, Plan

_LONGEST_SECONDS = 120.0
_POLL_SECONDS = 0.1


def _still_loaded(course: Course) -> None:
    """A plan whose load is over before its faults has shown nothing."""
    if course.loaded():
        raise AssertionError("the load was over before the faults were")


async def until_going(bed: Bed, course: Course, what: str, since: float) -> None:
    """Wait until facts are accepted and effects appear again; tell how long after *since*."""
    accepted, effects = bed.accepted, bed.effects
    going = False
    while not (going and bed.effects > effects) and not course.loaded():
        if not going and bed.accepted > accepted:
            going = True
            course.recovered(f"{what}: accepting", time.monotonic() - since)
        if time.monotonic() - since > _LONGEST_SECONDS:
            raise TimeoutError(f"{what}: not going again after {_LONGEST_SECONDS:g} s")
        await asyncio.sleep(_POLL_SECONDS)
    if going:
        course.recovered(f"{what}: effects", time.monotonic() - since)


async def broker_kill(bed: Bed, course: Course) -> None:
    """kill -9 of the only broker, three times."""
    for _ in range(3):
        await asyncio.sleep(course.chance.uniform(3, 8))
        _still_loaded(course)
        await bed.cluster.kill(0)
        await asyncio.sleep(course.chance.uniform(0, 2))
        await bed.cluster.start(0)
        await until_going(bed, course, "broker back", time.monotonic())


async def brokers_in_turn(bed: Bed, course: Course) -> None:
    """kill -9 of each of three brokers; the others take over. Then one that is paused."""
    for index in range(len(bed.cluster)):
        await asyncio.sleep(course.chance.uniform(2, 5))
        _still_loaded(course)
        bed.say(f"  broker {index} killed")
        await bed.cluster.kill(index)
        await until_going(bed, course, "broker lost", time.monotonic())
        await bed.cluster.start(index)
    index = course.chance.randrange(len(bed.cluster))
    bed.say(f"  broker {index} paused")
    bed.cluster.pause(index)
    try:
        await until_going(bed, course, "broker paused", time.monotonic())
        await asyncio.sleep(10)
    finally:
        bed.cluster.resume(index)


async def two_lost(bed: Bed, course: Course) -> None:
    """Two of three brokers are away: refuse, never lie; go on once they are back."""
    await asyncio.sleep(course.chance.uniform(2, 5))
    lost = course.chance.sample(range(len(bed.cluster)), 2)
    away = course.chance.uniform(20, 60)
    bed.say(f"  brokers {lost} killed for {away:.0f} s")
    await asyncio.gather(*(bed.cluster.kill(index) for index in lost))
    async with Asking(bed, course) as asking:
        await asyncio.sleep(away)
        said = dict(asking.said)
        bed.say(f"  while they were away the gateway said {said}")
        assert said.keys() == {"503 with Retry-After"}, said
        await bed.cluster.start(*lost)
        back_at = time.monotonic()
        await asyncio.wait_for(asking.accepted.wait(), _LONGEST_SECONDS)
        course.recovered("two back: accepting", time.monotonic() - back_at)
    await until_going(bed, course, "two back", back_at)


class Asking:
    """One fact that is sent to the gateway under one key until it is accepted, and every answer on the way."""

    def __init__(self, bed: Bed, course: Course) -> None:
        thread = next(Load(course.chance.randrange(10**6), 1, "asking").threads())
        self.said: Counter[str] = Counter()
        self.accepted = asyncio.Event()
        self._fact = thread.facts[0]
        self._bed = bed
        self._journal = Journal(bed.journals / "sender-asking.jsonl")
        self._task: asyncio.Task[None]

    async def __aenter__(self) -> Self:
        self._journal.write([self._fact.sent()])
        self._task = asyncio.create_task(self._ask())
        return self

    async def __aexit__(self, *_: object) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        self._journal.close()

    async def _ask(self) -> None:
        fact = self._fact
        headers = {
            "authorization": f"Bearer {self._bed.tokens[fact.party]}",
            "content-type": "application/cloudevents+json",
            "idempotency-key": f"faults-{uuid4().hex}",
        }
        body = orjson.dumps(fact.cloudevent())
        async with httpx.AsyncClient(base_url=self._bed.gateway, trust_env=False, timeout=30) as http:
            while True:
                try:
                    answer = await http.post("/v1/events", content=body, headers=headers)
                except httpx.TransportError as error:
                    self.said[type(error).__name__] += 1
                else:
                    wait = " with Retry-After" if "retry-after" in answer.headers else ""
                    self.said[f"{answer.status_code}{wait}"] += 1
                    if answer.status_code == httpx.codes.ACCEPTED:
                        break
                await asyncio.sleep(0.5)
        self._journal.write(
            [{"event": "answered", "party": fact.party, "id": fact.id, "accepted": True, "status": 202}]
        )
        self.accepted.set()


def three(_: int) -> Shape:
    return Shape(brokers=3)


PLANS = [
    Plan("broker-kill", "SIGKILL of the only broker", broker_kill, rate=80),
    Plan(
        "brokers-in-turn",
        "each of three brokers killed in turn, then one paused",
        brokers_in_turn,
        three,
        rate=40,
        recovery_limits={"broker lost: accepting": 15},
    ),
    Plan(
        "two-lost",
        "two of three brokers lost: 503, never a false yes",
        two_lost,
        three,
        recovery_limits={"two back: accepting": 30},
    ),
]
