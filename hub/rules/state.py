"""What every aggregate remembers, whatever it is about.

The one rule: a state is a value that can be written down and read back exactly; nothing in it is derived from a clock or from chance.
`FORMAT` stands first in what is written, so that the next version of the code can read what this one wrote: a record of an older
format goes through every step of `UPGRADES` from its own on, and is written in the present one when next it changes. A newer
format is never guessed at.

Whoever changes what is written raises `FORMAT`, adds the step from the format before, and keeps a record of that in
`tests/rules/states/`. The version before must be able to run beside this one while workers are replaced: it refuses what this
one has written and waits for its own replacement.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeVar

import msgspec

from hub.canonical.event import Event

FORMAT: Final = 3

#: Step from the format before to the next, on the record as plain JSON.
UPGRADES: Final[Mapping[int, Callable[[dict[str, Any]], dict[str, Any]]]] = {
    1: lambda record: record,  # had no number in it, which is how it is known; all else is as in 2
    2: lambda record: record,  # its void clocks did not say since when, so they stay void whatever is heard later
}


class NewerFormat(Exception):
    """A record written by a later version of the code."""

    def __init__(self, found: int) -> None:
        super().__init__(f"a state of format {found}, and this version knows up to {FORMAT}: start the newer version")


class Row(msgspec.Struct, omit_defaults=True):
    """One row of the table of clocks (contract §12): a clock under one reading."""

    clock: str
    clock_id: str
    entity: str
    started_at: str  #: datetime
    due_at: str  #: date; datetime for hours; "" while suspended
    reading: str  #: H, C, W, M, X, or SUSPENDED / UNSUSPENDED of P01
    governing: bool
    state: str  #: RUNNING, SUSPENDED, MET, MISSED, VOID
    obligor: str
    obligee: str
    provisional: bool = False
    opens_at: str = ""
    latest_demand_at: str = ""
    ended_at: str = ""
    void_at: str = ""  #: legal time at which the matter of a VOID clock ended otherwise, if that is known
    span: int = 0  #: units of the reading, after extensions
    unit: str = ""  #: H, C, W, M, X
    kind: str = "duty"
    told_obligor: tuple[str, ...] = ()  #: who hears what the obligor hears (principal and handler)
    told_obligee: tuple[str, ...] = ()
    procuratorate: str = ""  #: p of the miss list
    pauses: tuple[
        tuple[str, str], ...
    ] = ()  #: suspensions as (from, to) legal times, in their order; to "" = still suspended
    follows: str = ""  #: id of the clock on whose last day this one starts (E01)
    expires_at: str = ""  #: datetime of the expiry timer; "" while suspended
    warn_at: tuple[str, ...] = ()  #: datetimes of the warnings still to come
    warned: tuple[str, ...] = ()  #: datetimes of the warnings already given
    overdue: bool = False  #: the expiry has fired


class Parked(msgspec.Struct):
    """An event that came early, and since when it waits."""

    event: Event
    since: str


class Common(msgspec.Struct, kw_only=True, omit_defaults=True):
    """The part of the state that all aggregates share."""

    # First, and always written: a default that is a function is not left out.
    format: int = msgspec.field(default_factory=lambda: FORMAT)
    key: str
    realm: str = ""
    sequence: int = 0  #: version of the aggregate: number of the last event in its order
    now: str = ""  #: latest moment of decision seen; time never runs back inside an aggregate
    seen: dict[str, None] = {}  #: ids of every event heard, in order of arrival
    happened: dict[str, str] = {}  #: ``type|entity|qualifier`` of `once` events -> legal time
    parked: list[Parked] = []
    clocks: list[Row] = []
    starts: dict[str, int] = {}  #: ``clock|entity`` -> how often it was started, for clock ids


S = TypeVar("S", bound=Common)

_HEAD: Final = b'{"format":%d,' % FORMAT


def encode(state: Common) -> bytes:
    """Write a state down (JSON: an operator can read it in the state topic)."""
    return msgspec.json.encode(state)


def decode(raw: bytes, kind: type[S]) -> S:
    """Read a state back, whatever format it was written in. Raises `NewerFormat`."""
    return msgspec.json.decode(raw if raw.startswith(_HEAD) else upgraded(raw), type=kind)


def upgraded(
    raw: bytes,
    steps: Mapping[int, Callable[[dict[str, Any]], dict[str, Any]]] = UPGRADES,
    to: int = FORMAT,
) -> bytes:
    """The same state in format *to*."""
    record = msgspec.json.decode(raw)
    found = record.get("format", 1)
    if found > to:
        raise NewerFormat(found)
    for step in range(found, to):
        record = steps[step](record)
    return msgspec.json.encode(record | {"format": to})
