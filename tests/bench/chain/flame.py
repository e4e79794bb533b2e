"""Flame graphs: where a stage's processor time goes, sampled by py-spy and drawn as one small picture each.

The one rule: a picture is drawn from the samples alone and stands by itself, without script, so that it can be kept and read anywhere.
"""

from __future__ import annotations

import subprocess
import sys
import sysconfig
from collections.abc import Iterable
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import Final

_WIDTH: Final = 1200
_ROW: Final = 15
_LEAST_SHARE: Final = 0.004  #: narrower frames are left out
_COLOURS: Final = {"hub": "#8fb8de", "connectors": "#8fb8de", "aiokafka": "#f0b67f", "asyncio": "#d6d6d6"}
_FEWEST_SAMPLES: Final = 50  #: fewer say nothing
_OTHER: Final = "#e4d9c5"
#: Frames that every sample has, told by their beginnings: the way from the interpreter's start to the loop.
_BELOW: Final = ("_run_module_as_main", "_run_code", "<module>", "main (", "Command.", "Group.", "Context.")


@dataclass
class Frame:
    """One place of the code, and those called from it."""

    name: str
    samples: int = 0
    inside: dict[str, Frame] = field(default_factory=dict)

    def add(self, stack: Iterable[str], samples: int) -> None:
        """Count *samples* of *stack* below this frame."""
        self.samples += samples
        at = self
        for name in stack:
            at = at.inside.setdefault(name, Frame(name))
            at.samples += samples


def record(pids: dict[str, int], folder: Path, seconds: float) -> None:
    """Sample every process of *pids* for *seconds*, all at once, into ``<name>.txt`` of *folder*.

    Only threads that hold the interpreter are counted: one that waits looks busy to a sampler on some virtual machines.
    """
    spy = Path(sysconfig.get_path("scripts")) / "py-spy"
    words = ["--rate", "200", "--duration", str(round(seconds)), "--format", "raw", "--nolineno", "--gil"]
    running = [
        subprocess.Popen(
            [str(spy), "record", "--pid", str(pid), *words, "--output", str(folder / f"{name}.txt")],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        for name, pid in pids.items()
    ]
    for each in running:
        _, said = each.communicate(timeout=seconds + 60)
        if each.returncode:
            print(said, file=sys.stderr)


def draw(samples: Path, folder: Path) -> None:
    """A picture in *folder* for every file of samples that `record` left."""
    folder.mkdir(parents=True, exist_ok=True)
    for path in sorted(samples.glob("*.txt")):
        whole = tree(path.read_text())
        if whole.samples >= _FEWEST_SAMPLES:
            name = path.stem.removeprefix("worker-")
            (folder / f"flame-{name}.svg").write_text(picture(f"{name}: {whole.samples} samples", whole))


def tree(folded: str) -> Frame:
    """The frames of samples in the folded form: ``frame;frame;frame count`` a line."""
    whole = Frame("all")
    for line in folded.splitlines():
        stack, _, count = line.rpartition(" ")
        names = [name for name in stack.split(";") if not name.startswith(_BELOW)]
        whole.add(names, int(count))
    return whole


def picture(title: str, whole: Frame) -> str:
    """*whole* as SVG, callers above what they call."""
    parts: list[str] = []
    deepest = _draw(parts, whole, 0.0, 0, whole.samples)
    height = (deepest + 1) * _ROW + 24
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{height}" font-family="sans-serif" font-size="10">',
            '<rect width="100%" height="100%" fill="white"/>',
            f'<text x="4" y="14" font-size="12">{escape(title)}</text>',
            *parts,
            "</svg>",
            "",
        ]
    )


def _draw(parts: list[str], frame: Frame, left: float, depth: int, total: int) -> int:
    share = frame.samples / total
    width, top = share * _WIDTH, 20 + depth * _ROW
    colour = _COLOURS.get(_room(frame.name), _OTHER)
    parts.append(
        f'<g><title>{escape(frame.name)} {share:.1%}</title><rect x="{left:.1f}" y="{top}" width="{width:.1f}" '
        f'height="{_ROW - 1}" fill="{colour}"/>{_label(frame.name, left, top, width)}</g>'
    )
    deepest, at = depth, left
    for inner in sorted(frame.inside.values(), key=lambda each: each.name):
        if inner.samples / total >= _LEAST_SHARE:
            deepest = max(deepest, _draw(parts, inner, at, depth + 1, total))
            at += inner.samples / total * _WIDTH
    return deepest


def _label(name: str, left: float, top: int, width: float) -> str:
    letters = int(width / 5.6)
    if letters < 4:
        return ""
    said = name if len(name) <= letters else name[: letters - 1] + "…"
    return f'<text x="{left + 2:.1f}" y="{top + 11}">{escape(said)}</text>'


def _room(name: str) -> str:
    return name.partition("(")[2].partition("/")[0]
