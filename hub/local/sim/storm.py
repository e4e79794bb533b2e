"""`hub sim storm`: as many records a second as asked, through the gateway and the files, without mistakes and without answers.

The one rule: what the doors cannot take is waited for, never dropped; the summary tells the rate that was reached.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Final

import httpx

from hub.canonical.event import SHANGHAI
from hub.local.sim.actor import Actor, Heard
from hub.local.sim.casting import Role
from hub.local.sim.city import City
from hub.local.sim.doors import FileDoor, HttpDoor, client
from hub.local.sim.journal import Journal
from hub.local.sim.letter import Letter
from hub.local.sim.place import Place
from hub.reference import Reference

_BATCH: Final = 50
_IN_FLIGHT: Final = 8
_TICK_SECONDS: Final = 0.25
_FILE_SECONDS: Final = 1.0


@dataclass(frozen=True, slots=True)
class Storm:
    """How hard, and how long."""

    seed: int
    per_second: float
    seconds: float
    enterprises: int = 500
    grace_seconds: float = 120.0


async def blow(roles: Sequence[Role], place: Place, reference: Reference, how: Storm, journal: Journal) -> float:
    """Send, then wait until everything is settled. The records a second that were reached while sending."""
    loop = asyncio.get_running_loop()
    city = City.draw(how.seed, how.enterprises)
    async with client(place.running.gateway) as http:
        listeners = [task for role in roles for task in await _listeners(role, place, reference, http, journal)]
        began = loop.time()
        try:
            async with asyncio.TaskGroup() as group:
                for role in roles:
                    letters = _flood(role, city, reference, how.seed)
                    group.create_task(_one(role, letters, place, http, how, how.per_second / len(roles), journal))
            took = loop.time() - began
            while journal.unsettled and loop.time() - began - took < how.grace_seconds:
                await asyncio.sleep(0.2)
        finally:
            for task in listeners:
                task.cancel()
            await asyncio.gather(*listeners, return_exceptions=True)
    return len(journal.sent) / took


def _flood(role: Role, city: City, reference: Reference, seed: int) -> Iterator[Letter]:
    """What the system would write by itself in years."""
    calm = role.behaviour.model_copy(update={"mistakes": ()})
    actor = Actor(role.system, calm, city, reference, seed, run=f"{datetime.now(SHANGHAI):%Y%m%d%H%M%S%f}")
    while actor.next_due < float("inf"):
        yield from actor.take(actor.next_due, datetime.now(SHANGHAI))


async def _one(
    role: Role, letters: Iterator[Letter], place: Place, http: httpx.AsyncClient, how: Storm, rate: float, journal: Journal
) -> None:  # fmt: skip
    """One system's share, evenly over the time; a slow door makes it late, not fewer."""
    loop = asyncio.get_running_loop()
    began, sent, total = loop.time(), 0, round(rate * how.seconds)
    files = FileDoor(place.drop, role.system, journal, f"storm-{how.seed:x}-{datetime.now(SHANGHAI):%H%M%S}")
    door = HttpDoor(http, role.system, place.running.tokens, journal)
    room = asyncio.Semaphore(_IN_FLIGHT)
    by_file = role.behaviour.door == "file"

    async def post(batch: Sequence[Letter]) -> None:
        try:
            await door.send(batch)
        finally:
            room.release()

    async with asyncio.TaskGroup() as group:
        while sent < total:
            due = min(total, round((loop.time() - began) * rate))
            while sent < due:
                batch = list(islice(letters, due - sent if by_file else min(_BATCH, due - sent)))
                if not batch:
                    return
                for letter in batch:
                    journal.send(letter, loop.time())
                sent += len(batch)
                if by_file:
                    files.drop(batch)
                else:
                    await room.acquire()
                    group.create_task(post(batch))
            await asyncio.sleep(_FILE_SECONDS if by_file else _TICK_SECONDS)


async def _listeners(
    role: Role, place: Place, reference: Reference, http: httpx.AsyncClient, journal: Journal
) -> list[asyncio.Task[None]]:
    """Pulls for every party of the system, the file systems' too: their receipts are wanted at once."""
    name, system = role.name, role.system
    journal.of(name)
    door = HttpDoor(http, system, place.running.tokens, journal)

    def hear(heard: Heard) -> None:
        about, code = str(heard.data.get("eventId", "")), str(heard.data.get("code", ""))
        journal.hear(name, heard.id, heard.event, about, code, asyncio.get_running_loop().time())

    parties = [code for code in reference.directory.codes() if system.speaks_for(code) and code in place.running.tokens]
    cursors = [await door.latest(party) for party in parties]
    return [
        asyncio.create_task(door.listen(party, cursor, hear)) for party, cursor in zip(parties, cursors, strict=True)
    ]
