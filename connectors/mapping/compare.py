"""Two values, or two mappings, side by side: what is different and where.

The one rule: a difference names its path, so that nobody has to search two screens of JSON for it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from connectors.mapping.dialect import MappedDialect
from connectors.mapping.journey import Route, routes
from connectors.mapping.message import Message


@dataclass(frozen=True, slots=True)
class Difference:
    """At *place* there was *before* and is *after*; empty = nothing."""

    place: str
    before: str
    after: str


def values(before: Any, after: Any, at: str = "") -> Iterator[Difference]:
    """Where two events (or lists of them) are different."""
    if isinstance(before, dict) and isinstance(after, dict):
        for name in dict.fromkeys((*before, *after)):
            yield from values(before.get(name), after.get(name), f"{at}.{name}" if at else name)
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for number, (one, other) in enumerate(zip(before, after, strict=True)):
            yield from values(one, other, f"{at}[{number}]")
    elif before != after or type(before) is not type(after):
        yield Difference(at, _told(before), _told(after))


def mappings(before: MappedDialect, after: MappedDialect) -> Iterator[Difference]:
    """Messages and rules that are different."""
    for event in sorted(set(before.messages) | set(after.messages)):
        old, new = before.messages.get(event), after.messages.get(event)
        if old is None or new is None:
            yield Difference(event, old.kind if old else "", new.kind if new else "")
            continue
        if (one := _recognised(old)) != (other := _recognised(new)):
            yield Difference(f"{event} kind", one, other)
        ways = [{route.field: _way(route) for route in routes(each)} for each in (old, new)]
        for field in dict.fromkeys((*ways[0], *ways[1])):
            one, other = ways[0].get(field, ""), ways[1].get(field, "")
            if one != other:
                yield Difference(f"{event} {field}", one, other)
        if old.codec.names.paths() != new.codec.names.paths():
            gone, come = (
                old.codec.names.paths() - new.codec.names.paths(),
                new.codec.names.paths() - old.codec.names.paths(),
            )
            yield Difference(f"{event} names", "、".join(sorted(gone)), "、".join(sorted(come)))


def _recognised(message: Message) -> str:
    """How a record is known to be *message*, and whose event it is."""
    said = (("step", message.step), ("under", message.under), ("party", message.party))
    return " ".join(
        filter(None, (message.kind, message.condition, *(f"{word}: {name}" for word, name in said if name)))
    )


def _way(route: Route) -> str:
    rule = ", ".join(f"{word}: {value}" for word, value in route.rule.items() if word not in {"map", "from", "each"})
    return " ".join(filter(None, ("+".join(route.sources), f"{{{rule}}}" if rule else "")))


def _told(value: Any) -> str:
    if isinstance(value, dict) and "data" in value:  # an event beside a refusal: its name says enough
        return str(value.get("type", ""))
    return "" if value is None else str(value)
