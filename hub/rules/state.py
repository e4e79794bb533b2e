"""What every aggregate remembers, whatever it is about.

The one rule: a state is a value that can be written down and read back exactly; nothing in it is derived from a clock or from chance.
`FORMAT` is written with it, so that the next version of the code can read what this one wrote.
"""

from __future__ import annotations

from typing import TypeVar

import msgspec

from hub.canonical.event import Event

FORMAT = 1


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

    key: str
    realm: str = ""
    format: int = FORMAT
    sequence: int = 0  #: version of the aggregate: number of the last event in its order
    now: str = ""  #: latest moment of decision seen; time never runs back inside an aggregate
    seen: dict[str, None] = {}  #: ids of every event heard, in order of arrival
    happened: dict[str, str] = {}  #: ``type|entity|qualifier`` of `once` events -> legal time
    parked: list[Parked] = []
    clocks: list[Row] = []
    starts: dict[str, int] = {}  #: ``clock|entity`` -> how often it was started, for clock ids


S = TypeVar("S", bound=Common)


def encode(state: Common) -> bytes:
    """Write a state down (JSON: an operator can read it in the state topic)."""
    return msgspec.json.encode(state)


def decode(raw: bytes, kind: type[S]) -> S:
    """Read a state back."""
    return msgspec.json.decode(raw, type=kind)
