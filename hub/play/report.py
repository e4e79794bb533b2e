"""Telling a person what happened in a scenario, in the order of its time.

The one rule: one line for one happening; the facts on the left edge, what the hub made of them indented below.
"""

from __future__ import annotations

import json
import textwrap
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import click

from hub.cli.language import say
from hub.play.judge import Failure
from hub.play.outcome import Arrived, Emitted, Outcome, Turned
from hub.play.scenario import Scenario

#: Fields that tell most about an event, shown in this order; ``--explain`` shows all.
_TELLING: Final = (
    "clock", "decision", "code", "state", "sub", "reason", "reading", "dueAt", "endedAt", "planId", "jointId", "holdRef", "kind", "role", "lead",
    "leadRule", "window", "ownerSector", "ownerTerritory", "copyTo", "leadId", "entity", "toParty", "needs", "police", "visitId", "enterpriseCount",
)  # fmt: skip

_STATE_COLOURS: Final = {
    "RUNNING": "cyan",
    "SUSPENDED": "yellow",
    "MET": "green",
    "MISSED": "red",
    "VOID": "bright_black",
}


def lines(scenario: Scenario, outcome: Outcome, failures: Sequence[Failure], *, explain: bool) -> Iterator[str]:
    """The report of one scenario."""
    yield click.style(scenario.name, bold=True)
    yield from textwrap.wrap(scenario.why, 110, initial_indent="  ", subsequent_indent="  ")
    yield ""
    yield from _story(outcome, explain=explain)
    yield from _clocks(outcome.clocks)
    yield ""
    if failures:
        yield click.style(
            say(f"✗ {len(failures)} 项不符", f"✗ {len(failures)} expectations do not hold"), fg="red", bold=True
        )
        for failure in failures:
            yield from textwrap.indent(str(failure), "  ").splitlines()
    else:
        yield click.style(say("✓ 全部符合", "✓ holds"), fg="green", bold=True)
    yield ""


def _story(outcome: Outcome, *, explain: bool) -> Iterator[str]:
    steps = iter([*outcome.story, None])
    step = next(steps)
    while step is not None:
        moment = click.style(step.at[:16].replace("T", " "), dim=True)
        parties: list[str] = []
        following = next(steps)
        if isinstance(step, Emitted):
            parties += [step.to] if step.to else []
            while (
                isinstance(following, Emitted)
                and following.to
                and (following.event, following.at) == (step.event, step.at)
            ):
                parties.append(following.to)
                following = next(steps)
        yield f"{moment}  {_line(step, parties, explain=explain)}"
        if explain and isinstance(step, Emitted):
            yield from _explained(step.data)
        step = following


def _line(step: Arrived | Emitted | Turned, parties: Sequence[str], *, explain: bool) -> str:
    if isinstance(step, Arrived):
        return click.style(f"{step.party} ▸ {step.event}  {step.key}" if step.event else "tick", bold=True)
    if isinstance(step, Turned):
        return f"  {click.style(f'✗ {step.code}', fg='red')}  {step.id}" + (f"  {step.detail}" if explain else "")
    to = "  → " + click.style(" ".join(parties), fg="cyan") if parties else ""
    if step.to:
        return f"  {step.event}{to}"
    return f"  ● {click.style(step.event, fg='blue')}  {_gist(step.data)}{to}"


def _gist(data: Mapping[str, Any]) -> str:
    shown = ((name, data[name]) for name in _TELLING if name in data)
    return "  ".join(f"{name}={value if isinstance(value, str) else _json(value)}" for name, value in shown)


def _explained(data: Mapping[str, Any]) -> Iterator[str]:
    for name, value in data.items():
        yield click.style(f"{'':22}{name}: {value if isinstance(value, str) else _json(value)}", dim=True)


def _clocks(rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    if not rows:
        return
    names = ("clock", "key", "entity", "startedAt", "dueAt", "reading", "state", "obligor", "obligee")
    table = [names, *(tuple(_cell(row, name) for name in names) for row in rows)]
    widths = [max(_width(line[column]) for line in table) for column in range(len(names))]
    yield ""
    for number, line in enumerate(table):
        text = "  ".join(cell + " " * (widths[column] - _width(cell)) for column, cell in enumerate(line)).rstrip()
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


def _width(text: str) -> int:
    """Columns on a terminal: a Chinese character takes two."""
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
