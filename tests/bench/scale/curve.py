"""A cost measured at several sizes, the exponent of its growth, and whether that is what it must be.

The one rule: an expectation is said before anything is measured: 0 for what must not depend on the size, 1 for what must touch each
of so many things once. A tenth or two above it is the memory hierarchy and the garbage collector; a half is an algorithm.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import log
from typing import Any, Final

#: So far above its expectation an exponent may lie.
TOLERANCE: Final = 0.2
ROUNDS: Final = 5


@dataclass(frozen=True, slots=True)
class Curve:
    """What *name* cost, in *unit*, at each size."""

    name: str
    unit: str
    of: str  #: what the size counts
    expected: float
    points: tuple[tuple[float, float], ...]

    @property
    def exponent(self) -> float:
        """Slope of the straight line through the points, both axes logarithmic."""
        return slope(self.points)

    @property
    def end_exponent(self) -> float:
        """Slope between the two largest sizes, where what is the same for every size weighs least."""
        return slope(self.points[-2:])

    @property
    def holds(self) -> bool:
        """Does it grow no faster than expected?"""
        return self.exponent <= self.expected + TOLERANCE

    def written(self) -> dict[str, Any]:
        """As the results keep it."""
        verdict = "as expected or better" if self.holds else "grows faster than expected"
        return {
            "unit": self.unit,
            "of": self.of,
            "points": [[size, round(value, 6)] for size, value in self.points],
            "exponent": round(self.exponent, 2),
            "exponentAtTheEnd": round(self.end_exponent, 2),
            "expected": self.expected,
            "verdict": verdict,
        }


def slope(points: Sequence[tuple[float, float]]) -> float:
    """By least squares over the logarithms."""
    if len(points) < 2 or any(size <= 0 or value <= 0 for size, value in points):
        raise ValueError("an exponent needs two sizes at least, and costs above nothing")
    across, up = [log(size) for size, _ in points], [log(value) for _, value in points]
    middle, height = sum(across) / len(across), sum(up) / len(up)
    spread = sum((x - middle) ** 2 for x in across)
    return sum((x - middle) * (y - height) for x, y in zip(across, up, strict=True)) / spread


def seconds(doing: Callable[[], object], *, rounds: int = ROUNDS) -> float:
    """Processor seconds of *doing*, the least of so many rounds: what disturbs a round only adds to it."""
    best = float("inf")
    for _ in range(rounds):
        gc.collect()
        began = time.process_time()
        doing()
        best = min(best, time.process_time() - began)
    return best


def microseconds(doing: Callable[[], object], each: int, *, rounds: int = ROUNDS) -> float:
    """Processor microseconds of one of the *each* things that *doing* does."""
    return seconds(doing, rounds=rounds) * 1e6 / each


def table(curves: Mapping[str, Mapping[str, Any]]) -> str:
    """For the screen: one line per curve."""
    lines = []
    for name, curve in curves.items():
        points = "  ".join(f"{size:g}: {value:.4g}" for size, value in curve["points"])
        mark = "" if curve["verdict"].startswith("as") else "  <-- " + curve["verdict"]
        lines.append(
            f"{name} [{curve['unit']} of {curve['of']}]  {points}  exponent {curve['exponent']}, at the end {curve['exponentAtTheEnd']}{mark}"
        )
    return "\n".join(lines)
