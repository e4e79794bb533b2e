"""Does a value look as a pattern says, and which of many values does each of many patterns take.

The one rule: patterns take distinct values, and if any assignment of all patterns exists it is found (a maximum bipartite
matching): a greedy choice would fail scenarios that hold.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from hub.play.scenario import ABSENT, ANY


def matches(pattern: Any, value: Any, *, ordered: bool = False) -> bool:
    """Maps as subsets, lists whole (as sets unless *ordered*), scalars by equality, ``$any`` = is there."""
    if pattern == ANY:
        return True
    if isinstance(pattern, Mapping):
        return isinstance(value, Mapping) and all(
            _field_matches(name, part, value, ordered=ordered) for name, part in pattern.items()
        )
    if isinstance(pattern, list):
        return (
            isinstance(value, Sequence)
            and not isinstance(value, str)
            and _list_matches(pattern, value, ordered=ordered)
        )
    return type(pattern) is type(value) and bool(pattern == value)  # True is not 1 here


def _field_matches(name: str, pattern: Any, value: Mapping[str, Any], *, ordered: bool) -> bool:
    if pattern == ABSENT:
        return name not in value
    return name in value and matches(pattern, value[name], ordered=ordered)


def _list_matches(pattern: Sequence[Any], value: Sequence[Any], *, ordered: bool) -> bool:
    if len(pattern) != len(value):
        return False
    if ordered:
        return all(matches(part, one, ordered=True) for part, one in zip(pattern, value, strict=True))
    taken = assign([[n for n, one in enumerate(value) if matches(part, one)] for part in pattern])
    return None not in taken


def assign(candidates: Sequence[Sequence[int]]) -> list[int | None]:
    """For each pattern one of its *candidates*, no candidate twice, as many as can be (augmenting paths, Kuhn)."""
    holder: dict[int, int] = {}

    def take(pattern: int, tried: set[int]) -> bool:
        for candidate in candidates[pattern]:
            if candidate in tried:
                continue
            tried.add(candidate)
            if candidate not in holder or take(holder[candidate], tried):
                holder[candidate] = pattern
                return True
        return False

    for pattern in range(len(candidates)):
        take(pattern, set())
    result: list[int | None] = [None] * len(candidates)
    for candidate, pattern in holder.items():
        result[pattern] = candidate
    return result
