"""Whether each pump of the connectors is at work, and which receivers wait, for ``/readyz``.

The one rule: a receiver that cannot be reached is a fact of its own beside the pumps: it makes nobody else wait.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Unreachable:
    """A receiver that cannot be reached: why, and since when on the monotonic clock."""

    reason: str
    since: float


@dataclass(slots=True)
class Pulse:
    """What each pump says of itself (``<dialect>.in``, ``<dialect>.out``), and ``<dialect>.out.<party>`` that waits."""

    states: dict[str, str] = field(default_factory=dict)
    unreachable: dict[str, Unreachable] = field(default_factory=dict)
    paused: set[str] = field(default_factory=set)  #: pumps that a person has stopped

    @property
    def ready(self) -> bool:
        """Is every pump at work?"""
        return bool(self.states) and all(state == "ok" for state in self.states.values())

    def pausing(self, pump: str, paused: bool) -> None:
        """Note whether *pump* stands still because a person wants it."""
        (self.paused.add if paused else self.paused.discard)(pump)

    def cannot_reach(self, name: str, reason: str) -> None:
        """Note that the receiver *name* cannot be reached now."""
        known = self.unreachable.get(name)
        self.unreachable[name] = Unreachable(reason, known.since if known else time.monotonic())

    def stuck(self, seconds: float, ours: Callable[[str], bool] = lambda _: True) -> str | None:
        """The receivers of *ours* that could not be reached for longer than *seconds*; None: nobody."""
        long = [n for n, one in self.unreachable.items() if ours(n) and time.monotonic() - one.since > seconds]
        return f"not reached for {seconds:g} s: {', '.join(sorted(long))}" if long else None
