"""The fields of an event as places that a sample's column may go to.

The one rule: the schema decides what is mandatory; nothing here knows an event by name.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from hub.canonical.catalogue import EventType, Field


@dataclass(frozen=True, slots=True)
class Target:
    """One single value of an event."""

    path: str  #: ``subject.name``, ``itemResults.code``
    field: Field
    around: tuple[Field, ...]  #: the blocks and lists it stands in, the outermost first
    mandatory: bool  #: must be there whenever the blocks around it are

    @property
    def list(self) -> str:
        """Path of the list it stands in; empty if in none."""
        names = self.path.split(".")
        return next((".".join(names[: at + 1]) for at, each in enumerate(self.around) if each.many), "")

    @property
    def title(self) -> str:
        """Official Chinese name."""
        return self.field.doc.partition(" / ")[0]

    @property
    def always(self) -> bool:
        """Must it be there whatever else is?"""
        return self.mandatory and all(each.mandatory for each in self.around)


def targets(event: EventType) -> list[Target]:
    """Every single value of *event*, in the order of the schema."""
    return list(_targets(event.fields, "", ()))


def _targets(fields: Sequence[Field], at: str, around: tuple[Field, ...]) -> Iterator[Target]:
    for each in fields:
        path = f"{at}.{each.name}" if at else each.name
        if each.record is not None:
            yield from _targets(each.record.fields, path, (*around, each))
        else:
            yield Target(path, each, around, each.mandatory)
