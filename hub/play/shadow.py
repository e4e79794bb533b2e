"""Recorded facts through today's rules: what would the hub say now (``hub play --shadow``).

The one rule: facts come in their recorded order at their recorded times, from the log's beginning; what is tried out holds
from *since* on, so that every state is what it was when the range begins. Nothing is written anywhere.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from hub.canonical.event import HUB, Event
from hub.canonical.refused import Refused
from hub.play.log import Entry, Heard, Opened, Passed, Said, Shard, decided, refused, told
from hub.reference import Reference
from hub.rules.admit import admit
from hub.rules.aggregate import CALENDAR_LOADED, Aggregate
from hub.rules.ledger import Refusal, Routed, Step
from hub.rules.pipeline import AGGREGATES, with_announced_year
from hub.rules.state import Common

#: Where a state lives: (aggregate, realm, key).
Place = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Trial:
    """What is tried out: other files of law and city, other switches, or both."""

    reference: Reference
    policy: Mapping[str, Any]


def shadow(
    entries: Sequence[Entry], usual: Reference, trial: Trial | None, since: datetime, until: datetime
) -> list[Said]:
    """What the rules say to *entries*: under *usual*, and from *since* on under *trial*, if anything is tried out.

    In real life time goes on by itself, here until *until*; a scenario's time passes only by its own words.
    """
    replay = _Replay(entries, _References(usual, trial, since), since)
    return [*(said for entry in entries for said in replay.hear(entry)), *replay.run_out(until)]


class _References:
    """What holds in a realm, in one shard, at a moment."""

    def __init__(self, usual: Reference, trial: Trial | None, since: datetime) -> None:
        self._usual = usual
        self._trial = trial
        self._since = since
        self._policies: dict[tuple[Shard, str], Mapping[str, Any]] = {}
        self._years: defaultdict[tuple[Shard, str], dict[int, Mapping[str, Any]]] = defaultdict(dict)
        self._made: dict[tuple[Shard, str, bool], Reference] = {}

    @property
    def trying(self) -> bool:
        """Is anything tried out?"""
        return self._trial is not None

    def door(self, now: datetime) -> Reference:
        """What the doors judge by: no realm has another door."""
        trial = self._trial
        return trial.reference.with_policy(trial.policy) if trial and now >= self._since else self._usual

    def at(self, now: datetime, shard: Shard, realm: str) -> Reference:
        """What the aggregates judge by."""
        trial = self._trial if now >= self._since else None
        known = self._made.get((shard, realm, trial is not None))
        if known is None:
            known = trial.reference if trial else self._usual
            known = known.with_policy(self._policies.get((shard, realm), {}))
            if trial:  # what is tried out stands above what a scenario had set for itself
                known = known.with_policy(trial.policy)
            for notice in self._years[shard, realm].values():
                known = with_announced_year(known, notice)
            self._made[shard, realm, trial is not None] = known
        return known

    def open(self, shard: Shard, realm: str, policy: Mapping[str, Any]) -> None:
        """Let *policy* hold in *realm*."""
        self._policies[shard, realm] = policy
        self._forget(shard, realm)

    def announce(self, shard: Shard, event: Event) -> None:
        """Let a year's calendar hold in the realm of *event*."""
        self._years[shard, event.realm][event.data["year"]] = event.data
        self._forget(shard, event.realm)

    def _forget(self, shard: Shard, realm: str) -> None:
        for late in (False, True):
            self._made.pop((shard, realm, late), None)


