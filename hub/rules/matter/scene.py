"""One accepted event on its way through the rules of a matter: the words in which every rule is written.

The one rule: a row of the table of rules is data. It names guards, what is remembered, and clocks that start, end or become
void; only the few acts that are truly peculiar are functions of their own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from hub.canonical.event import Event
from hub.rules import schedule
from hub.rules.ledger import Ledger
from hub.rules.matter.state import Matter

#: Role → the party and those who hear what it hears (a principal's handler).
Cast = Mapping[str, tuple[str, ...]]

#: Who must act and to whom the act is owed (contract §6.6): words in capitals are nobody's inbox.
DUTIES: Final[Mapping[str, tuple[str, str]]] = {
    "F01": ("principal", "principal"),
    "F02": ("principal", "police"),
    "F04": ("police", "principal"),
    "F05": ("principal", "police"),
    "F06": ("police", "principal"),
    "F08": ("police", "principal"),
    "F08b": ("police", "principal"),
    "F09": ("police", "principal"),
    "F10": ("principal", "police"),
    "F11": ("principal", "police"),
    "F12": ("police", "principal"),
    "F13": ("principal", "jcy"),
    "F14": ("police", "jcy"),
    "F15": ("jcy", "principal"),
    "F16": ("police", "jcy"),
    "F17": ("police", "jcy"),
    "F18": ("police", "jcy"),
    "R01": ("toOrgan", "sender"),
    "R03": ("jcy", "jcy"),
    "R04": ("jcy", "jcy"),
    "R06": ("toOrgan", "sender"),
    "P01": ("principal", "principal"),
    "P02": ("principal", "principal"),
    "P03": ("PARTY", "principal"),
    "P05": ("principal", "principal"),
    "P06": ("PARTY", "principal"),
    "P08": ("principal", "principal"),
    "P11": ("PARTY", "principal"),
    "P12": ("PARTY", "principal"),
    "P12a": ("PARTY", "principal"),
    "P12b": ("PARTY", "principal"),
    "P13": ("principal", "principal"),
    "P14": ("principal", "principal"),
    "E01": ("principal", "COURT"),
    "E02": ("PARTY", "principal"),
    "E03": ("court", "principal"),
    "E04": ("principal", "upper"),
    "E04b": ("upper", "principal"),
    "E05": ("court", "principal"),
    "E06": ("court", "principal"),
    "E07": ("court", "principal"),
    "E08": ("principal", "upper"),
    "E08b": ("upper", "principal"),
    "E09": ("court", "principal"),
    "A01": ("requestee", "requester"),
    "D01": ("unit", "conference"),
}


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
    """Start *clock*, owed as `DUTIES` says; False if it already runs."""
    obligor, obligee = DUTIES[clock]
    owes, owed = scene.cast.get(obligor, (obligor,)), scene.cast.get(obligee, (obligee,))
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
    """The event lets *clock* last *span* units from its start."""

    clock: str
    span: int

    def __call__(self, scene: Scene) -> None:
        schedule.extend(scene.ledger, self.clock, scene.about, self.span, scene.event.time)


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
