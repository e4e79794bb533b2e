"""4, 16 and 64 partitions under one worker. One rule: the same backlog; a partition is a lane with transactions of its own."""

from __future__ import annotations

from typing import Any

from tests.bench.scale.throughput import runs


def measure() -> dict[str, Any]:
    """Throughput and processor time per event."""
    return runs("partitions", "partitions", [(1, 4), (1, 16), (1, 64)])
