"""What a mapping does with each field of a record: for people who ask where a value went, or where one came from.

The one rule: it asks the compiled mapping and never reads a value itself, so that what it tells is what happens.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from connectors.mapping.dialect import MappedDialect
from connectors.mapping.message import Message
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
    numbered: bool = False  #: its sources are one column for each entry of a list

    def numbers(self, path: str) -> list[str]:
        """The entry whose column *path* is."""
        return [f"[{self.sources.index(path)}]"] if self.numbered and path in self.sources else []

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
    event: str = ""  #: which of the events that the record tells; empty for what belongs to none of them


def routes(message: Message, body: str = "") -> list[Route]:
    """The routes of *message*, whose fields stand in *body*."""
    return list(_routes(message.codec.steps, f"{body}." if body else "", ""))


def _routes(steps: Sequence[Step], base: str, at: str) -> Iterator[Route]:
    for step in steps:
        field = f"{at}{step.name}"
        sources = tuple(base + path for path in step.paths)
        if step.numbered:
            yield from _columns(step, base, field)
        elif step.inner:
            below = f"{sources[0]}." if sources else base
            yield from _routes(step.inner, below, f"{field}.")
        else:
            yield Route(field, sources, step.rule, step.line, step.personal)


def _columns(step: Step, base: str, field: str) -> Iterator[Route]:
    """A list in numbered columns: what counts them, then a route for each kind of column."""
    count, *columns = (base + path for path in step.paths)
    if not step.inner:  # single values are one field of the event
        yield Route(field, (count, *columns), step.rule, step.line, step.personal)
        return
    yield Route(field, (count,), step.rule, step.line, step.personal)
    for inner in _routes(step.inner, base, f"{field}."):
        sources = tuple(f"{path}_{n}" for path in inner.sources for n in range(1, step.numbered + 1))
        yield replace(inner, sources=sources, numbered=len(inner.sources) == 1)


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


@dataclass(frozen=True, slots=True)
class _Told:
    """One event of a record and the ways into it."""

    event: str
    by_source: Mapping[str, Route]
    by_field: Mapping[str, Route]
    data: Mapping[str, Any]
    met: set[str]

    def leg(self, path: str, value: Any) -> Leg | None:
        """What becomes of *value* in this event; None if it has no part in it."""
        route = self.by_source.get(_INDEX.sub("", path))
        if route is None:
            return None
        field, result = _landed(route, path, self.data)
        self.met.add(field)
        return self._made(route, field, result, path, value)

    def added(self) -> Iterator[Leg]:
        """What no source field holds."""
        for field, result in self.data.items():
            route = self.by_field.get(_INDEX.sub("", field))
            if route is not None and field not in self.met:
                yield self._made(route, field, result)

    def _made(self, route: Route, field: str, result: Any, path: str = "", value: Any = None) -> Leg:
        shown = _shown(value, personal=route.personal), _shown(result, personal=route.personal)
        state = "mapped" if path else "added"
        return Leg(path, shown[0], state, field, shown[1], route.told(), route.line, self.event)


def journey(dialect: MappedDialect, record: Record) -> list[Leg]:
    """Every value of *record*, then what the mapping adds to each event. Raise `NotUnderstood` as reading does."""
    frame = dialect.frame
    told: list[_Told] = []
    around = {frame.kind, frame.id, frame.party, frame.sender, frame.sequence, frame.steps}
    unmapped: set[str] = set()
    for draft in dialect.read(record):
        message = dialect.messages.get(draft.type)
        if message is None:  # a notice: the event as it is
            return [Leg(path, _shown(value, personal=True), "frame") for path, value in leaves(record)]
        known = routes(message, frame.body)
        by_source = {source: route for route in known for source in route.sources}
        by_field = {route.field: route for route in known}
        told.append(_Told(draft.type, by_source, by_field, dict(leaves(draft.data)), set()))
        around.add(f"{frame.body}.{message.party}" if frame.body else message.party)
        unmapped.update(message.unknown(record) or ())
    legs: list[Leg] = []
    for path, value in leaves(record):
        found = [leg for each in told if (leg := each.leg(path, value))]
        if not found:
            state = "frame" if path in around else "unmapped" if _within(path, unmapped) else "ignored"
            found = [Leg(path, _shown(value, personal=state == "unmapped"), state)]
        legs += found
    return legs + [leg for each in told for leg in each.added()]


def _landed(route: Route, path: str, data: Mapping[str, Any]) -> tuple[str, Any]:
    """The field with the entry numbers of *path*: a list keeps its order on the way."""
    numbers = _INDEX.findall(path) or route.numbers(path)
    for name, value in data.items():
        if _INDEX.sub("", name) == route.field:
            there = _INDEX.findall(name)
            if there == (numbers or ["[0]"] * len(there)):
                return name, value
    return route.field, None


def _within(path: str, unmapped: Collection[str]) -> bool:
    return any(path == each or path.startswith((f"{each}.", f"{each}[")) for each in unmapped)


def _shown(value: Any, *, personal: bool) -> str:
    return "" if value is None else MASKED if personal else str(value)
