"""One accepted event on its way through the rules of a matter: the words in which every rule is written.

The one rule: a row of the table of rules is data. It names guards, what is remembered, and clocks that start, end or become
void; only the few acts that are truly peculiar are functions of their own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from hub.canonical.event import Event
from hub.reference.clocks import ONCE
from hub.rules import schedule
from hub.rules.ledger import Ledger
from hub.rules.matter.state import Matter
from hub.rules.state import Row

#: Role → the party and those who hear what it hears (a principal's handler).
Cast = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Scene:
    """*event* being applied to *matter*; *about* is the entity it is about, *cast* who has which role in it."""

    matter: Matter
    event: Event
    ledger: Ledger
    about: str
    cast: Cast

    @property
    def data(self) -> Mapping[str, Any]:
        """Fields of the event."""
        return self.event.data

    def time(self, name: str = "") -> str:
        """The datetime field *name*, or the legal time."""
        return str(self.event.data[name]) if name else self.event.time


Guard = Callable[[Scene], None]
Act = Callable[[Scene], None]
When = Callable[[Scene], bool]
#: Legal time of an end that became known before the start, given the start; "" if none.
KnownEnd = Callable[[Scene, str], str]


def begin(scene: Scene, clock: str, entity: str, at: str, **more: Any) -> bool:
    """Start *clock*, owed as the table of clocks says; False if it already runs. A word in capitals is nobody's inbox."""
    rule = scene.ledger.reference.clocks[clock].on(at)
    owes, owed = scene.cast.get(rule.owes, (rule.owes,)), scene.cast.get(rule.owed, (rule.owed,))
    row = schedule.start(
        scene.ledger,
        clock,
        entity,
        at,
        obligor=owes[0],
        obligee=owed[0],
        told_obligor=owes,
        told_obligee=owed,
        procuratorate=scene.cast.get("procuratorate", ("",))[0],
        **more,
    )
    return row is not None


def _always(scene: Scene) -> bool:
    return True


def _unknown(scene: Scene, started_at: str) -> str:
    return ""


@dataclass(frozen=True, slots=True)
class Starts:
    """The event starts *clock* at its field *at* (default: its legal time)."""

    clock: str
    at: str = ""
    when: When = field(default=_always, compare=False)
    ended: KnownEnd = field(default=_unknown, compare=False)
    by_sender: str = ""  #: the role that the sender of this very event has in the clock

    def __call__(self, scene: Scene) -> None:
        if not self.when(scene):
            return
        if self.by_sender:
            scene = Scene(
                scene.matter,
                scene.event,
                scene.ledger,
                scene.about,
                {**scene.cast, self.by_sender: (scene.event.party,)},
            )
        started_at = scene.time(self.at)
        if begin(scene, self.clock, scene.about, started_at) and (end := self.ended(scene, started_at)):
            schedule.end(scene.ledger, self.clock, scene.about, end)


@dataclass(frozen=True, slots=True)
class Ends:
    """The event ends *clock* at its field *at* (default: its legal time)."""

    clock: str
    at: str = ""
    when: When = field(default=_always, compare=False)

    def __call__(self, scene: Scene) -> None:
        if self.when(scene):
            schedule.end(scene.ledger, self.clock, scene.about, scene.time(self.at))


@dataclass(frozen=True, slots=True)
class Voids:
    """The matter of *clock* ends otherwise by the event."""

    clock: str
    when: When = field(default=_always, compare=False)

    def __call__(self, scene: Scene) -> None:
        if self.when(scene):
            schedule.void(scene.ledger, self.clock, scene.about, scene.event.time)


@dataclass(frozen=True, slots=True)
class Extends:
    """The event lets *clock* last as long from its start as the table of clocks says for its extension."""

    clock: str

    def __call__(self, scene: Scene) -> None:
        row = schedule.governing(scene.matter, self.clock, scene.about)
        if row is not None:
            schedule.extend(scene.ledger, self.clock, scene.about, extended_span(scene, row, ONCE), scene.event.time)


def extended_span(scene: Scene, row: Row, stage: str) -> int:
    """Units from the start of *row* after the extension *stage*, by the law under which it started."""
    return scene.ledger.reference.clocks[row.clock].on(row.started_at).extensions[stage]


@dataclass(frozen=True, slots=True)
class Rule:
    """What the hub does with one type of event."""

    needs: str = ""  #: words of `needs.NEEDS`, alternatives by "/" (the catalogue's column "needs")
    keep: tuple[str, ...] = ()  #: fields remembered with the fact
    guards: tuple[Guard, ...] = ()  #: against the state, in the order of the contract's codes
    change: Act | None = None  #: what becomes of the entity
    acts: tuple[Act, ...] = ()  #: clocks and further copies, in order


def field_is(name: str, *values: Any) -> When:
    """True if the event's field *name* has one of *values*."""
    return lambda scene: scene.data.get(name) in values
