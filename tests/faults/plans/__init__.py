"""Named plans of faults. A module here is found by its `PLANS`; a plan is what happens to a bed while it is under load."""

from __future__ import annotations

import importlib
import pkgutil
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from tests.faults.bed import Bed, Shape


@dataclass
class Course:
    """What a plan is told and what it tells: the seed's chance, and how long each recovery took."""

    chance: random.Random
    #: Set when the load is accepted; faults end then.
    loaded: Callable[[], bool]
    recoveries: dict[str, list[float]] = field(default_factory=dict)

    def recovered(self, what: str, seconds: float) -> None:
        self.recoveries.setdefault(what, []).append(seconds)


@dataclass(frozen=True)
class Plan:
    """*faults* runs beside the load and returns once its faults are over and mended."""

    name: str
    why: str
    faults: Callable[[Bed, Course], Awaitable[None]]
    shape: Callable[[int], Shape] = lambda seed: Shape()
    events: int = 5_000
    rate: float = 150.0  #: facts a second
    recovery_limits: dict[str, float] = field(default_factory=dict)  #: what → seconds it may take
    drain_limit: float = 120.0


def find(name: str) -> Plan:
    """The plan *name*. Raise `LookupError` with the names there are."""
    known = {plan.name: plan for plan in plans()}
    if name not in known:
        raise LookupError(f"no plan {name}; there are: {', '.join(sorted(known))}")
    return known[name]


def plans() -> list[Plan]:
    """Every plan of every module here."""
    found: list[Plan] = []
    for module in pkgutil.iter_modules(__path__, f"{__name__}."):
        found += getattr(importlib.import_module(module.name), "PLANS", ())
    return [plan for plan in found if isinstance(plan, Plan)]
