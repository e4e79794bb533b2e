"""Playing a scenario against the rules alone, with its own clock.

The one rule: nothing but the rules is asked. If this needs Kafka, a rule has leaked.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from hub.play.outcome import Arrived, Emitted, Outcome, Turned
from hub.play.scenario import Fact, Scenario
from hub.play.subject import subject
from hub.play.world import unfold
from hub.reference import Reference
from hub.rules.ledger import Refusal, Step
from hub.rules.pipeline import World, deliveries
from hub.rules.state import Row


def run(scenario: Scenario, reference: Reference) -> Outcome:
    """Let the facts of *scenario* happen in a world of their own."""
    world = World(reference.with_policy(scenario.policy))
    outcome = Outcome()
    for fact, steps in unfold(scenario, world):
        _tell(outcome, _arrived(fact), steps, fact.at)
    for (_, key), state in world.states.items():
        outcome.clocks.extend(clock_row(key, row) for row in state.clocks)
    return outcome


def _arrived(fact: Fact) -> Arrived:
    about = subject(fact.data or {}) if fact.event else ""
    return Arrived(_written(fact.at), fact.event, fact.party, about, fact.id)


def _tell(outcome: Outcome, arrived: Arrived, steps: Iterable[Step], at: datetime) -> None:
    """Write down *steps*; what timers did before the fact stands before it."""
    told = False
    for step in steps:
        happened = at if isinstance(step, Refusal) else step.event.recorded
        if not told and happened >= at:
            outcome.story.append(arrived)
            told = True
        if isinstance(step, Refusal):
            refused = step.refused
            detail = " / ".join(text for text in (refused.detail, refused.detail_en) if text)
            turned = Turned(step.event.id, refused.code, detail, _written(at), step.event.type, step.event.party)
            outcome.story.append(turned)
            continue
        if step.decision:
            outcome.story.append(
                Emitted(step.event.type, step.event.data, at=_written(happened), cause=step.event.cause)
            )
        for delivery in deliveries(step):
            outcome.story.append(
                Emitted(
                    step.event.type,
                    delivery.data,
                    delivery.party,
                    _written(happened),
                    step.event.cause,
                    delivery.projection,
                )
            )
    if not told:
        outcome.story.append(arrived)


def clock_row(key: str, row: Row) -> Mapping[str, Any]:
    """A row of the table of clocks as a scenario sees it: what is empty is not there."""
    shown = {
        "clock": row.clock,
        "clockId": row.clock_id,
        "key": key,
        "entity": row.entity,
        "startedAt": row.started_at,
        "dueAt": row.due_at,
        "reading": row.reading,
        "governing": row.governing,
        "state": row.state,
        "obligor": row.obligor,
        "obligee": row.obligee,
        "provisional": row.provisional,
        "opensAt": row.opens_at,
        "latestDemandAt": row.latest_demand_at,
        "endedAt": row.ended_at,
    }
    return {name: value for name, value in shown.items() if value != ""}


def _written(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")
