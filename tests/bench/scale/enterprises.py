"""So many enterprises in the state of one shard: a look, a change, their bytes, and a walk over the keys, in memory and in RocksDB.

The one rule: the states are those that the inspection aggregate has really written in the acceptance cases; only their keys are made up.
"""

from __future__ import annotations

import random
import tempfile
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from hub.engine.state import Change, State, StateView
from tests.bench.scale.curve import Curve, microseconds, seconds
from tests.bench.scale.kept import write
from tests.engine.scale.enterprises import enterprises
from tests.engine.scale.process import resident_mb
from tests.engine.stores import KINDS, Kind, new_store

SIZES: Final = (10_000, 100_000, 1_000_000)
_ASKED: Final = 5_000
_AT_ONCE: Final = 5_000


def filled(kind: Kind, folder: Path, number: int) -> State:
    """A state of *number* enterprises, loaded as a restore loads it."""
    state = State(new_store(kind, folder))
    part: dict[bytes, bytes | None] = {}
    end = 0
    for key, value in enterprises(number):
        part[key] = value
        if len(part) == _AT_ONCE:
            end += len(part)
            state.load(part, dict.fromkeys(list(part)[::10], 4_000_000_000_000), end)
            part = {}
    if part:
        state.load(part, {}, end + len(part))
    return state


def measure() -> dict[str, Any]:
    """Every size in both stores."""
    found: dict[str, list[tuple[float, float]]] = {}
    for kind in KINDS:
        for number in SIZES:
            with tempfile.TemporaryDirectory(prefix="hub-scale-") as folder:
                for name, value in _costs(kind, Path(folder), number):
                    found.setdefault(f"{kind}: {name}", []).append((number, value))
    curves = [
        Curve(name, "MiB" if "MiB" in name else "µs", "enterprises", 1 if _touches_all(name) else 0, tuple(points))
        for name, points in found.items()
    ]
    return write("enterprises", curves)


def _touches_all(name: str) -> bool:
    return "MiB" in name or "all" in name


def _costs(kind: Kind, folder: Path, number: int) -> Iterator[tuple[str, float]]:
    before = resident_mb()
    made: list[State] = []
    yield "load all", seconds(lambda: made.append(filled(kind, folder, number)), rounds=1) * 1e6
    state = made[0]
    if kind == "memory":  # what the database holds beside it is bounded by its settings, whatever the number
        yield "MiB of memory", max(resident_mb() - before, 0.1)
    asked = [b"91520%013d" % each for each in random.Random(1).sample(range(number), _ASKED)]
    value = state.get(asked[0])
    assert value is not None

    def look() -> None:
        for key in asked:
            state.get(key)

    changed = {key: Change(value, 4_000_000_000_000) for key in asked}

    def change() -> None:
        state.apply(changed)
        state.committed(number)

    yield "a look", microseconds(look, _ASKED)
    yield "a change", microseconds(change, _ASKED)
    yield "first walk over all keys", seconds(lambda: deque(StateView(state).keys(b""), maxlen=0), rounds=1) * 1e6
    fresh = iter(range(10**9))

    def newcomers() -> None:
        for _ in range(_ASKED // 500):
            state.apply({b"92%016d" % next(fresh): Change(value) for _ in range(500)})
            state.committed(number)

    yield "a new key after a walk", microseconds(newcomers, _ASKED)
    state.close()
