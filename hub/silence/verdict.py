"""The verdict over one ingress topic: is its silence usual, shown, or alerted?

The one rule: pure; the same history, calendar and *now* give the same verdict, and a longer silence is never a lighter one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final

from hub.canonical.periods import Calendar
from hub.silence.usual import LEAST_DAYS, NOTHING, Hours, Past, Usual, learn

_HOUR: Final = timedelta(hours=1)


class State(StrEnum):
    """What is said of a system."""

    OK = "OK"
    QUIET = "QUIET"  #: shown
    SILENT = "SILENT"  #: alerted
    NEW = "NEW"  #: too little is known of it
    PAUSED = "PAUSED"  #: quiet, and a person has stopped what would bring its records
    NEVER = "NEVER"  #: declared in topics.yaml, never heard


@dataclass(frozen=True, slots=True)
class Heard:
    """What the log knows of one topic: *days* are whole days, after that of the first and before that of the last record."""

    ever: bool
    last: datetime | None = None  #: None: never, or retention has taken everything
    days: Mapping[date, Hours] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Limits:
    """How rare a silence must be, measured as: a healthy system is this quiet once in so many days."""

    quiet_days: float = 3.0  #: for a list that somebody looks at anyway
    #: For a call. It is a bound, not a forecast: two weeks of history cannot prove a missed nightly batch rarer than one in
    #: 22 days, however punctual it is; a higher limit would wait for the second missed night.
    silent_days: float = 20.0


@dataclass(frozen=True, slots=True)
class Verdict:
    """The state and what it rests on."""

    state: State
    last: datetime | None = None
    silent_for: timedelta | None = None
    usual: float | None = None  #: records of this hour on this kind of day
    missing: float | None = None  #: records that would usually have come in the whole hours of the silence
    once_in_days: float | None = None  #: a healthy system is silent like this once in so many days
    past: Past = NOTHING  #: the hours that tell most: how many comparable days were silent in them
    learned_days: int = 0
    provisional: bool = False  #: 暂定: a day of the silence lies in a year whose holidays are not announced


def judge(heard: Heard, calendar: Calendar, now: datetime, limits: Limits) -> Verdict:
    """What is to be said at *now*; all moments are of Shanghai."""
    if not heard.ever:
        return Verdict(State.NEVER)
    if heard.last is None:
        return Verdict(State.QUIET)
    silent_for = max(timedelta(), now - heard.last)
    usual = learn(heard.days, calendar)
    if len(usual.days) < LEAST_DAYS:
        # What retention has taken cannot be compared, but so long a silence is not passed over either.
        state = State.QUIET if silent_for >= timedelta(days=LEAST_DAYS) else State.NEW
        return Verdict(state, heard.last, silent_for, learned_days=len(usual.days))
    start = _hour(heard.last) + _HOUR
    hours = max(0, (_hour(now) - start) // _HOUR)  # the hour that still runs has not passed without a record
    chance = usual.chance(start, hours)
    a_day = chance.value * usual.busy_hours
    return Verdict(
        state=_state(a_day, limits) if hours else State.OK,
        last=heard.last,
        silent_for=silent_for,
        usual=usual.count(now),
        missing=_missing(usual, start, hours),
        once_in_days=1 / max(a_day, 1e-9),
        past=chance.past,
        learned_days=len(usual.days),
        provisional=any(year not in calendar.known_years for year in range(start.year, now.year + 1)),
    )


def excused(verdict: Verdict) -> Verdict:
    """The verdict over a system of whose connections one is paused: what it may have for us waits there by our own doing."""
    return replace(verdict, state=State.PAUSED) if verdict.state in {State.QUIET, State.SILENT} else verdict


def _state(a_day: float, limits: Limits) -> State:
    """*a_day*: at most so often a day is a healthy system silent like this."""
    if a_day <= 1 / limits.silent_days:
        return State.SILENT
    return State.QUIET if a_day <= 1 / limits.quiet_days else State.OK


def _missing(usual: Usual, start: datetime, hours: int) -> float:
    return sum(usual.count(start + each * _HOUR) for each in range(hours))


def _hour(at: datetime) -> datetime:
    return at.replace(minute=0, second=0, microsecond=0)
