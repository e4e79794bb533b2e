"""The run: every kind of post flat out in turn, then each at half of its own most.

The one rule: rounds of the kinds alternate, so that what the machine does meanwhile meets all of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median

from hub.local.ports import LOOPBACK
from tests.bench.gateway.load import Outcome, flat_out, steady
from tests.bench.gateway.posts import Kind, Post, posts
from tests.bench.gateway.stand import Stand


@dataclass(frozen=True, slots=True)
class Case:
    """One way of sending, with how much of it makes a round."""

    kind: Kind
    size: int
    events: int
    connections: int

    @property
    def name(self) -> str:
        return self.kind if self.kind == "single" else f"{self.kind}-{self.size}"


#: A connection has one request under way. Batches come on few: each is work for tens of milliseconds.
CASES = (
    Case("single", 1, 6_000, 32),
    Case("batch", 10, 15_000, 16),
    Case("batch", 100, 30_000, 8),
    Case("batch", 500, 40_000, 4),
    Case("record", 10, 15_000, 16),
    Case("record", 100, 30_000, 8),
    Case("record", 500, 40_000, 4),
)


@dataclass(slots=True)
class Figures:
    """What was measured of one case."""

    case: Case
    per_second: list[float] = field(default_factory=list)  #: accepted events, a figure for each round
    per_cpu_second: list[float] = field(default_factory=list)
    at_half: Outcome | None = None

    @property
    def most(self) -> float:
        return median(self.per_second)

    @property
    def most_per_cpu(self) -> float:
        return median(self.per_cpu_second)


class Refusals(Exception):
    """The gateway did not accept everything: no figure is worth anything."""


class Run:
    """What was sent so far, on one stand."""

    def __init__(self, on: Stand, scale: float = 1.0) -> None:
        self._on = on
        self._scale = scale
        self._seed = 0
        self.records = 0  #: that the log must hold

    async def flat_out(self, case: Case) -> tuple[float, float]:
        """Accepted events a second, and per second of the gateway's processor."""
        made = self._posts(case, self._scale)
        before = self._on.cpu_seconds
        outcome = _whole(await flat_out(LOOPBACK, self._on.port, made, case.connections))
        return outcome.per_second(), outcome.accepted / max(self._on.cpu_seconds - before, 0.01)

    async def steady(self, case: Case, per_second: float, seconds: float) -> Outcome:
        """How long the answers take at *per_second* events a second."""
        made = self._posts(case, max(per_second * seconds, case.size) / case.events)
        return _whole(await steady(LOOPBACK, self._on.port, made, per_second, 4 * case.connections))

    def _posts(self, case: Case, scale: float) -> list[Post]:
        self._seed += 1
        made = posts(case.kind, max(int(case.events * scale), case.size), case.size, seed=self._seed)
        self.records += len(made) if case.kind == "record" else sum(post.events for post in made)
        return made


async def measure(
    on: Stand, cases: Sequence[Case], *, rounds: int, scale: float, seconds: float
) -> tuple[list[Figures], int]:
    """Every case *rounds* times flat out, then for *seconds* at half of its median; how many records the log must hold."""
    run = Run(on, scale)
    figures = [Figures(case) for case in cases]
    for each in figures:  # the first requests load what is loaded on first use
        await run.steady(each.case, each.case.size * 20.0, 0.5)
    for _ in range(rounds):
        for each in figures:
            wall, processor = await run.flat_out(each.case)
            each.per_second.append(wall)
            each.per_cpu_second.append(processor)
    for each in figures:
        each.at_half = await run.steady(each.case, each.most / 2, seconds)
    return figures, run.records


def _whole(outcome: Outcome) -> Outcome:
    if outcome.refused:
        raise Refusals(f"{len(outcome.refused)} answers, the first: {outcome.refused[0][:400]!r}")
    return outcome
