"""What a mapping does with each field of a record: for people who ask where a value went, or where one came from.

The one rule: it asks the compiled mapping and never reads a value itself, so that what it tells is what happens.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from connectors.mapping.dialect import MappedDialect, Message
from connectors.mapping.objects import Step
from connectors.protocol import MASKED, Record

_INDEX: Final = re.compile(r"\[[0-9]+\]")


@dataclass(frozen=True, slots=True)
class Route:
    """One field of an event and where it comes from. Paths have no numbers of list entries."""

    field: str
    sources: tuple[str, ...]
    rule: Mapping[str, Any]
    line: int
    personal: bool

    def told(self) -> str:
        """Its rule as people write it, without what the dictionary and the schema say."""
        return ", ".join(f"{word}: {value}" for word, value in self.rule.items() if word != "map")


@dataclass(frozen=True, slots=True)
class Leg:
    """One value of a record and what became of it."""

    source: str
    value: str
    state: str  #: ``mapped``, ``frame``, ``ignored``, ``unmapped``, or ``added`` for what no source field holds
    field: str = ""
    result: str = ""
    rule: str = ""
    line: int = 0


def routes(message: Message, body: str = "") -> list[Route]:
    """The routes of *message*, whose fields stand in *body*."""
    return list(_routes(message.codec.steps, f"{body}." if body else "", ""))


def _routes(steps: Sequence[Step], base: str, at: str) -> Iterator[Route]:
    for step in steps:
        field = f"{at}{step.name}"
        sources = tuple(base + path for path in step.paths)
        if step.inner:
            below = f"{sources[0]}." if sources else base
            yield from _routes(step.inner, below, f"{field}.")
        else:
            yield Route(field, sources, step.rule, step.line, step.personal)


def leaves(value: Any, at: str = "") -> Iterator[tuple[str, Any]]:
    """Every single value of a record with its path; an empty list or object is one."""
    if isinstance(value, dict) and value:
        for name, inner in value.items():
            yield from leaves(inner, f"{at}.{name}" if at else str(name))
    elif isinstance(value, list) and value and isinstance(value[0], dict | list):
        for number, inner in enumerate(value):
            yield from leaves(inner, f"{at}[{number}]")
    else:
        yield at, value


def journey(dialect: MappedDialect, record: Record) -> list[Leg]:
    """Every value of *record*, then what the mapping adds. Raise `NotUnderstood` as reading does."""
    [draft] = dialect.read(record)
    message = dialect.messages.get(draft.type)
    if message is None:  # a notice: the event as it is
        return [Leg(path, _shown(value, personal=True), "frame") for path, value in leaves(record)]
    known = routes(message, dialect.frame.body)
    by_source = {source: route for route in known for source in route.sources}
    unmapped = frozenset(message.unknown(record) or ())
    data = dict(leaves(draft.data))
    legs, met = [], set[str]()
    frame = dialect.frame
    around = {frame.kind, frame.id, frame.party, frame.sender, frame.sequence}
    for path, value in leaves(record):
        route = by_source.get(_INDEX.sub("", path))
        if route is None:
            state = "frame" if path in around else "unmapped" if _within(path, unmapped) else "ignored"
            legs.append(Leg(path, _shown(value, personal=state == "unmapped"), state))
            continue
        field, result = _landed(route.field, path, data)
        met.add(field)
        legs.append(
            Leg(path, _shown(value, personal=route.personal), "mapped", field, _shown(result, personal=route.personal), route.told(), route.line)
        )  # fmt: skip
    by_field = {route.field: route for route in known}
    for field, result in data.items():
        route = by_field.get(_INDEX.sub("", field))
        if route is not None and field not in met:
            legs.append(Leg("", "", "added", field, _shown(result, personal=route.personal), route.told(), route.line))
    return legs


def _landed(field: str, path: str, data: Mapping[str, Any]) -> tuple[str, Any]:
    """The field with the entry numbers of *path*: a list keeps its order on the way."""
    numbers = _INDEX.findall(path)
    for name, value in data.items():
        if _INDEX.sub("", name) == field:
            there = _INDEX.findall(name)
            if there == (numbers or ["[0]"] * len(there)):
                return name, value
    return field, None


def _within(path: str, unmapped: frozenset[str]) -> bool:
    return any(path == each or path.startswith((f"{each}.", f"{each}[")) for each in unmapped)


def _shown(value: Any, *, personal: bool) -> str:
    return "" if value is None else MASKED if personal else str(value)
