"""What happened, as rows of a table: time, who → whom, which event, about what, with which result.

The one rule: one row for one happening, whoever was told of it; a row's cells are plain text, colour is put on outside.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from hub.canonical.catalogue import Catalogue
from hub.cli.language import say
from hub.play.near import written
from hub.play.outcome import Arrived, Emitted, Turned
from hub.play.subject import subject
from hub.reference import Reference

#: Fields that tell most about an event, shown in this order; ``--explain`` shows all.
_TELLING: Final = (
    "decision", "code", "state", "sub", "reason", "cause", "jointId", "holdRef", "kind", "role", "lead", "leadRule", "window",
    "ownerSector", "ownerTerritory", "copyTo", "toParty", "task", "needs", "police", "enterpriseCount", "complete", "missing",
)  # fmt: skip
_HUB: Final = say("枢纽", "hub")

Step = Arrived | Emitted | Turned


@dataclass(frozen=True, slots=True)
class Line:
    """One row, and what it tells of."""

    mark: str  #: ▸ fact, ● decision, → delivery of a fact, ✗ refusal, · tick
    cells: tuple[str, str, str, str, str]  #: time, who → whom, event, subject, result
    step: Step
    projections: tuple[tuple[str, str], ...] = ()  #: who got how much of it


def painted() -> bool | None:
    """For `click.echo`: never in colour if NO_COLOR is set (no-color.org); else as the terminal has it."""
    return False if os.environ.get("NO_COLOR") else None


def title(event: str) -> str:
    """Name of an event type in the reader's language, "" if it has none."""
    known = Catalogue.load().get(event)
    return say(known.title, known.title_en) if known else ""


def gist(data: Mapping[str, Any], reference: Reference) -> str:
    """The telling part of a decision; a clock by the name that *reference* gives it."""
    if "clockId" in data:
        return _clock(data, reference)
    about = subject(data)
    shown = ((name, data[name]) for name in _TELLING if name in data and data[name] != about)
    return "  ".join(f"{name}={_value(value)}" for name, value in shown)


def _clock(data: Mapping[str, Any], reference: Reference) -> str:
    rule = reference.clocks.get(data["clock"])
    due = str(data.get("dueAt") or "")[:16].replace("T", " ")  # none while the period rests
    ended = str(data.get("endedAt") or "")[:16].replace("T", " ")
    parts = [
        f"{data['clock']}({data['reading']})",
        say(f"至 {due}", f"due {due}") if due else "",
        say("暂定", "provisional") if data.get("provisional") else "",
        say(f"办结 {ended}", f"ended {ended}") if ended else "",
        rule.title if rule else "",
    ]
    return "  ".join(filter(None, parts))


def _value(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, Mapping) and set(value) == {"from", "to"}:
        return f"{value['from']}..{value['to']}"
    if isinstance(value, list | tuple) and all(isinstance(one, str) for one in value):
        return ",".join(value)
    return written(value)


def story(steps: Sequence[Step], reference: Reference) -> Iterator[Line]:
    """*steps* as rows; the copies of one event are one row."""
    at = 0
    while at < len(steps):
        step, end = steps[at], at + 1
        while end < len(steps) and _copy_of(step, steps[end]):
            end += 1
        copies = [one for one in steps[at:end] if isinstance(one, Emitted) and one.to]
        yield _line(step, tuple((one.to, one.projection) for one in copies), reference)
        at = end


def _copy_of(step: Step, other: Step) -> bool:
    return (
        isinstance(step, Emitted)
        and isinstance(other, Emitted)
        and bool(other.to)
        and (other.event, other.at, other.cause) == (step.event, step.at, step.cause)
    )


def _line(step: Step, copies: tuple[tuple[str, str], ...], reference: Reference) -> Line:
    at = step.at[:16].replace("T", " ")
    whom = " ".join(party for party, _ in copies)
    match step:
        case Arrived(event=""):
            return Line("·", (at, "", say("时间推移", "time passes"), "", ""), step)
        case Arrived():
            return Line("▸", (at, f"{step.party} → {_HUB}", _event(step.event), step.subject, ""), step)
        case Turned():
            return Line("✗", (at, f"{_HUB} → {step.party}", _event(step.event), step.id, step.code), step)
        case Emitted(to=""):
            who = f"{_HUB} → {whom}" if whom else _HUB
            return Line(
                "●", (at, who, _event(step.event), subject(step.data), gist(step.data, reference)), step, copies
            )
    return Line("→", (at, f"{_HUB} → {whom}", _event(step.event), subject(step.data), ""), step, copies)


def _event(event: str) -> str:
    return f"{event} {title(event)}".strip()
