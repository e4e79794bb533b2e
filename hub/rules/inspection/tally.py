"""合并成效: how many visits were planned for an enterprise and how many are left.

The one rule: a visit is saved only where plans are made together, recognised or left to another level; a hold saves nothing, it waits.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from hub.rules.inspection.state import DISSOLVED, LEVEL_YIELDED, RESULT_RECOGNISED, Enterprise


@dataclass(frozen=True, slots=True)
class Tally:
    """Figures of one enterprise; they can be added up over enterprises."""

    planned: int = 0  #: plans that were not given up by their agency or by time
    visits: int = 0  #: visits they come to, made or to be made
    joined: int = 0  #: plans that share a visit with others
    recognised: int = 0
    yielded: int = 0
    held: int = 0

    @property
    def saved(self) -> int:
        """Visits the enterprise is spared."""
        return self.planned - self.visits - self.held

    def __add__(self, other: Tally) -> Tally:
        return Tally(
            self.planned + other.planned,
            self.visits + other.visits,
            self.joined + other.joined,
            self.recognised + other.recognised,
            self.yielded + other.yielded,
            self.held + other.held,
        )


def tally(state: Enterprise) -> Tally:
    """Count the in-scope plans of one enterprise."""
    kinds: Counter[str] = Counter()
    for plan in state.plans.values():
        if not plan.in_scope or plan.verdict is None or plan.closed in ("CANCELLED", "EXPIRED"):
            continue
        decision = "JOINED" if plan.joint else plan.closed or plan.verdict.decision
        kinds["HELD" if decision.startswith("HOLD_") else decision] += 1
    joints = sum(joint.status != DISSOLVED for joint in state.joints.values())
    return Tally(
        planned=kinds.total(),
        visits=joints + kinds["SINGLE"] + kinds["VISITED"],
        joined=kinds["JOINED"],
        recognised=kinds[RESULT_RECOGNISED],
        yielded=kinds[LEVEL_YIELDED],
        held=kinds["HELD"],
    )
