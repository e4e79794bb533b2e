"""``events.yaml``: who may send an event, what must be known first, whether it may happen twice, who is told (contract §3).

The one rule: the shape of an event stands in its schema; here stands only what the schema cannot say.
"""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import Field

from hub.reference.entry import Part


@dataclass(frozen=True, slots=True)
class EventRule:
    """One row of the catalogue."""

    senders: tuple[str, ...]  #: roles of contract §2; HUB = made by the hub
    needs: str = ""  #: entity that must be known first
    once: str = ""  #: "" = may repeat; "entity" = once per entity; else the qualifier's name
    to: tuple[tuple[str, str], ...] = ()  #: (role, projection), in the order of the catalogue


class EventEntry(Part):
    """One row as the file has it."""

    senders: list[str] = Field(alias="from", min_length=1)
    needs: str = ""
    once: bool | str = ""
    to: tuple[str, ...] = ()


def event_rule(entry: EventEntry) -> EventRule:
    """The rule of *entry*."""
    told = (target.partition(":") for target in entry.to)
    return EventRule(
        senders=tuple(entry.senders),
        needs=entry.needs,
        once=("entity" if entry.once else "") if isinstance(entry.once, bool) else entry.once,
        to=tuple((role, projection) for role, _, projection in told),
    )
