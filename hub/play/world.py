"""The world a scenario leaves behind, for those who want to look at its states rather than at what it emitted.

The one rule: the scenario plays as in `run`; nothing is judged.
"""

from __future__ import annotations

from hub.play.run import event_of
from hub.play.scenario import Scenario
from hub.reference import Reference
from hub.rules.ledger import Step
from hub.rules.pipeline import World


def play_out(scenario: Scenario, reference: Reference) -> tuple[World, list[Step]]:
    """The world after the last fact of *scenario*, and everything that was said on the way."""
    world, steps = World(reference.with_policy(scenario.policy)), []
    for fact in scenario.given:
        steps += world.accept(event_of(fact), fact.at) if fact.event else world.tick(fact.at)
    return world, steps
