"""A store in memory: one dictionary. It starts empty, so a restore reads the whole log.

One rule: sorted keys are made when somebody first asks for them; most flows never do.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterable, Iterator

from hub.engine.store import Delta

#: Above this, sorting anew when next asked is cheaper than inserting one by one.
_MANY = 5_000


class MemoryStore:
    def __init__(self) -> None:
        self.end = 0
        self.doubtful = False
        self._values: dict[bytes, bytes] = {}
        self._sorted: list[bytes] | None = None

    def __len__(self) -> int:
        return len(self._values)

    def get(self, key: bytes) -> bytes | None:
        return self._values.get(key)

    def keys(self, prefix: bytes) -> Iterator[bytes]:
        if self._sorted is None:
            self._sorted = sorted(self._values)
        for index in range(bisect_left(self._sorted, prefix), len(self._sorted)):
            key = self._sorted[index]
            if not key.startswith(prefix):
                return
            yield key

    def due(self) -> Iterable[tuple[bytes, int]]:
        return ()

    def apply(self, delta: Delta) -> None:
        if self._sorted is not None:
            self._keep_sorted(delta, self._sorted)
        values = self._values
        values.update(delta.values)  # type: ignore[arg-type] # what is None goes at once
        for key, value in delta.values.items():
            if value is None:
                del values[key]

    def committed(self, end: int, *, seen: bool) -> None:
        self.end = end

    def forget(self) -> None:
        self._values.clear()
        self._sorted = None
        self.end = 0

    def close(self) -> None:
        self._values = {}

    def _keep_sorted(self, delta: Delta, keys: list[bytes]) -> None:
        if len(delta.values) > _MANY:
            self._sorted = None
            return
        for key, value in delta.values.items():
            known = key in self._values
            if value is None and known:
                del keys[bisect_left(keys, key)]
            elif value is not None and not known:
                insort(keys, key)
