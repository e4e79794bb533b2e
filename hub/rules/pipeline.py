"""The whole hub as one pure machine: facts and ticks in, steps out; no Kafka, no clock, no disk.

The one rule: every state changes through its aggregate only, and before anything happens all that was due before it has happened,
in the order of its time over all aggregates.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from hub.canonical.event import Event
from hub.canonical.refused import Refused
from hub.reference import Reference
from hub.rules.admit import admit
from hub.rules.aggregate import CALENDAR_LOADED, Aggregate
from hub.rules.complaint import COMPLAINT
from hub.rules.inspection import INSPECTION
from hub.rules.ledger import Refusal, Routed, Step
from hub.rules.matter import MATTER
from hub.rules.project import project
from hub.rules.state import Common

#: The three aggregates by the first word of their events.
AGGREGATES: Final[Mapping[str, Aggregate[Any]]] = {each.name: each for each in (INSPECTION, MATTER, COMPLAINT)}


@dataclass(frozen=True, slots=True)
class Delivery:
    """A copy of an event for one party, after projection."""

    event: Event
    party: str
    projection: str
    data: Mapping[str, Any]


def deliveries(step: Routed) -> Iterator[Delivery]:
    """What each recipient of *step* gets to see."""
    shown: dict[str, Mapping[str, Any]] = {}
    for party, projection in step.recipients:
        if projection not in shown:
            shown[projection] = project(step.event, projection)
        yield Delivery(step.event, party, projection, shown[projection])


def with_announced_year(reference: Reference, data: Mapping[str, Any]) -> Reference:
    """*reference* with the year that a ``clock.calendar.loaded`` announces."""
    off, work = ([date.fromisoformat(day) for day in data[name]] for name in ("offDays", "workDays"))
    return reference.with_calendar(reference.calendar.with_year(data["year"], off, work))


class World:
    """All states of all aggregates, and the reference as it stands after the calendars loaded so far."""

    def __init__(self, reference: Reference, aggregates: Mapping[str, Aggregate[Any]] = AGGREGATES) -> None:
        self.reference = reference
        self.states: dict[tuple[str, str], Common] = {}
        self._aggregates = aggregates
        self._heard: set[str] = set()  #: ids that came before, refused ones too: a repeat says nothing again

    def accept(self, event: Event, now: datetime) -> list[Step]:
        """Let the fact *event* arrive at *now*."""
        steps = self._fire_until(now)
        if event.id in self._heard:
            return steps
        self._heard.add(event.id)
        try:
            admit(event, now, self.reference)
        except Refused as refused:
            return [*steps, Refusal(event, refused)]
        if event.type == CALENDAR_LOADED:
            self.reference = with_announced_year(self.reference, event.data)
            for place in list(self.states):
                steps += self._decide(place, event, now)
            return steps
        return steps + self._decide((event.aggregate, event.key), event, now)

    def tick(self, now: datetime) -> list[Step]:
        """Let time pass until *now*."""
        steps = self._fire_until(now)
        for place in list(self.states):
            steps += self._tick(place, now)
        return steps

    def _fire_until(self, now: datetime) -> list[Step]:
        steps: list[Step] = []
        while (first := self._first_due()) is not None and first[0] <= now:
            steps += self._tick(first[1], first[0])
        return steps

    def _first_due(self) -> tuple[datetime, tuple[str, str]] | None:
        dues = ((self._aggregates[place[0]].due(state, self.reference), place) for place, state in self.states.items())
        return min(((due, place) for due, place in dues if due is not None), default=None)

    def _tick(self, place: tuple[str, str], now: datetime) -> list[Step]:
        self.states[place], steps = self._aggregates[place[0]].tick(self.states[place], now, self.reference)
        return self._feed_back(place, steps, now)

    def _decide(self, place: tuple[str, str], event: Event, now: datetime) -> list[Step]:
        self.states[place], steps = self._aggregates[place[0]].decide(
            self.states.get(place), event, now, self.reference
        )
        return self._feed_back(place, steps, now)

    def _feed_back(self, place: tuple[str, str], steps: list[Step], now: datetime) -> list[Step]:
        """Hand events addressed to another key to that key's aggregate, at the same moment."""
        waiting, result = deque([(place, steps)]), list(steps)
        while waiting:
            (_, key), made = waiting.popleft()
            for step in made:
                if isinstance(step, Routed) and step.decision and step.event.key != key:
                    there = (step.event.aggregate, step.event.key)
                    self.states[there], caused = self._aggregates[there[0]].decide(
                        self.states.get(there), step.event, now, self.reference
                    )
                    waiting.append((there, caused))
                    result += caused
        return result
