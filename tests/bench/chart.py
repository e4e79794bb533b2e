"""Bars of medians with a line from the smallest to the largest, as SVG that a page can show. The one rule: bars begin at zero."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

_WIDTH: Final = 860
_LEFT: Final = 230
_RIGHT: Final = 100
_BAR: Final = 16
_GAP: Final = 10
_TOP: Final = 64
_COLOURS: Final = ("#2563eb", "#93b4f5")
_INK: Final = "#6b7280"


@dataclass(frozen=True, slots=True)
class Bar:
    """Of one run's kind: *shade* 0 or 1 tells the guarantee."""

    shade: int
    smallest: float
    median: float
    largest: float


@dataclass(frozen=True, slots=True)
class Row:
    """A processor's bars under its title."""

    title: str
    bars: Sequence[Bar]
    ours: bool = False


def draw(title: str, rows: Sequence[Row], legend: Sequence[str], form: str) -> str:
    """The chart; *form* writes a value at the end of its bar, as of `format`."""
    scale = (_WIDTH - _LEFT - _RIGHT) / max((bar.largest for row in rows for bar in row.bars), default=1.0)
    parts: list[str] = [f'<text x="0" y="20" font-size="16" font-weight="600">{escape(title)}</text>']
    for shade, name in enumerate(legend):
        at = _LEFT + shade * 180
        parts.append(f'<rect x="{at}" y="36" width="12" height="12" fill="{_COLOURS[shade]}"/>')
        parts.append(f'<text x="{at + 18}" y="46">{escape(name)}</text>')
    y = _TOP
    for row in rows:
        height = len(row.bars) * _BAR
        weight = "700" if row.ours else "400"
        parts.append(
            f'<text x="{_LEFT - 10}" y="{y + height / 2 + 4:g}" text-anchor="end" font-weight="{weight}">{escape(row.title)}</text>'
        )
        for bar in row.bars:
            parts += _bar(bar, y, scale, form)
            y += _BAR
        y += _GAP
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {y}" font-family="sans-serif" font-size="12"'
        f' fill="{_INK}" role="img" aria-label="{escape(title)}">\n' + "\n".join(parts) + "\n</svg>\n"
    )


def _bar(bar: Bar, y: int, scale: float, form: str) -> list[str]:
    middle = y + _BAR / 2 - 1
    first, last = _LEFT + bar.smallest * scale, _LEFT + bar.largest * scale
    return [
        f'<rect x="{_LEFT}" y="{y}" width="{bar.median * scale:.1f}" height="{_BAR - 2}" fill="{_COLOURS[bar.shade]}"/>',
        f'<path d="M{first:.1f} {middle:g}H{last:.1f}" stroke="{_INK}" stroke-width="1.5"/>',
        f'<text x="{last + 6:.1f}" y="{middle + 4:g}">{escape(format(bar.median, form))}</text>',
    ]
