"""Telling a person what happened in a scenario, in the order of its time, and in what it was not as expected.

The one rule: a table is cut to the window on a terminal only; in a file or a pipe it is searched, and must be whole.
"""

from __future__ import annotations

import shutil
import sys
import textwrap
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import click

from hub.cli.language import say
from hub.play.because import because
from hub.play.judge import Failure, Kind
from hub.play.near import written
from hub.play.outcome import Arrived, Emitted, Outcome, Turned
from hub.play.scenario import Scenario
from hub.play.story import Line, story
from hub.reference import Reference

_TITLES: Final = (
    say("时间", "time"),
    say("谁 → 谁", "who → whom"),
    say("事件", "event"),
    say("对象", "subject"),
    say("结果", "result"),
)
#: The widest a column may be on a terminal; the result gets what is left, or a line of its own: it is never cut.
_WIDEST: Final = (16, 30, 44, 24)
_COLOURS: Final = {"▸": "bright_white", "●": "blue", "→": "cyan", "✗": "red", "·": "bright_black"}
_STATE_COLOURS: Final = {
    "RUNNING": "cyan",
    "SUSPENDED": "yellow",
    "MET": "green",
    "MISSED": "red",
    "VOID": "bright_black",
}
_KINDS: Final = {
    Kind.MISSING: ("缺", "missing"),
    Kind.UNEXPECTED: ("多", "unexpected"),
    Kind.DIFFERENT: ("异", "differs"),
}
_KIND_COLOURS: Final = {Kind.MISSING: "red", Kind.UNEXPECTED: "magenta", Kind.DIFFERENT: "yellow"}


def lines(
    scenario: Scenario, outcome: Outcome, failures: Sequence[Failure], reference: Reference, *, explain: bool
) -> Iterator[str]:
    """The report of one scenario."""
    yield click.style(scenario.name, bold=True)
    yield from textwrap.wrap(scenario.why, 110, initial_indent="  ", subsequent_indent="  ")
    yield ""
    yield from _story(outcome, reference, explain=explain)
    yield from _clocks(outcome.clocks)
    yield ""
    yield from verdict(failures)
    yield ""


def verdict(failures: Sequence[Failure]) -> Iterator[str]:
    """Whether all holds, else what was expected against what came."""
    if not failures:
        yield click.style(say("✓ 全部符合", "✓ holds"), fg="green", bold=True)
        return
    yield click.style(
        say(f"✗ {len(failures)} 项不符", f"✗ {len(failures)} expectations do not hold"), fg="red", bold=True
    )
    for failure in failures:
        yield from _failure(failure)


def _failure(failure: Failure) -> Iterator[str]:
    """What was expected against what came: − is missing, + was not to come, ≠ came otherwise."""
    colour = _KIND_COLOURS[failure.kind]
    word = click.style(f"{failure.kind.value} {say(*_KINDS[failure.kind])}", fg=colour, bold=True)
    yield f"  {word}  {failure.place}  {failure.short}"
    columns = max((width(difference.path) for difference in failure.apart), default=0)
    for difference in failure.apart:
        name = difference.path + " " * (columns - width(difference.path))
        expected = click.style(difference.expected, fg="green")
        came = click.style(difference.came, fg="red")
        yield f"      {name}  {say('应为', 'expected')} {expected}  {say('实为', 'came')} {came}"
    if not failure.apart:
        yield click.style(f"      {failure.what}", dim=True)
        yield from (click.style(f"      {note}", dim=True) for note in failure.notes)


