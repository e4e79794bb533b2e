"""How far a large file is: a bar for a person who watches, a line now and then for the log.

The one rule: it only looks; a file goes on whether or not anything of this can be shown.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from hub.log import get_logger

log = get_logger(__name__)

#: Smaller files are through before anybody has read their name.
_WORTH_SHOWING: Final = 5_000
_LINES: Final = 10

Watch = Callable[[str, int, int], None]


def on_terminal() -> Watch:
    """A bar for each large file, on stderr."""
    shown: dict[str, TaskID] = {}
    bars = Progress(
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(),
        console=Console(stderr=True), transient=True,
    )  # fmt: skip

    def watch(file: str, settled: int, total: int) -> None:
        if total < _WORTH_SHOWING:
            return
        if file not in shown:
            shown[file] = bars.add_task(file, total=total)
            bars.start()
        bars.update(shown[file], completed=settled)
        if settled >= total:
            bars.remove_task(shown.pop(file))
            if not shown:
                bars.stop()

    return watch


def in_log() -> Watch:
    """A line after each tenth of a large file."""
    told: dict[str, int] = {}

    def watch(file: str, settled: int, total: int) -> None:
        if total < _WORTH_SHOWING:
            return
        tenth = settled * _LINES // total
        if tenth > told.get(file, 0):
            told[file] = tenth
            log.info("file.progress", file=file, rows=total, settled=settled)
        if settled >= total:
            told.pop(file, None)

    return watch
