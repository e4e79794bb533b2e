"""Telling a person what happened in a scenario, in the order of its time.

The one rule: one line for one happening; the facts on the left edge, what the hub made of them indented below.
"""

from __future__ import annotations

import json
import textwrap
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any, Final

import click

from hub.play.judge import Failure
from hub.play.outcome import Arrived, Emitted, Outcome, Turned
from hub.play.scenario import Scenario

#: Fields that tell most about an event, shown in this order; ``--explain`` shows all.
_TELLING: Final = (
    "clock", "decision", "code", "state", "sub", "reason", "reading", "dueAt", "endedAt", "planId", "jointId", "holdRef", "kind", "role", "lead",
    "leadRule", "window", "ownerSector", "ownerTerritory", "copyTo", "leadId", "entity", "toParty", "needs", "police", "visitId", "enterpriseCount",
)  # fmt: skip

_STATE_COLOURS: Final = {"RUNNING": "cyan", "SUSPENDED": "yellow", "MET": "green", "MISSED": "red", "VOID": "bright_black"}


def lines(scenario: Scenario, outcome: Outcome, failures: Sequence[Failure], *, explain: bool) -> Iterator[str]:
    """The report of one scenario."""
    yield click.style(scenario.name, bold=True)
    yield from textwrap.wrap(scenario.why, 110, initial_indent="  ", subsequent_indent="  ")
    yield ""
    yield from _story(outcome, explain=explain)
    yield from _clocks(outcome.clocks)
    yield ""
    if failures:
        yield click.style(f"✗ {len(failures)} expectations do not hold", fg="red", bold=True)
        for failure in failures:
            yield from textwrap.indent(str(failure), "  ").splitlines()
    else:
        yield click.style("✓ holds", fg="green", bold=True)
    yield ""


def _story(outcome: Outcome, *, explain: bool) -> Iterator[str]:
    def of_one_event(step: Arrived | Emitted | Turned) -> Any:
        return (step.event, step.at) if isinstance(step, Emitted) and step.to else id(step)

    for _, group in groupby(outcome.story, of_one_event):
        steps = list(group)
        first = steps[0]
        moment = click.style(first.at[:16].replace("T", " "), dim=True)
        if isinstance(first, Arrived):
            text = f"{first.party} ▸ {first.event}  {first.key}" if first.event else "tick"
            yield f"{moment}  {click.style(text, bold=True)}"
        elif isinstance(first, Turned):
            yield f"{moment}    {click.style(f'✗ {first.code}', fg='red')}  {first.id}" + (f"  {first.detail}" if explain else "")
        elif first.to:
            parties = " ".join(step.to for step in steps if isinstance(step, Emitted))
            yield f"{moment}      → {first.event}  {click.style(parties, fg='cyan')}"
            if explain:
                yield from _explained(first.data)
        else:
            yield f"{moment}    ● {click.style(first.event, fg='blue')}  {_gist(first.data)}"
            if explain:
                yield from _explained(first.data)


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
        yield click.style(text, dim=True) if number == 0 else click.style(text, fg=_STATE_COLOURS[rows[number - 1]["state"]])


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
