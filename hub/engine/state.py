"""Keyed bytes of one shard: the whole of them in memory, and the changes of one batch on top.

One rule: a change is visible to the batch that made it at once and to later batches only as part of the whole batch; the
base is changed by `State.apply` alone. The lane calls it when it hands the batch to its transaction. If that transaction is
not known to be committed the process ends, so no later batch can ever be committed on top of a change that was not.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from hub.engine.timers import DueHeap

#: Header of a state record: when its key is due, as decimal milliseconds since 1970. It stands beside the value so that a
#: restore finds the timers without knowing how values are encoded.
DUE_HEADER = "due"


@dataclass(frozen=True, slots=True)
class Change:
    """The new value of a key, or its deletion."""

    value: bytes | None
    due_ms: int | None = None

    def headers(self) -> tuple[tuple[str, bytes], ...]:
        return () if self.due_ms is None else ((DUE_HEADER, b"%d" % self.due_ms),)


class State:
    """The committed state of one shard."""

    def __init__(self) -> None:
        self.timers = DueHeap()
        self._values: dict[bytes, bytes] = {}
        self._sorted: list[bytes] | None = None  # made when first asked for: most flows never ask

    def __len__(self) -> int:
        return len(self._values)

    def get(self, key: bytes) -> bytes | None:
        return self._values.get(key)

    def apply(self, changes: Mapping[bytes, Change]) -> None:
        for key, change in changes.items():
            self._set(key, change)

    def keys(self, prefix: bytes) -> Iterator[bytes]:
        """The keys that begin with *prefix*, sorted. Do not change the state while walking."""
        if self._sorted is None:
            self._sorted = sorted(self._values)
        for index in range(bisect_left(self._sorted, prefix), len(self._sorted)):
            key = self._sorted[index]
            if not key.startswith(prefix):
                return
            yield key

    def _set(self, key: bytes, change: Change) -> None:
        known = key in self._values
        if change.value is None:
            self.timers.set(key, None)
            if known:
                del self._values[key]
                if self._sorted is not None:
                    del self._sorted[bisect_left(self._sorted, key)]
            return
        self._values[key] = change.value
        self.timers.set(key, change.due_ms)
        if not known and self._sorted is not None:
            insort(self._sorted, key)


class StateView:
    """The state as one batch sees it: the base and its own changes."""

    def __init__(self, base: State) -> None:
        self._base = base
        #: What the batch changed; the last change of a key counts.
        self.changes: dict[bytes, Change] = {}

    def get(self, key: bytes) -> bytes | None:
        change = self.changes.get(key)
        return self._base.get(key) if change is None else change.value

    def put(self, key: bytes, value: bytes, due: datetime | None = None) -> None:
        """Keep *value* under *key*, and have the key in `Batch.due` once *due* (aware) has come. No *due*, no timer."""
        if due is not None and due.tzinfo is None:
            raise ValueError("due must be aware: a local time means another instant on another machine")
        self.changes[key] = Change(value, None if due is None else round(due.timestamp() * 1000))

    def delete(self, key: bytes) -> None:
        """Forget *key* and its timer."""
        self.changes[key] = Change(None)

    def due(self, key: bytes) -> datetime | None:
        """When *key* is due."""
        change = self.changes.get(key)
        due_ms = self._base.timers.due_ms(key) if change is None else change.due_ms
        return None if due_ms is None else datetime.fromtimestamp(due_ms / 1000, UTC)

    def keys(self, prefix: bytes = b"") -> Iterator[bytes]:
        """The keys that begin with *prefix*, sorted, as they stand now; changing the state meanwhile is allowed."""
        changed = {key: change for key, change in self.changes.items() if key.startswith(prefix)}
        if not changed:
            return iter(list(self._base.keys(prefix)))
        kept = [key for key in self._base.keys(prefix) if key not in changed]
        kept.extend(key for key, change in changed.items() if change.value is not None)
        return iter(sorted(kept))
