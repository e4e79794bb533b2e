"""The curve: how large a batch may be and how long it is waited for, against latency and throughput.

The one rule: one thing is changed at a time, the others stay at their defaults, and every point is a hub of its own.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from tests.bench.chain import latency, throughput
from tests.bench.chain.started import Shape, started

#: The first of each is the default, measured once for both.
LINGERS_MS: Final = (3, 0, 10, 50)
BATCHES: Final = (1_000, 50, 200)
_CORES: Final = (0, 1)


@dataclass(frozen=True)
class Point:
    """One setting and what came of it."""

    name: str
    value: int
    p50_ms: float
    p99_ms: float
    per_second: float


async def draw(
    folder: Path, *, per_second: float, seconds: float, warm: float, partitions: int
) -> list[dict[str, Any]]:
    """Measure every point and write `curve.md` and `curve.svg` into *folder*."""
    usual = await _point("LINGER_MS", LINGERS_MS[0], per_second, seconds, warm, partitions)
    lingers = [
        usual,
        *[await _point("LINGER_MS", value, per_second, seconds, warm, partitions) for value in LINGERS_MS[1:]],
    ]
    batches = [
        replace(usual, name="MAX_BATCH_RECORDS", value=BATCHES[0]),
        *[await _point("MAX_BATCH_RECORDS", value, per_second, seconds, warm, partitions) for value in BATCHES[1:]],
    ]
    points = [point for points in (lingers, batches) for point in sorted(points, key=lambda each: each.value)]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "curve.md").write_text(table(points, per_second))
    (folder / "curve.svg").write_text(picture(points))
    return [vars(each) for each in points]


async def _point(name: str, value: int, per_second: float, seconds: float, warm: float, partitions: int) -> Point:
    shape = Shape("one", partitions, env={f"HUB_ENGINE__{name}": str(value)})
    with tempfile.TemporaryDirectory() as home:
        async with started(Path(home), shape) as hub:
            slow = await latency.measure(hub, per_second=per_second, seconds=seconds, warm_seconds=warm)
            hub.pin(_CORES)
            fast = await throughput.measure(hub, seconds=seconds, warm_seconds=2)
    found = Point(name, value, slow.to_receiver_ms["p50"], slow.to_receiver_ms["p99"], fast.per_second)
    print(found, file=sys.stderr, flush=True)
    return found


def table(points: Sequence[Point], per_second: float) -> str:
    """*points* as Markdown."""
    lines = [
        f"| setting | value | p50 at {per_second:.0f}/s, ms | p99, ms | most events/s on one core |",
        "|---|---:|---:|---:|---:|",
        *(
            f"| `HUB_ENGINE__{each.name}` | {each.value} | {each.p50_ms} | {each.p99_ms} | {each.per_second:.0f} |"
            for each in points
        ),
    ]
    return "\n".join([*lines, ""])


def picture(points: Sequence[Point]) -> str:
    """A panel for each setting: bars of throughput, lines of p50 and p99."""
    names = list(dict.fromkeys(each.name for each in points))
    width, height = 420, 260
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width * len(names)}" height="{height + 50}" font-family="sans-serif" font-size="11">',
        '<rect width="100%" height="100%" fill="white"/>',
    ]
    for place, name in enumerate(names):
        parts += _panel([each for each in points if each.name == name], place * width, width, height, points)
    return "\n".join([*parts, "</svg>", ""])


def _panel(mine: Sequence[Point], left: int, width: int, height: int, points: Sequence[Point]) -> list[str]:
    most, slowest = max(each.per_second for each in points), max(each.p99_ms for each in points)
    step, floor = (width - 60) / len(mine), height + 10

    def high(share: float) -> float:
        return floor - share * (height - 40)

    parts = [f'<text x="{left + 30}" y="18" font-size="12">HUB_ENGINE__{mine[0].name}</text>']
    lines: dict[str, list[str]] = {"#c0392b": [], "#27ae60": []}
    for number, each in enumerate(mine):
        x, top = left + 40 + number * step, high(each.per_second / most)
        parts.append(
            f'<rect x="{x:.0f}" y="{top:.0f}" width="{step * 0.6:.0f}" height="{floor - top:.0f}" fill="#cfe0ef"/>'
        )
        parts.append(f'<text x="{x:.0f}" y="{top - 3:.0f}" fill="#1b6ca8">{each.per_second:.0f}/s</text>')
        parts.append(f'<text x="{x:.0f}" y="{floor + 14}">{each.value}</text>')
        for colour, value in zip(lines, (each.p99_ms, each.p50_ms), strict=True):
            y = high(value / slowest)
            lines[colour].append(f"{x + step * 0.3:.0f},{y:.0f}")
            parts.append(f'<text x="{x + step * 0.35:.0f}" y="{y - 4:.0f}" fill="{colour}">{value:.0f}</text>')
    parts += [f'<polyline fill="none" stroke="{colour}" points="{" ".join(at)}"/>' for colour, at in lines.items()]
    parts.append(f'<text x="{left + 30}" y="{floor + 30}">bars events/s · green p50 ms · red p99 ms</text>')
    return parts
