"""`python -m tests.bench.gateway`: a broker and the load on one core, a gateway on the other, and the figures.

The one rule: it ends with 1 if the log does not hold every accepted event exactly once, or a target was missed.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from hub.local.kafka import LocalKafka
from tests.bench.gateway.run import CASES, Case, Figures, measure
from tests.bench.gateway.stand import logged, stand

#: Accepted events a second that one core shall reach, and how long half of that may take.
BATCH_PER_SECOND = 5_000
SINGLE_PER_SECOND = 1_500
P99_MS = 50.0


def _main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.gateway", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--scale", type=float, default=1.0, help="of the events of a round")
    parser.add_argument("--seconds", type=float, default=10.0, help="of each steady load")
    parser.add_argument("--only", default="", help="cases by name, joined by commas: single, batch-100, record-500 …")
    asked = parser.parse_args()
    chosen = [case for case in CASES if asked.only in {"", case.name} or case.name in asked.only.split(",")]
    figures, held = asyncio.run(_measure(chosen, asked))
    for line in _table(figures):
        print(line)
    print(
        f"in the log: {held[0]} records with {held[1]} ids of {held[2]} accepted; the gateway's memory {held[3]:.0f} MiB"
    )
    return 0 if held[0] == held[1] == held[2] and all(map(_reached, figures)) else 1


async def _measure(
    chosen: Sequence[Case], asked: argparse.Namespace
) -> tuple[list[Figures], tuple[int, int, int, float]]:
    with contextlib.suppress(OSError, AttributeError):  # one core only, or none to choose
        os.sched_setaffinity(0, {0})
    with tempfile.TemporaryDirectory(prefix="hub-bench-") as folder:
        async with (
            LocalKafka(Path(folder) / "kafka", jvm="fast") as broker,
            stand(broker.bootstrap, Path(folder) / "gateway", core=1) as on,
        ):
            figures, records = await measure(on, chosen, rounds=asked.rounds, scale=asked.scale, seconds=asked.seconds)
            return figures, (*await logged(on), records, on.peak_mib)


def _table(figures: Sequence[Figures]) -> list[str]:
    lines = [
        f"{'':12}{'events/s: min':>14}{'median':>9}{'max':>9}{'per cpu-s':>11}{'at half: p50':>14}{'p99 ms':>9}{'answers':>9}"
    ]
    for each in figures:
        half = each.at_half
        assert half is not None
        lines.append(
            f"{each.case.name:12}{min(each.per_second):14,.0f}{each.most:9,.0f}{max(each.per_second):9,.0f}"
            f"{each.most_per_cpu:11,.0f}{half.wait_ms(0.5):14.1f}{half.wait_ms(0.99):9.1f}{len(half.waits):9}"
            f"  {'reached' if _reached(each) else 'NOT reached'}"
        )
    return lines


def _reached(each: Figures) -> bool:
    wanted = SINGLE_PER_SECOND if each.case.kind == "single" else BATCH_PER_SECOND
    return each.most >= wanted and each.at_half is not None and each.at_half.wait_ms(0.99) <= P99_MS


if __name__ == "__main__":
    sys.exit(_main())
