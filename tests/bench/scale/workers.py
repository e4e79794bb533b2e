"""1, 2 and 4 worker processes over 16 partitions. One rule: the same backlog, the same partitions, on two cores with the broker."""

from __future__ import annotations

from typing import Any

from tests.bench.scale.throughput import runs


def measure() -> dict[str, Any]:
    """Throughput and processor time per event."""
    return runs("workers", "worker processes", [(1, 16), (2, 16), (4, 16)])
