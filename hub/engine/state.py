"""Keyed bytes of one shard: the committed whole of them, and the changes of one batch on top.

One rule: a change is visible to the batch that made it at once and to later batches only as part of the whole batch; the
base is changed by `State.apply` alone. The lane calls it when it hands the batch to its transaction. If that transaction is
not known to be committed the process ends, so no later batch can ever be committed on top of a change that was not.
Where the values lie, in memory or on disk, is the store's business; the timers are always in memory.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from heapq import merge

from hub.engine.store import DUE_HEADER, Change, Delta, Store
from hub.engine.store_memory import MemoryStore
from hub.engine.timers import DueHeap

__all__ = ["DUE_HEADER", "Change", "State", "StateView"]


class State:
    """The committed state of one shard."""

    def __init__(self, store: Store | None = None) -> None:
        self._store: Store = MemoryStore() if store is None else store
        self.timers = DueHeap()
        self.timers.load(dict(self._store.due()), ())

    def __len__(self) -> int:
        return len(self._store)

    @property
    def end(self) -> int:
        """Up to where in its log the state is known; a restore goes on from there."""
        return self._store.end

    @property
    def doubtful(self) -> bool:
        """Whether a committed record must be found at `end`, or the store holds what the log does not."""
        return self._store.doubtful

    def get(self, key: bytes) -> bytes | None:
        return self._store.get(key)

    def apply(self, changes: Mapping[bytes, Change]) -> None:
        if not changes:
            return
        due_ms: dict[bytes, int] = {}
        undue: list[bytes] = []
        for key, change in changes.items():
            if change.value is not None and change.due_ms is not None:
                due_ms[key] = change.due_ms
            elif self.timers.due_ms(key) is not None:
                undue.append(key)
                self.timers.set(key, None)
        for key, at_ms in due_ms.items():
            self.timers.set(key, at_ms)
        self._store.apply(Delta({key: change.value for key, change in changes.items()}, due_ms, undue))

    def load(self, values: Mapping[bytes, bytes | None], due_ms: Mapping[bytes, int], end: int) -> None:
        """Take the last values of many keys, and their timers, from the committed log, which they follow up to *end*."""
        undue = self.timers.among(values.keys()) - due_ms.keys()
        self.timers.load(due_ms, undue)
        self._store.apply(Delta(values, due_ms, undue))
        self._store.committed(end, seen=True)

    def committed(self, end: int) -> None:
        """All that was applied was answered to be committed; *end*: where in the log the last of it begins."""
        self._store.committed(end, seen=False)

    def forget(self) -> None:
        """Begin again with nothing."""
        self._store.forget()
        self.timers = DueHeap()

    def close(self) -> None:
        """Give back what the store holds outside of this process."""
        self._store.close()

    def keys(self, prefix: bytes, after: bytes = b"") -> Iterator[bytes]:
        """The keys that begin with *prefix* and come after *after*, sorted. Do not change the state while walking."""
        return self._store.keys(prefix, after)


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

    def keys(self, prefix: bytes = b"", after: bytes = b"") -> Iterator[bytes]:
        """The keys that begin with *prefix* and come after *after*, sorted, as they stand now.

        Changing the state meanwhile is allowed: that changes this view, and the base only once the batch is whole. Awaiting
        is not: the batch before may come to be committed.
        """
        changed = {key: change.value is not None for key, change in self.changes.items() if key.startswith(prefix)}
        fresh = sorted(key for key, kept in changed.items() if kept and (not after or key > after))
        return merge((key for key in self._base.keys(prefix, after) if key not in changed), fresh)
