"""暂缓: a plan that overlaps a visit already fixed waits (contract §5 Z).

The one rule: only units of plans that can be merged hold others; a check that goes alone, or a case check, never does.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import takewhile

from hub.canonical.periods import Calendar
from hub.rules.inspection.state import Enterprise, Plan
from hub.rules.inspection.window import Window, meet


@dataclass(frozen=True, slots=True)
class Fixed:
    """A frozen or visited unit."""

    window: Window
    ref: str  #: jointId or planId


def fixed_units(state: Enterprise) -> dict[str, list[Fixed]]:
    """Frozen and visited units of each object, the earliest window first."""
    found: dict[str, list[Fixed]] = {}
    for joint in state.joints.values():
        if joint.fixed:
            found.setdefault(joint.body.site, []).append(Fixed(joint.body.window, joint.id))
    for plan in state.plans.values():
        if _holds(plan):
            found.setdefault(plan.site, []).append(Fixed(plan.window, plan.id))
    for units in found.values():
        units.sort(key=lambda unit: (unit.window, unit.ref))
    return found


def _holds(plan: Plan) -> bool:
    standing = bool(plan.visits) or (bool(plan.frozen_at) and not plan.closed)
    return standing and plan.in_scope and not plan.solo and not plan.joint


def held_by(window: Window, units: Iterable[Fixed], calendar: Calendar) -> Fixed | None:
    """The first of *units*, the earliest window first, that shares a working day with *window*."""
    begun = takewhile(lambda unit: unit.window.first <= window.last, units)
    return next((unit for unit in begun if meet(unit.window, window, calendar)), None)
