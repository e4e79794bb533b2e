"""合并成效: how many visits were planned for an enterprise and how many are left.

The one rule: a visit is saved only where plans are made together, recognised or left to another level; a hold saves nothing, it waits.
A joint visit is put down to one of its plans (the lead's, else the first), so that figures of agencies and periods add up to the whole.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from hub.rules.inspection.state import DISSOLVED, LEVEL_YIELDED, RESULT_RECOGNISED, Enterprise, Joint, Plan


@dataclass(frozen=True, slots=True)
class Tally:
    """Figures of one enterprise; they can be added up over enterprises."""

    planned: int = 0  #: plans that were not given up by their agency or by time
    visits: int = 0  #: visits they come to, made or to be made
    joined: int = 0  #: plans that share a visit with others
    recognised: int = 0
    yielded: int = 0
    held: int = 0
    repeats: int = 0  #: visits flagged REPEAT_VISIT: the same unit visited again on another day

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
            self.repeats + other.repeats,
        )


@dataclass(frozen=True, slots=True)
class Period:
    """Days from *first* to *last*, both included."""

    first: date = date.min
    last: date = date.max

    def __contains__(self, day: date) -> bool:
        return self.first <= day <= self.last


def tally(state: Enterprise, period: Period | None = None) -> Tally:
    """Count the in-scope plans of one enterprise."""
    return sum(tally_agencies(state, period).values(), Tally())


def tally_agencies(state: Enterprise, period: Period | None = None) -> dict[str, Tally]:
    """The same by agency. A plan belongs to the *period* in which its window begins, a flag to that of its visit."""
    days, found = period or Period(), Counter[tuple[str, str]]()
    leading = {_bearer(state, joint) for joint in state.joints.values() if joint.status != DISSOLVED}
    for plan in state.plans.values():
        if plan.window.first in days:
            found.update((plan.agency, figure) for figure in _figures(plan, bears=plan.id in leading))
    for visit in state.visits.values():
        if visit.day in days:
            marks = (mark.partition("|") for mark in visit.flags)
            found.update((agency, "repeats") for code, _, agency in marks if code == "REPEAT_VISIT")
    agencies = sorted({agency for agency, _ in found})
    return {agency: _tally(found, agency) for agency in agencies}


def _bearer(state: Enterprise, joint: Joint) -> str:
    """The plan to which the one visit of *joint* is put down; under L1 the brigade leads and has no plan."""
    members = [member.plan for member in joint.body.members if _stands(state.plans[member.plan])]
    of_lead = [plan for plan in members if state.plans[plan].agency == joint.body.lead]
    return next(iter(of_lead or members), "")


def _stands(plan: Plan) -> bool:
    """Is it subject to merging, decided about, and given up neither by its agency nor by time?"""
    return plan.in_scope and plan.verdict is not None and plan.closed not in ("CANCELLED", "EXPIRED")


def _figures(plan: Plan, *, bears: bool) -> Iterator[str]:
    """Names of the figures in which *plan* counts."""
    if not _stands(plan) or plan.verdict is None:
        return
    yield "planned"
    decision = "JOINED" if plan.joint else plan.closed or plan.verdict.decision
    if decision == "JOINED":
        yield "joined"
    elif decision == RESULT_RECOGNISED:
        yield "recognised"
    elif decision == LEVEL_YIELDED:
        yield "yielded"
    elif decision.startswith("HOLD_"):
        yield "held"
    else:  # SINGLE, or visited alone
        yield "visits"
    if bears:
        yield "visits"


def _tally(found: Counter[tuple[str, str]], agency: str) -> Tally:
    names = ("planned", "visits", "joined", "recognised", "yielded", "held", "repeats")
    return Tally(*(found[agency, name] for name in names))