class _Replay:
    def __init__(self, entries: Iterable[Entry], references: _References, since: datetime) -> None:
        self._references = references
        self._since = since
        self._states: dict[Place, Common] = {}
        heard = [entry for entry in entries if isinstance(entry, Heard)]
        self._homes = {_place(entry): entry.shard for entry in heard}
        # What the hub says to another key arrives where it stands in that key's log, as it did; what it says only now, at once.
        self._ahead = Counter(_words(entry.event) for entry in heard if entry.event.party == HUB)
        self._waiting: defaultdict[str, list[Event]] = defaultdict(list)

    def hear(self, entry: Entry) -> Iterator[Said]:
        """Let one entry of the log happen."""
        match entry:
            case Opened(shard, realm, policy):
                self._references.open(shard, realm, policy)
            case Passed(shard, realm, at):
                for place in self._places(shard, realm):
                    yield from self._tick(place, at)
            case Heard(shard, event) if event.type == CALENDAR_LOADED:
                self._references.announce(shard, event)
                for place in self._places(shard, event.realm):
                    if any(row.provisional for row in self._states[place].clocks):
                        yield from self._decide(place, event)
            case Heard(_, event) if event.party == HUB:
                words = _words(event)
                self._ahead[words] -= 1
                if self._waiting[words]:
                    yield from self._decide(_place(entry), self._waiting[words].pop(0))
            case Heard(_, event):
                try:
                    admit(event, event.recorded, self._references.door(event.recorded))
                except Refused as wrong:
                    yield refused(event, wrong.code)
                    return
                yield from self._decide(_place(entry), event)

    def run_out(self, until: datetime) -> Iterator[Said]:
        """Let the timers of real life fire that were due before *until*."""
        for place in list(self._states):
            if place[1]:
                continue
            while (due := self._due(place, until)) is not None and due < until:
                yield from self._tick(place, due)

    def _places(self, shard: Shard, realm: str) -> list[Place]:
        return [place for place in self._states if place[1] == realm and self._homes.get(place, shard) == shard]

    def _due(self, place: Place, now: datetime) -> datetime | None:
        return _rule(place).due(self._states[place], self._reference(place, now))

    def _reference(self, place: Place, now: datetime) -> Reference:
        return self._references.at(now, self._homes.get(place, (place[0], 0)), place[1])

    def _decide(self, place: Place, event: Event) -> Iterator[Said]:
        yield from self._reach_since(place, event.recorded)
        yield from self._step(place, event.recorded, event)

    def _tick(self, place: Place, now: datetime) -> Iterator[Said]:
        yield from self._reach_since(place, now)
        yield from self._step(place, now)

    def _reach_since(self, place: Place, now: datetime) -> Iterator[Said]:
        """Before what is tried out begins to hold, what was due before happens as it did."""
        state = self._states.get(place)
        if not self._references.trying or state is None or not datetime.fromisoformat(state.now) < self._since <= now:
            return
        before = datetime.fromisoformat(state.now)
        while (due := _rule(place).due(self._states[place], self._reference(place, before))) and due < self._since:
            yield from self._step(place, due)

    def _step(self, place: Place, now: datetime, event: Event | None = None) -> Iterator[Said]:
        reference, state = self._reference(place, now), self._states.get(place)
        if event is not None:
            self._states[place], steps = _rule(place).decide(state, event, now, reference)
        else:
            assert state is not None
            self._states[place], steps = _rule(place).tick(state, now, reference)
        yield from _sayings(steps)
        for step in steps:
            if isinstance(step, Routed) and step.decision and step.event.key != place[2]:
                yield from self._pass_on(step.event)

    def _pass_on(self, event: Event) -> Iterator[Said]:
        words = _words(event)
        if self._ahead[words] > len(self._waiting[words]):
            self._waiting[words].append(event)
        else:
            yield from self._decide((event.aggregate, event.realm, event.key), event)


def _rule(place: Place) -> Aggregate[Any]:
    return AGGREGATES[place[0]]


def _place(entry: Heard) -> Place:
    return entry.shard[0], entry.event.realm, entry.event.key


def _words(event: Event) -> str:
    """What makes two words of the hub to another key the same, whatever their place in an order."""
    return json.dumps([event.realm, event.key, event.type, event.cause, event.data], sort_keys=True, default=str)


def _sayings(steps: Sequence[Step]) -> Iterator[Said]:
    for step in steps:
        if isinstance(step, Refusal):
            if step.event.party != HUB:
                yield refused(step.event, step.refused.code)
        elif step.decision:
            yield decided(step.event, step.recipients)
        elif step.recipients:
            yield told(step.event, step.recipients)
