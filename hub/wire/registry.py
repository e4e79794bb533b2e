"""The embedded schema registry: ids, subjects and texts straight from the schema files.

The one rule: an id is written in its file and nowhere else, so that every installation, with or without a registry
beside it, puts the same four bytes before the same datum.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from hub.canonical.catalogue import Catalogue, EventType, Schema
from hub.wire.view import DELIVERY_SUFFIX, delivery_schema

BACKWARD: Final = "BACKWARD_TRANSITIVE"
FULL: Final = "FULL_TRANSITIVE"

#: Old and new readers of these stand side by side in several authorities: both directions must hold.
_FULL_AGGREGATES: Final = frozenset({"matter", "receipt"})


@dataclass(frozen=True, slots=True)
class Registered:
    """One version of one subject."""

    subject: str
    version: int
    schema_id: int
    text: str  #: the self-contained schema as JSON


class Registry:
    """What a Confluent-compatible registry would answer, from the catalogue alone."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._by_id: dict[int, str] = {}
        self._subjects: dict[str, list[Registered]] = {}
        for versions in catalogue.versions.values():
            for event_type in versions:
                self._add(event_type)

    @staticmethod
    def load() -> Registry:
        """The registry of this installation."""
        return _load()

    def text(self, schema_id: int) -> str | None:
        """The schema with that id, of an event or of its delivery view."""
        return self._by_id.get(schema_id)

    def subjects(self) -> list[str]:
        """Subjects of the topics that have one writer of their own: the aggregates, clocks and receipts."""
        return sorted(self._subjects)

    def versions(self, subject: str) -> list[Registered]:
        """All versions, oldest first; empty for an unknown subject."""
        return list(self._subjects.get(subject, ()))

    def _add(self, event_type: EventType) -> None:
        text = schema_text(event_type.avro)
        view = delivery_schema(event_type.avro)
        self._by_id[event_type.schema_id] = text
        self._by_id[view["x-id"]] = schema_text(view)
        subject = subject_of(f"{event_type.aggregate}.event.v1", event_type)
        known = self._subjects.setdefault(subject, [])
        known.append(Registered(subject, len(known) + 1, event_type.schema_id, text))


@cache
def _load() -> Registry:
    return Registry(Catalogue.load())


def subject_of(topic: str, event_type: EventType, *, delivery: bool = False) -> str:
    """Subject of a record type on a topic (TopicRecordNameStrategy), since each topic carries many types."""
    return f"{topic}-{event_type.full_name}{DELIVERY_SUFFIX if delivery else ''}"


def compatibility_of(event_type: EventType) -> str:
    """The level that every pair of versions of this event must keep."""
    return FULL if event_type.aggregate in _FULL_AGGREGATES else BACKWARD


def schema_text(schema: Schema) -> str:
    """*schema* as compact JSON."""
    return json.dumps(schema, ensure_ascii=False, separators=(",", ":"))


def fingerprint(schema: Schema) -> str:
    """SHA-256 of everything in *schema* that readers, writers or projections depend on: all but the words about it.

    Avro's own canonical form leaves out defaults and classes, and a default taken away or a field declassified are
    exactly what must not go unnoticed.
    """
    canonical = json.dumps(_without_words(schema), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def _without_words(part: Any) -> Any:
    if isinstance(part, Mapping):
        return {name: _without_words(value) for name, value in part.items() if name not in ("doc", "x-basis")}
    return [_without_words(each) for each in part] if isinstance(part, list) else part
