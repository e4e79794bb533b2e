"""What the gateway counts, in Prometheus' text format.

The one rule: labels have few values: never an id, a token or an address of a sender.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator
from typing import Final

_BUCKETS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)

_HELP: Final = {
    "hub_http_requests_total": "Requests answered, by route and status.",
    "hub_http_request_seconds": "Time from the head of a request to its answer.",
    "hub_events_received_total": "Events accepted at the door, by party, connector and kind.",
    "hub_events_refused_total": "Events refused at the door, by party and code.",
    "hub_events_published_total": "Records acknowledged by the brokers, by topic.",
    "hub_publish_seconds": "Time the brokers took to acknowledge one request's records.",
    "hub_deliveries_handed_total": "Deliveries handed out by pull, by party.",
    "hub_failed_logins_total": "Requests without a known credential.",
}


class Metrics:
    """Counters and histograms of this process."""

    def __init__(self) -> None:
        self._counters: Counter[tuple[str, tuple[tuple[str, str], ...]]] = Counter()
        self._times: dict[tuple[str, tuple[tuple[str, str], ...]], list[float]] = {}

    def count(self, name: str, amount: int = 1, **labels: str) -> None:
        """Add to a counter."""
        self._counters[name, tuple(labels.items())] += amount

    def time(self, name: str, seconds: float, **labels: str) -> None:
        """Add one observation to a histogram."""
        series = self._times.setdefault((name, tuple(labels.items())), [0.0] * (len(_BUCKETS) + 2))
        series[bisect_left(_BUCKETS, seconds)] += 1
        series[-1] += seconds

    def text(self) -> bytes:
        """Everything as Prometheus reads it."""
        return "".join(f"{line}\n" for line in self._lines()).encode()

    def _lines(self) -> Iterator[str]:
        told = ""
        for (name, labels), number in sorted(self._counters.items()):
            if name != told:
                yield f"# HELP {name} {_HELP[name]}"
                yield f"# TYPE {name} counter"
                told = name
            yield f"{name}{_braces(labels)} {number}"
        for (name, labels), series in sorted(self._times.items()):
            if name != told:
                yield f"# HELP {name} {_HELP[name]}"
                yield f"# TYPE {name} histogram"
                told = name
            so_far = 0.0
            for bound, value in zip((*map(str, _BUCKETS), "+Inf"), series, strict=False):
                so_far += value
                yield f"{name}_bucket{_braces((*labels, ('le', bound)))} {so_far:.0f}"
            yield f"{name}_sum{_braces(labels)} {series[-1]:.6f}"
            yield f"{name}_count{_braces(labels)} {so_far:.0f}"


def _braces(labels: tuple[tuple[str, str], ...]) -> str:
    # Values are party codes, topics, route templates and codes: nothing that would need escaping.
    return "{" + ",".join(f'{name}="{value}"' for name, value in labels) + "}" if labels else ""
