"""A scenario's run written down as the hub's own log would hold it: facts in, what was said, and nothing of the rules' states."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

import msgspec

from hub.canonical.event import HUB
from hub.canonical.refused import Refused
from hub.play.log import Entry, Heard, Opened, Passed, Said, decided, refused, told
from hub.play.scenario import Scenario
from hub.play.world import event_of
from hub.reference import Reference
from hub.rules.admit import admit
from hub.rules.aggregate import CALENDAR_LOADED
from hub.rules.ledger import Refusal, Step
from hub.rules.pipeline import AGGREGATES, World

SHARDS = [(name, 0) for name in AGGREGATES]
BEGINNING = datetime.fromisoformat("2000-01-01T00:00:00+08:00")
END = datetime.fromisoformat("2100-01-01T00:00:00+08:00")


@dataclass
class Recording:
    """What topics would hold."""

    entries: list[Entry] = field(default_factory=list)
    said: list[Said] = field(default_factory=list)


def record(scenario: Scenario, reference: Reference, realm: str = "play-1") -> Recording:
    """Let *scenario* happen in *realm* and write it down."""
    world, log = World(reference.with_policy(scenario.policy)), Recording()
    if realm:
        log.entries += [Opened(shard, realm, scenario.policy) for shard in SHARDS]
    for fact in scenario.given:
        if not fact.event:
            _write(log, world.tick(fact.at))
            log.entries += [Passed(shard, realm, fact.at) for shard in SHARDS if realm]
            continue
        event = msgspec.structs.replace(event_of(fact), realm=realm)
        if realm:  # a running hub is told the time before each fact
            _write(log, world.tick(fact.at))
            log.entries += [Passed(shard, realm, fact.at) for shard in SHARDS]
        try:
            admit(event, fact.at, reference)
        except Refused:
            continue  # at the door: it never comes to an aggregate
        here = SHARDS if event.type == CALENDAR_LOADED else [(event.aggregate, 0)]
        log.entries += [Heard(shard, event) for shard in here]
        _write(log, world.accept(event, fact.at))
    return log


def _write(log: Recording, steps: Iterable[Step]) -> None:
    for step in steps:
        if isinstance(step, Refusal):
            if step.event.party != HUB:
                log.said.append(refused(step.event, step.refused.code))
            continue
        if step.decision:
            log.said.append(decided(step.event, step.recipients))
            if step.event.type == "inspection.neighbour.noticed":
                log.entries.append(Heard(("inspection", 0), step.event))
        elif step.recipients:
            log.said.append(told(step.event, step.recipients))
