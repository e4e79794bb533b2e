"""May this schema follow that one? Avro's rules for the bytes, ours for closed lists, forms and classes.

The one rule: a verdict is about every pair of versions, not the last two. A default dropped in two steps passes step by
step and still cuts the first reader off.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from hub.canonical.catalogue import EventType, Field, Record
from hub.wire.registry import FULL, fingerprint, schema_text

_OPEN: Final = "any text"


def faults_between(old: EventType, new: EventType, level: str) -> list[str]:
    """Why *new* may not stand beside *old* at *level*; empty if it may."""
    if fingerprint(old.avro) == fingerprint(new.avro):
        return []
    found = [f"new cannot read old: {fault}" for fault in _avro_faults(reader=new, writer=old)]
    if level == FULL:
        found += [f"old cannot read new: {fault}" for fault in _avro_faults(reader=old, writer=new)]
    found += _field_faults(old.record, new.record, level, "")
    return found


def _avro_faults(*, reader: EventType, writer: EventType) -> list[str]:
    # Apache Avro's checker is a tool of development and stays out of the running hub.
    import avro.schema  # noqa: PLC0415
    from avro.compatibility import ReaderWriterCompatibilityChecker, SchemaCompatibilityType  # noqa: PLC0415

    verdict = ReaderWriterCompatibilityChecker().get_compatibility(  # type: ignore[no-untyped-call]
        avro.schema.parse(schema_text(reader.avro)), avro.schema.parse(schema_text(writer.avro))
    )
    if verdict.compatibility is SchemaCompatibilityType.compatible:
        return []
    return sorted(str(message) for message in verdict.messages) or ["incompatible"]


def _field_faults(old: Record, new: Record, level: str, path: str) -> Iterator[str]:
    newer = {field.name: field for field in new.fields}
    for before in old.fields:
        after = newer.get(before.name)
        if after is None:
            continue
        where = f"{path}{before.name}"
        if not before.classes <= after.classes or not before.person_classes <= after.person_classes:
            yield f"{where}: a class was taken away, receivers would see more"
        if before.form != after.form:
            yield f"{where}: its form was {before.form or _OPEN} and is {after.form or _OPEN}"
        yield from (f"{where}: {fault}" for fault in _enum_faults(before, after, level))
        if before.record is not None and after.record is not None:
            yield from _field_faults(before.record, after.record, level, f"{where}.")


def _enum_faults(before: Field, after: Field, level: str) -> Iterator[str]:
    if after.enum and (not before.enum or not set(before.enum) <= set(after.enum)):
        yield "the closed list no longer holds every old value"
    if level == FULL and before.enum and (not after.enum or not set(after.enum) <= set(before.enum)):
        yield "the closed list holds values that old readers do not know"
