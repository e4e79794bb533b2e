"""What a party may see of an event: the projection of the contract, §9.

The one rule: a field is kept only if every one of its classes is kept; what is not named by the catalogue is never let through.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import cache
from typing import Any, Final

from hub.canonical.catalogue import Catalogue, EventType, Field, Record
from hub.canonical.event import Event
from hub.canonical.identifiers import birth_date

#: Classes a projection drops: w work secret, p personal, s sensitive personal, i informant. FULL drops nothing, STUB goes by name.
DROPPED: Final[Mapping[str, frozenset[str]]] = {
    "FULL": frozenset(),
    "WORK": frozenset("si"),
    "SUPER": frozenset("psi"),
    "OPEN": frozenset("wpsi"),
}

#: What a STUB keeps besides ids, numbers, parties and times.
_STUB_NAMES: Final = frozenset(("state", "sub", "outcome", "code", "legalAt"))
_ADULT: Final = 18


def project(event: Event, projection: str) -> dict[str, Any]:
    """The data of *event* as *projection* shows it."""
    event_type = Catalogue.load()[event.type]
    if projection == "STUB":
        keep = _stub_fields(event_type)
        return {name: value for name, value in event.data.items() if name in keep}
    if projection == "FULL":
        return dict(event.data)
    day = date.fromisoformat(event.time[:10])
    shown = _record(event_type.record, event.data, DROPPED[projection], day)
    if _has_minor(event_type.record, event.data, day):
        for name in _personal_texts(event_type):
            shown.pop(name, None)
    return shown


def _record(record: Record, value: Mapping[str, Any], dropped: frozenset[str], day: date) -> dict[str, Any]:
    shown: dict[str, Any] = {}
    for name, block in _kept(record, dropped, value.get("subjectType") == "PERSON"):
        if name not in value:
            continue
        part = value[name] if block is None else _inside(block, value[name], dropped, day)
        if part is not None:
            shown[name] = part
    return shown


@cache
def _kept(record: Record, dropped: frozenset[str], person: bool) -> tuple[tuple[str, Field | None], ...]:
    """The fields of *record* of which anything may be shown: the name alone, or with the field of a block to look into."""
    return tuple(
        (field.name, None if field.record is None else field)
        for field in record.fields
        if field.record is not None or not (field.classes | (field.person_classes if person else frozenset())) & dropped
    )


def _inside(field: Field, value: Any, dropped: frozenset[str], day: date) -> Any:
    """The part of a block, or of a list of them, that is shown; None if nothing of it is left."""
    if field.many:
        parts = [part for part in (_block(field, one, dropped, day) for one in value) if part]
        return parts if parts or not value else None
    return _block(field, value, dropped, day) or None


def _block(field: Field, value: Mapping[str, Any], dropped: frozenset[str], day: date) -> dict[str, Any]:
    assert field.record is not None
    if field.record.name == "Subject" and is_minor(value, day):
        # A child is nobody's business but the receiver's who must act: 未成年人保护法, contract §9.
        return {} if field.classes & dropped else {"subjectType": value["subjectType"], "isMinor": True}
    return _record(field.record, value, dropped, day)


def is_minor(subject: Mapping[str, Any], day: date) -> bool:
    """Is the person of a ``Subject`` a child on *day*? The number of the identity card overrides what is said."""
    number = subject.get("idNo")
    if number is None:
        return bool(subject.get("isMinor"))
    born = birth_date(number)
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day)) < _ADULT


def _has_minor(record: Record, value: Mapping[str, Any], day: date) -> bool:
    for field, inner in _leading_to_subjects(record):
        if field.name not in value:
            continue
        for one in value[field.name] if field.many else (value[field.name],):
            if is_minor(one, day) if inner.name == "Subject" else _has_minor(inner, one, day):
                return True
    return False


@cache
def _leading_to_subjects(record: Record) -> tuple[tuple[Field, Record], ...]:
    """The fields of *record* that are a ``Subject`` or have one inside, each with its record; most events have none."""
    return tuple(
        (field, field.record)
        for field in record.fields
        if field.record is not None and (field.record.name == "Subject" or _leading_to_subjects(field.record))
    )


@cache
def _personal_texts(event_type: EventType) -> tuple[str, ...]:
    return tuple(field.name for field in event_type.fields if field.kind == "string" and "p" in field.classes)


@cache
def _stub_fields(event_type: EventType) -> frozenset[str]:
    return frozenset(
        field.name
        for field in event_type.fields
        if field.record is None
        and not field.many
        and (
            field.name.endswith(("Id", "No"))
            or field.form in ("party", "partyOrWord", "dt")
            or field.name in _STUB_NAMES
        )
        and field.form != "idNo"
    )
