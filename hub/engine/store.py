"""What a store of one shard's state must do: hold the last value of every key, in memory or beyond it.

One rule: the log of the state is the truth and a store is a copy of its beginning. `end` says how much of the log it holds; what
was applied counts as held only once `committed` said how far the log has come, so a copy that outlives its process never knows
more than the log does.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

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


@dataclass(frozen=True, slots=True)
class Delta:
    """Many changes at once, laid out for bulk work: no object per key."""

    values: Mapping[bytes, bytes | None]
    #: When the keys among them that have a timer are due.
    due_ms: Mapping[bytes, int]
    #: Keys that had a timer and have none any more.
    undue: Collection[bytes]


class Store(Protocol):
    @property
    def end(self) -> int:
        """The log is held up to here; 0: nothing of it."""

    @property
    def doubtful(self) -> bool:
        """`end` is where its last own changes were answered to be committed, not where a reader has seen them."""

    def __len__(self) -> int: ...
    def get(self, key: bytes) -> bytes | None: ...
    def keys(self, prefix: bytes, after: bytes = b"") -> Iterator[bytes]:
        """The keys that begin with *prefix* and come after *after*, sorted. Do not change the store while walking."""

    def due(self) -> Iterable[tuple[bytes, int]]:
        """The timers of what it held when it was opened."""

    def apply(self, delta: Delta) -> None:
        """Change what is seen."""

    def committed(self, end: int, *, seen: bool) -> None:
        """The log is held up to *end*. Not *seen*: and the record at *end* is the first of the last changes applied."""

    def forget(self) -> None:
        """Hold nothing: what it held cannot be brought up to date."""

    def close(self) -> None: ...
