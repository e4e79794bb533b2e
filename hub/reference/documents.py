"""``documents.yaml``: kinds of documents, and which an event must enclose.

The one rule: what is missing is named in the order of the table, so a sender gets the same list every time.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from hub.reference.entry import Entry, Part


class Kind(Entry):
    """One kind of document."""

    title: str


class Required(Entry):
    """A document that an event must enclose."""

    kind: str
    when: str = ""  #: only if this field of the event is there and says something


class Documents(Part):
    """The whole table."""

    kinds: dict[str, Kind]
    required: dict[str, list[Required]]

    def required_of(self, event_type: str, fields: Mapping[str, Any], day: date) -> list[str]:
        """Kinds that an event with *fields* must enclose on *day*. A demand holds for facts of before its law too, until it ends."""
        return [
            each.kind
            for each in self.required.get(event_type, ())
            if (each.until is None or day <= each.until) and (not each.when or fields.get(each.when))
        ]
