"""Hints 提示: what the hub suggests and never forces (contract §5 step 8).

The one rule: a hint is raised once for the same plans, however often the plans are looked at again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from hub.rules.inspection.state import OPEN, Enterprise, Plan
from hub.rules.inspection.window import Window, gap_days, meet, overlapping, trim, window_from
from hub.rules.ledger import Ledger


@dataclass(frozen=True, slots=True)
class Unit:
    """A visit that is still being planned: an open joint, or a single plan that could have been merged."""

    site: str
    window: Window
    plans: tuple[Plan, ...]

    @property
    def span(self) -> Window:
        """From the first day of any of its plans to the last."""
        return Window(min(plan.window.first for plan in self.plans), max(plan.window.last for plan in self.plans))

    @property
    def rank(self) -> tuple[Window, str]:
        """Order in which neighbouring units are looked at."""
        return self.window, min(plan.id for plan in self.plans)


def units_of(state: Enterprise) -> list[Unit]:
    """Unfrozen, unvisited units, in order."""
    units = [
        Unit(joint.body.site, joint.body.window, tuple(state.plans[member.plan] for member in joint.body.members))
        for joint in state.joints.values()
        if joint.status == OPEN
    ]
    for plan in state.plans.values():
        single = plan.verdict is not None and plan.verdict.decision == "SINGLE"
        if single and plan.in_scope and not plan.solo and not plan.closed and not state.fixed(plan):
            units.append(Unit(plan.site, plan.window, (plan,)))
    return sorted(units, key=lambda unit: (unit.site, unit.rank))


def raise_hints(state: Enterprise, ledger: Ledger) -> None:
    """Raise what the units of the whole enterprise suggest."""
    units = units_of(state)
    _suggest_align(state, ledger, units)
    _hint_same_uscc(state, ledger, units)
    _hint_remote(state, ledger, units)


def _suggest_align(state: Enterprise, ledger: Ledger, units: list[Unit]) -> None:
    limit = ledger.reference.policy["gapDays"]
    for earlier, later in pairwise(units):
        if earlier.site != later.site:
            continue
        gap = gap_days(earlier.window, later.window)
        if gap <= limit:
            window = trim(later.window, ledger.reference.calendar).written()
            _hint(
                state, ledger, "SUGGEST_ALIGN", earlier.plans + later.plans, {"gapDays": gap, "suggestedWindow": window}
            )


def _hint_same_uscc(state: Enterprise, ledger: Ledger, units: list[Unit]) -> None:
    calendar = ledger.reference.calendar
    for earlier, later in overlapping([unit.span for unit in units]):
        one, other = units[earlier], units[later]
        if one.site == other.site:
            continue
        for a in one.plans:
            for b in other.plans:
                if meet(a.window, b.window, calendar):
                    _hint(state, ledger, "HINT_SAME_USCC", (a, b), {})


def _hint_remote(state: Enterprise, ledger: Ledger, units: list[Unit]) -> None:
    for unit in units:
        for plan in unit.plans:
            items = plan.verdict.items if plan.verdict else ()
            if plan.type == "DAILY" and items and all(item.remote for item in items):
                _hint(state, ledger, "HINT_REMOTE_POSSIBLE", (plan,), {})


def hint_neighbour(state: Enterprise, ledger: Ledger, notice: Mapping[str, Any]) -> None:
    """Raise HINT_SAME_ADDRESS for each own plan in a unit at the neighbour's address on a common working day."""
    window, other = window_from(notice["otherWindow"]), (notice["otherPlanId"], notice["otherAgency"])
    for plan in sorted(state.plans.values(), key=lambda plan: plan.rank):
        if state.profile.address_of(plan.site) != notice["otherAddress"] or not _in_unit(plan):
            continue
        if meet(plan.window, window, ledger.reference.calendar):
            named = ((plan.id, plan.agency), other)
            _emit(state, ledger, "HINT_SAME_ADDRESS", named, {"otherUscc": notice["otherUscc"]})


def _in_unit(plan: Plan) -> bool:
    """Is it part of a visit to come? A plan that goes alone stands in no unit."""
    decided = plan.verdict is not None and plan.verdict.decision in ("SINGLE", "JOINED")
    return decided and plan.in_scope and not plan.solo and not plan.closed


def _hint(state: Enterprise, ledger: Ledger, code: str, plans: Iterable[Plan], more: Mapping[str, Any]) -> None:
    _emit(state, ledger, code, tuple((plan.id, plan.agency) for plan in plans), more)


def _emit(
    state: Enterprise, ledger: Ledger, code: str, named: Sequence[tuple[str, str]], more: Mapping[str, Any]
) -> None:
    """Raise the hint about the *named* (planId, agency), unless it was raised before."""
    key = "|".join([code, str(more.get("otherUscc", "")), *sorted(plan for plan, _ in named)])
    if key in state.hinted:
        return
    state.hinted[key] = None
    agencies = dict.fromkeys(agency for _, agency in named)
    data = {"uscc": state.key, "code": code, "planIds": [plan for plan, _ in named], "agencies": list(agencies), **more}
    ledger.emit("inspection.hint.raised", data)
