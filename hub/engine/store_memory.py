"""A store in memory: one dictionary. It starts empty, so a restore reads the whole log.

One rule: the order of the keys is made when somebody asks for it, and only what came or went since is put in order then. A change
costs the same however many keys there are: keeping a list in order would move half of it for every new key.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator

from hub.engine.store import Delta


class MemoryStore:
    def __init__(self) -> None:
        self.end = 0
        self.doubtful = False
        self._values: dict[bytes, bytes] = {}
        self._sorted: list[bytes] | None = None  # as it was when last asked for; None: never was
        self._touched: dict[bytes, None] = {}  # keys that came or went since

    def __len__(self) -> int:
        return len(self._values)

    def get(self, key: bytes) -> bytes | None:
        return self._values.get(key)

    def keys(self, prefix: bytes, after: bytes = b"") -> Iterator[bytes]:
        keys = self._in_order()
        first = bisect_right(keys, after) if after >= prefix and after else bisect_left(keys, prefix)
        for index in range(first, len(keys)):
            key = keys[index]
            if not key.startswith(prefix):
                return
            yield key

    def due(self) -> Iterable[tuple[bytes, int]]:
        return ()

    def apply(self, delta: Delta) -> None:
        values = self._values
        if self._sorted is not None:
            self._touched.update(
                (key, None) for key, value in delta.values.items() if value is None or key not in values
            )
        values.update(delta.values)  # type: ignore[arg-type] # what is None goes at once
        for key, value in delta.values.items():
            if value is None:
                del values[key]

    def committed(self, end: int, *, seen: bool) -> None:
        self.end = end

    def forget(self) -> None:
        self._values.clear()
        self._sorted = None
        self._touched.clear()
        self.end = 0

    def close(self) -> None:
        self._values = {}

    def _in_order(self) -> list[bytes]:
        if self._sorted is None:
            self._sorted = sorted(self._values)
        elif self._touched:
            kept = [key for key in self._sorted if key not in self._touched]
            kept += [key for key in self._touched if key in self._values]
            kept.sort()  # two runs: what was in order is found so and merged, not sorted again
            self._sorted = kept
        self._touched = {}
        return self._sorted
