"""How a value differs from a pattern, down to the field.

The one rule: what `matches` calls equal has no difference here, and what it does not has at least one.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hub.play.match import assign, matches
from hub.play.scenario import ABSENT


@dataclass(frozen=True, slots=True)
class Apart:
    """One place at which the two differ, both sides as a reader sees them."""

    path: str
    expected: str
    came: str

    def __str__(self) -> str:
        return f"{self.path}: expected {self.expected}, nearest has {self.came}"


def apart(pattern: Any, value: Any, *, ordered: bool = False, path: str = "") -> Iterator[Apart]:
    """Every place at which *value* is not as *pattern* says."""
    if matches(pattern, value, ordered=ordered):
        return
    if isinstance(pattern, Mapping) and isinstance(value, Mapping):
        for name, part in pattern.items():
            if not matches({name: part}, value, ordered=ordered):
                yield from _field(part, value, name, ordered=ordered, path=f"{path}.{name}" if path else name)
    elif isinstance(pattern, list) and isinstance(value, Sequence) and not isinstance(value, str) and _deep(pattern):
        yield from _elements(pattern, value, ordered=ordered, path=path)
    else:
        yield Apart(path, written(pattern), written(value))


def nearest(pattern: Any, values: Sequence[Any], *, ordered: bool = False) -> tuple[Apart, ...]:
    """How the nearest of *values* differs from *pattern*; nothing if there are none."""
    found = [tuple(apart(pattern, value, ordered=ordered)) for value in values]
    return min(found, key=len, default=())


def written(value: Any) -> str:
    """As JSON, Chinese as it is."""
    return json.dumps(value, ensure_ascii=False)


def _field(part: Any, value: Mapping[str, Any], name: str, *, ordered: bool, path: str) -> Iterator[Apart]:
    if part == ABSENT:
        yield Apart(path, "nothing", written(value[name]))
    elif name not in value:
        yield Apart(path, written(part), "nothing")
    else:
        yield from apart(part, value[name], ordered=ordered, path=path)


def _deep(pattern: Sequence[Any]) -> bool:
    """A list of objects is told object by object, a list of words at once."""
    return any(isinstance(part, Mapping | list) for part in pattern)


def _elements(pattern: Sequence[Any], value: Sequence[Any], *, ordered: bool, path: str) -> Iterator[Apart]:
    taken = [n if n < len(value) else None for n in range(len(pattern))] if ordered else _beside(pattern, value)
    for at, part in enumerate(pattern):
        here, where = taken[at], f"{path}[{at}]"
        if here is None:
            yield Apart(where, written(part), "nothing")
        else:
            yield from apart(part, value[here], ordered=ordered, path=where)
    for n in range(len(value)):
        if n not in taken:
            yield Apart(path, "no more", written(value[n]))


def _beside(pattern: Sequence[Any], value: Sequence[Any]) -> list[int | None]:
    """For each part of *pattern* the element it takes, or else resembles most."""
    taken = assign([[n for n, one in enumerate(value) if matches(part, one)] for part in pattern])
    for at, part in enumerate(pattern):
        if taken[at] is None:
            left = {n: len(tuple(apart(part, one))) for n, one in enumerate(value) if n not in taken}
            taken[at] = min(left, key=left.__getitem__, default=None)
    return taken
