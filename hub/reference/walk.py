"""Every entry of every table, one after the other, with the file and the place it stands at.

The one rule: whoever shows or checks entries walks here, so an entry that a new table brings is shown and checked too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from pydantic import BaseModel

from hub.reference.entry import Entry
from hub.reference.tables import Tables

#: Files of the folder whose entries state a basis and a validity, by the name of their table.
FILES: Final[Mapping[str, str]] = {
    "parties": "parties.yaml",
    "entrustment": "entrustment.yaml",
    "competence": "competence.yaml",
    "leads": "leads.yaml",
    "documents": "documents.yaml",
    "charges": "charges.yaml",
    "clocks": "clocks.yaml",
    "policy": "policy.yaml",
}


@dataclass(frozen=True, slots=True)
class Placed:
    """An entry and where it stands."""

    file: str
    place: str
    entry: Entry


def entries(tables: Tables, table: str) -> Iterator[Placed]:
    """The entries of one table."""
    for place, entry in _within(getattr(tables, table), ()):
        yield Placed(FILES[table], place, entry)


def all_entries(tables: Tables) -> Iterator[Placed]:
    """The entries of all tables."""
    for table in FILES:
        yield from entries(tables, table)


def _within(value: Any, place: tuple[str, ...]) -> Iterator[tuple[str, Entry]]:
    if isinstance(value, Entry):
        yield ".".join(place), value
    elif isinstance(value, BaseModel):
        for name, field in type(value).model_fields.items():
            yield from _within(getattr(value, name), place if name == "root" else (*place, field.alias or name))
    elif isinstance(value, Mapping):
        for key, each in value.items():
            yield from _within(each, (*place, str(key)))
    elif isinstance(value, Sequence) and not isinstance(value, str):
        for number, each in enumerate(value):
            yield from _within(each, place if len(value) == 1 else (*place, str(number)))
