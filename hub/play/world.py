"""A scenario's facts in a world of their own: how each happens, and the states they leave behind.

The one rule: nothing is judged and nothing is written down; `run` does that.
"""

from __future__ import annotations

from collections.abc import Iterator

from hub.canonical.catalogue import Catalogue
from hub.canonical.event import Event
from hub.play.scenario import Fact, Scenario
from hub.reference import Reference
from hub.rules.ledger import Step
from hub.rules.pipeline import World


def play_out(scenario: Scenario, reference: Reference) -> tuple[World, list[Step]]:
    """The world after the last fact of *scenario*, and everything that was said on the way."""
    world = World(reference.with_policy(scenario.policy))
    return world, [step for _, steps in unfold(scenario, world) for step in steps]


def unfold(scenario: Scenario, world: World) -> Iterator[tuple[Fact, list[Step]]]:
    """Let the facts of *scenario* happen in *world*, one after the other; each with what it brought about."""
    for fact in scenario.given:
        yield fact, world.accept(event_of(fact), fact.at) if fact.event else world.tick(fact.at)


def event_of(fact: Fact) -> Event:
    """The event that *fact* sends."""
    event_type, data = Catalogue.load()[fact.event], fact.data or {}
    return Event(
        id=fact.id,
        type=fact.event,
        party=fact.party,
        key=event_type.key_of(data),
        time=event_type.legal_time(data),
        recorded=fact.at,
        data=data,
    )
