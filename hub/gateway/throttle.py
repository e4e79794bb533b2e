"""How much one party may ask: events per second and requests at once.

The one rule: a party's excess costs that party alone; nobody waits here, one is told when to come back.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from hub.gateway.problem import retry_after


class Rate:
    """Token buckets, one per party: *per_second* sustained, *burst* at once."""

    def __init__(self, per_second: float, burst: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._per_second = per_second
        self._burst = float(burst)
        self._clock = clock
        self._buckets: dict[str, tuple[float, float]] = {}  # party -> (left, at)

    def take(self, party: str, events: int) -> None:
        """Take *events* from the party's bucket, or raise `Problem` with the time until they would be there."""
        now = self._clock()
        left, at = self._buckets.get(party, (self._burst, now))
        left = min(self._burst, left + (now - at) * self._per_second)
        # More than a full bucket is never there: it must go when the bucket is full, or it would never go.
        wanted = min(float(events), self._burst)
        if left < wanted:
            self._buckets[party] = (left, now)
            raise retry_after("HUB-1104", (wanted - left) / self._per_second)
        self._buckets[party] = (left - events, now)


class Concurrency:
    """Requests at once, per party."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._running: Counter[str] = Counter()

    @contextmanager
    def one(self, party: str) -> Iterator[None]:
        """Room for one more request, or `Problem`."""
        if self._running[party] >= self._most:
            raise retry_after("HUB-1105", 1)
        self._running[party] += 1
        try:
            yield
        finally:
            self._running[party] -= 1
