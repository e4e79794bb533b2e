"""What one fact becomes: decisions, copies and their bytes, counted over all acceptance cases.

The one rule: counted, not assumed; the cases are dense (they show every rule), so a quiet day has fewer decisions to a fact, not more.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hub import reference
from hub.agents import deliver, outgoing
from hub.play.scenario import read
from hub.play.world import event_of
from hub.rules.ledger import Routed
from hub.rules.pipeline import World
from tests.agents.records import TOPICS, as_record
from tests.bench.scale.kept import write

SCENARIOS = Path(__file__).parents[2] / "scenarios"


def measure() -> dict[str, Any]:
    """Counts and bytes for each fact, on the average."""
    here = reference.load()
    facts = decisions = copies = 0
    written = {"aggregate": 0, "outgoing": 0, "delivery": 0}
    for path in sorted(SCENARIOS.glob("*.yaml")):
        scenario = read(path, here)
        world = World(here.with_policy(scenario.policy))
        for given in scenario.given:
            facts += given.event != ""
            for step in world.accept(event_of(given), given.at) if given.event else world.tick(given.at):
                if not isinstance(step, Routed):
                    continue
                decisions += step.decision
                for record in outgoing.routed(TOPICS, step):
                    kind = "outgoing" if record.topic == TOPICS.outgoing.name else "aggregate"
                    written[kind] += size(record)
                    if kind == "outgoing":
                        told = list(deliver.copies(as_record(record), TOPICS))
                        copies += len(told)
                        written["delivery"] += sum(map(size, told))
                if not step.decision:
                    written["aggregate"] += size(outgoing.fact(TOPICS, step.event, ()))
    each = {
        "facts": facts,
        "decisions": round(decisions / facts, 2),
        "copies": round(copies / facts, 2),
        "bytes": {kind: round(total / facts) for kind, total in written.items()},
    }
    return write("fanout", (), {"perFact": each})


def size(record: Any) -> int:
    """Bytes of a record as it is written, before compression."""
    headers = sum(len(name) + len(value) for name, value in record.headers)
    return len(record.key or b"") + len(record.value or b"") + headers
