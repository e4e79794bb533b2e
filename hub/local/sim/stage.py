"""All simulated systems in one process, against a running hub.

The one rule: the clocks and the doors are here, the decisions are the actors'. Whatever was sent is waited for in the end.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

import httpx

from hub.canonical.event import SHANGHAI
from hub.local.sim.actor import Actor, Heard
from hub.local.sim.casting import Role
from hub.local.sim.city import City
from hub.local.sim.doors import FileDoor, HttpDoor, client
from hub.local.sim.journal import Journal
from hub.local.sim.letter import Letter
from hub.local.sim.office import MORNING, next_at
from hub.local.sim.place import Place
from hub.reference import Reference

_TICK_SECONDS: Final = 0.05
#: When nobody has been told anything for so long, nothing more is coming.
_QUIET_SECONDS: Final = 6.0


@dataclass(frozen=True, slots=True)
class Performance:
    """How it is to be played."""

    seed: int
    speed: float = 60.0  #: simulated seconds in one real second
    seconds: float = float("inf")
    per_minute: float = 0.0  #: stories begun in a real minute by all together; 0: as the behaviours say
    enterprises: int = 12
    finish: bool = False  #: when the time is up nothing is begun any more, but what is owed is still answered
    grace_seconds: float = 60.0  #: how long that, and settling what was sent, may take


@dataclass(slots=True)
class _Player:
    """One actor and its doors."""

    role: Role
    actor: Actor
    files: FileDoor
    http: HttpDoor
    parties: Sequence[str]  #: for which it is delivered to
    due: float = float("inf")  #: when the records collected go as one file
    collected: list[Letter] = field(default_factory=list)
    night: list[Letter] = field(default_factory=list)
    night_due: float = float("inf")


class Stage:
    """The players, their clock and their journal."""

    def __init__(self, roles: Sequence[Role], place: Place, reference: Reference, how: Performance) -> None:
        self._how, self._place = how, place
        self.journal = Journal()
        self.city = City.draw(how.seed, how.enterprises)
        self._began = 0.0
        self._open = True
        self._heard = 0.0
        # The hub knows the numbers of an earlier run with this seed, and would take them for the same facts again.
        self._run = f"{_now():%Y%m%d%H%M%S%f}"
        pace = _pace(roles, how)
        self._actors = {
            role.name: Actor(role.system, role.behaviour, self.city, reference, how.seed, pace, self._run)
            for role in roles
        }
        self._roles = {role.name: role for role in roles}
        self._codes = reference.directory.codes()

    @property
    def elapsed(self) -> float:
        """Real seconds since the curtain."""
        return asyncio.get_running_loop().time() - self._began

    @property
    def moment(self) -> float:
        """The simulated clock."""
        return MORNING + self.elapsed * self._how.speed

    def close(self) -> None:
        """Send nothing more; `play` then waits for what is on its way."""
        self._open = False

    async def play(self, told: Callable[[], None] = lambda: None) -> None:
        """Until the time is up or `close`; then until everything sent is settled. *told* is called often."""
        async with AsyncExitStack() as keep:
            http = await keep.enter_async_context(client(self._place.running.gateway))
            players = [self._player(name, http) for name in self._actors]
            listeners = [asyncio.create_task(each) for player in players for each in await self._listeners(player)]
            self._began = self._heard = asyncio.get_running_loop().time()
            acting = [asyncio.create_task(self._act(player)) for player in players]
            try:
                while not all(task.done() for task in acting):
                    self._check(listeners, acting)
                    told()
                    await asyncio.sleep(0.2)
                for task in acting:
                    task.result()
                until = asyncio.get_running_loop().time() + self._how.grace_seconds
                while self.journal.unsettled and asyncio.get_running_loop().time() < until:
                    self._check(listeners, acting)
                    told()
                    await asyncio.sleep(0.2)
            finally:
                for task in (*acting, *listeners):
                    task.cancel()
                await asyncio.gather(*acting, *listeners, return_exceptions=True)
                for player in players:
                    self.journal.of(player.role.name).owed = player.actor.owed
                told()

    def _player(self, name: str, http: httpx.AsyncClient) -> _Player:
        role, running = self._roles[name], self._place.running
        parties = [code for code in self._codes if role.system.speaks_for(code) and code in running.tokens]
        files = FileDoor(self._place.drop, role.system, self.journal, self._run)
        return _Player(
            role, self._actors[name], files, HttpDoor(http, role.system, running.tokens, self.journal), parties
        )

    async def _listeners(self, player: _Player) -> list[Coroutine[Any, Any, None]]:
        """What hears for *player*; where it begins is settled before anything is sent."""
        self.journal.of(player.role.name)

        def hear(heard: Heard) -> None:
            about, code = str(heard.data.get("eventId", "")), str(heard.data.get("code", ""))
            at = self._heard = asyncio.get_running_loop().time()
            self.journal.hear(player.role.name, heard.id, heard.event, about, code, at)
            if self._open and player.actor.hear(heard, self.moment):
                self.journal.of(player.role.name).answered += 1

        player.files.mark(player.parties)
        if player.role.behaviour.door == "file":
            return [player.files.listen(player.parties, hear)]
        cursors = [await player.http.latest(party) for party in player.parties]
        return [
            player.http.listen(party, cursor, hear)
            for party, cursor in zip(player.parties, cursors, strict=True)
        ]  # fmt: skip

    async def _act(self, player: _Player) -> None:
        while self._open and not self._over(player):
            for letter in player.actor.take(self.moment, _now()):
                await self._out(player, letter)
            self._drop_due(player, self.moment)
            self.journal.of(player.role.name).owed = player.actor.owed
            await asyncio.sleep(_TICK_SECONDS)
        self._open = False
        player.actor.close()
        self._drop_due(player, float("inf"))  # who goes home hands in what lies on the desk

    def _over(self, player: _Player) -> bool:
        """Is it time to go home?"""
        over = self.elapsed - self._how.seconds
        if over < 0:
            return False
        player.actor.close()
        if not self._how.finish or over > self._how.grace_seconds:
            return True
        tallies = self.journal.tallies.values()
        busy = player.collected or player.night or self.journal.unsettled or any(tally.owed for tally in tallies)
        return not busy and asyncio.get_running_loop().time() - self._heard > _QUIET_SECONDS

    async def _out(self, player: _Player, letter: Letter) -> None:
        behaviour = player.role.behaviour
        if behaviour.door == "http":
            self.journal.send(letter, asyncio.get_running_loop().time())
            await player.http.send([letter])
            return
        nightly = behaviour.nightly
        if nightly is not None and letter.event in nightly.events:
            if not player.night:
                player.night_due = next_at(nightly.at, self.moment)
            player.night.append(letter)
            return
        if not player.collected:
            player.due = self.moment + behaviour.collect[1]
        player.collected.append(letter)

    def _drop_due(self, player: _Player, moment: float) -> None:
        if player.collected and moment >= player.due:
            letters, player.collected = player.collected, []
            self._drop(player, letters)
        if player.night and moment >= player.night_due:
            letters, player.night = player.night, []
            self._drop(player, letters)

    def _drop(self, player: _Player, letters: Sequence[Letter]) -> None:
        for letter in letters:
            self.journal.send(letter, asyncio.get_running_loop().time())
        player.files.drop(letters)

    @staticmethod
    def _check(*tasks: Sequence[asyncio.Task[None]]) -> None:
        """A fault of a player is the whole performance's."""
        for task in (each for group in tasks for each in group):
            if task.done() and not task.cancelled():
                task.result()


def _now() -> datetime:
    return datetime.now(SHANGHAI)


def _pace(roles: Sequence[Role], how: Performance) -> float:
    """By how much everything is begun more often than the behaviours say."""
    if not how.per_minute:
        return 1.0
    natural = sum(
        60.0 * how.speed / ((begin.every[0] + begin.every[1]) / 2)
        for role in roles
        for begin in role.behaviour.begins.values()
    )
    return how.per_minute / natural if natural else 1.0
