"""One reader at a time where there is no advisory lock: a row ``(name, holder, beat)`` whose holder lets it beat.

The one rule: no clock of another machine is believed. A lease has run out when we ourselves saw the same beat for long enough.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from connectors.protocol import Unavailable


class Changes(Protocol):
    """As much of a session as a lease needs."""

    async def fetch(self, sql: str, *values: Any) -> list[Sequence[Any]]:
        """The rows of a query."""

    async def change(self, sql: str, *values: Any) -> int:
        """Run a statement; how many rows it changed."""

    async def add(self, sql: str, values: Sequence[Any]) -> bool:
        """Insert; False if the row is there."""


@dataclass(slots=True)
class Seen:
    """The last beat of another's lease and since when, on the monotonic clock. Outlives the sessions that look."""

    holder: str = ""
    beat: int = -1
    since: float = 0.0


class Lease:
    """Ours from `take` to `release`. *seconds*: after so long without a beat it is anybody's."""

    def __init__(self, table: str, seconds: float, seen: Seen, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._table, self._seconds, self._seen, self._monotonic = table, seconds, seen, monotonic
        self._us, self._name, self._beat = uuid.uuid4().hex, "", 0

    async def take(self, session: Changes, name: str) -> bool:
        """Take the lease of *name* if nobody has it, or its holder has been silent for too long."""
        found = await session.fetch(f"SELECT holder, beat FROM {self._table} WHERE name = ?", name)
        if not found:
            taken = await session.add(f"INSERT INTO {self._table} (name, holder, beat) VALUES (?, ?, 0)", (name, self._us))  # fmt: skip
            beat = 0
        else:
            holder, beat = str(found[0][0] or "-").strip(), int(found[0][1])
            if holder != "-" and not self._silent(holder, beat):
                return False
            beat += 1
            taken = await session.change(
                f"UPDATE {self._table} SET holder = ?, beat = ? WHERE name = ? AND beat = ?",
                self._us, beat, name, beat - 1,
            ) == 1  # fmt: skip
        if taken:
            self._name, self._beat = name, beat
        return bool(taken)

    async def renew(self, session: Changes) -> None:
        """Let it beat. Raise `Unavailable` if another has it."""
        changed = await session.change(
            f"UPDATE {self._table} SET beat = ? WHERE name = ? AND holder = ?",
            self._beat + 1, self._name, self._us,
        )  # fmt: skip
        if changed != 1:
            raise Unavailable("another reader has taken over the outbox")
        self._beat += 1

    async def release(self, session: Changes) -> None:
        """Leave it to the next at once. ``-`` is nobody: an empty text is none in some databases."""
        if self._name:
            await session.change(
                f"UPDATE {self._table} SET holder = '-' WHERE name = ? AND holder = ?",
                self._name, self._us,
            )  # fmt: skip

    def _silent(self, holder: str, beat: int) -> bool:
        if (self._seen.holder, self._seen.beat) != (holder, beat):
            self._seen.holder, self._seen.beat, self._seen.since = holder, beat, self._monotonic()
        return self._monotonic() - self._seen.since >= self._seconds