def brief(scenario: Scenario, outcome: Outcome, failures: Sequence[Failure]) -> Iterator[str]:
    """One line, and below it only what does not hold."""
    mark = click.style("✗", fg="red", bold=True) if failures else click.style("✓", fg="green")
    facts = sum(isinstance(step, Arrived) and bool(step.event) for step in outcome.story)
    decisions = sum(not record.to for record in outcome.emitted)
    yield f"{mark} {scenario.name}  " + click.style(
        say(
            f"事实 {facts} · 决定 {decisions} · 送达 {len(outcome.emitted) - decisions} · 拒收 {len(outcome.refused)} · 期限 {len(outcome.clocks)}",
            f"{facts} facts, {decisions} decisions, {len(outcome.emitted) - decisions} deliveries, {len(outcome.refused)} refused, {len(outcome.clocks)} clock rows",
        ),
        dim=True,
    )
    if failures:
        yield from (f"  {line}" for line in verdict(failures))


def _story(outcome: Outcome, reference: Reference, *, explain: bool) -> Iterator[str]:
    table = list(story(outcome.story, reference))
    facts = {step.id: step.event for step in outcome.story if isinstance(step, Arrived) and step.event}
    rows = [("  ", _TITLES), *((f"{line.mark} ", line.cells) for line in table)]
    widths = _widths([cells for _, cells in rows])
    for number, (mark, cells) in enumerate(rows):
        *first, result = cells
        text = mark + "  ".join(_fitted(cell, columns) for cell, columns in zip(first, widths, strict=True))
        room = shutil.get_terminal_size().columns - width(text) - 2
        below = sys.stdout.isatty() and width(result) > room
        text = text.rstrip() + f"\n{'':20}{result}" if below else f"{text}  {result}".rstrip()
        if number == 0:
            yield click.style(text, dim=True)
            continue
        line = table[number - 1]
        yield click.style(text, fg=_COLOURS[line.mark], bold=line.mark == "▸")
        if explain:
            yield from (click.style(f"{'':20}{said}", dim=True) for said in _explained(line, facts, reference))


def _explained(line: Line, facts: Mapping[str, str], reference: Reference) -> Iterator[str]:
    step = line.step
    if isinstance(step, Turned):
        yield from filter(None, step.detail.split(" / "))
    if not isinstance(step, Emitted):
        return
    if line.mark == "●":
        yield from because(step, facts, reference)
    if line.projections:
        told = ", ".join(f"{party} {projection}".rstrip() for party, projection in line.projections)
        yield say(f"送达: {told}", f"told: {told}")
    for name, value in step.data.items():
        yield f"{name}: {value if isinstance(value, str) else written(value)}"


def _clocks(rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    if not rows:
        return
    names = ("clock", "key", "entity", "startedAt", "dueAt", "reading", "state", "obligor", "obligee")
    table = [names, *(tuple(_cell(row, name) for name in names) for row in rows)]
    widths = [max(width(line[column]) for line in table) for column in range(len(names))]
    yield ""
    for number, line in enumerate(table):
        text = "  ".join(cell + " " * (widths[column] - width(cell)) for column, cell in enumerate(line)).rstrip()
        yield (
            click.style(text, dim=True)
            if number == 0
            else click.style(text, fg=_STATE_COLOURS[rows[number - 1]["state"]])
        )


def _cell(row: Mapping[str, Any], name: str) -> str:
    text = str(row.get(name, "–"))
    if name == "startedAt":
        return text[:16].replace("T", " ")
    if name == "dueAt":
        return text[:16].replace("T", " ") + ("?" if row["provisional"] else "")
    if name == "reading" and not row["governing"]:
        return f"({text})"
    return text


def _widths(rows: Sequence[Sequence[str]]) -> list[int]:
    found = [max(width(row[column]) for row in rows) for column in range(len(_WIDEST))]
    return list(map(min, found, _WIDEST)) if sys.stdout.isatty() else found


def width(text: str) -> int:
    """Columns on a terminal: a Chinese character takes two."""
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)


def _fitted(text: str, columns: int) -> str:
    """*text* in exactly so many columns."""
    if width(text) > columns:
        while text and width(text) > columns - 1:
            text = text[:-1]
        text += "…"
    return text + " " * (columns - width(text))
