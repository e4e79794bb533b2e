"""What has been published, and whether the schema files still keep to it.

The one rule: a published file is never edited. A change is a new file with a new id, and it must live beside every
version that was ever published, for their bytes are still in the logs.

`published.lock` names each published file with its id and fingerprint; `history/<type>/<version>.avsc` keeps its text
with all blocks spelt out, because a block edited later would otherwise rewrite the past.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import fastavro
from fastavro.schema import SchemaParseException, UnknownType

from hub.canonical.catalogue import Catalogue, CatalogueError, EventType, Field, Record, event_type_of
from hub.wire.compatibility import faults_between
from hub.wire.guard import registration_faults
from hub.wire.registry import compatibility_of, fingerprint, schema_text

LOCK: Final = "published.lock"
HISTORY: Final = "history"

FORMS: Final = frozenset({"", "dt", "date", "dateOrDt", "uscc", "idNo", "party", "partyOrWord"})
_LABEL: Final = re.compile(r"pub|int|w?p?s?i?")
_WORDS: Final = re.compile(r".*[\u4e00-\u9fff].* / .*[A-Za-z].*")


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong."""

    file: str
    place: str  #: path of the field, empty for the whole file
    what: str
    incompatible: bool = False  #: somebody who keeps to what was published would be cut off


@dataclass(frozen=True, slots=True)
class Published:
    """What the lock says of one file."""

    schema_id: int
    sha256: str


def file_of(event_type: EventType) -> str:
    """Name of an event type's file."""
    return f"{event_type.name}.v{event_type.version}.avsc"


def read_lock(folder: Path) -> dict[str, Published]:
    """The lock of *folder*, empty if nothing has been published."""
    path = folder / LOCK
    if not path.exists():
        return {}
    rows: Mapping[str, Mapping[str, object]] = json.loads(path.read_text("utf-8"))
    return {file: Published(int(str(row["id"])), str(row["sha256"])) for file, row in rows.items()}


def read_history(folder: Path, name: str) -> list[EventType]:
    """Every published version of an event type, oldest first."""
    paths = sorted((folder / HISTORY / name).glob("*.avsc"), key=lambda path: int(path.stem))
    return [event_type_of(json.loads(path.read_text("utf-8")), name, int(path.stem)) for path in paths]


def findings(folder: Path) -> list[Finding]:
    """Everything wrong with the schema files in *folder*."""
    try:
        catalogue = Catalogue.read(folder)
    except CatalogueError as error:
        return [Finding("", "", str(error))]
    lock = read_lock(folder)
    present = {file_of(each) for versions in catalogue.versions.values() for each in versions}
    found = [Finding(f, "", "published and no longer there", incompatible=True) for f in sorted(lock.keys() - present)]
    for versions in catalogue.versions.values():
        history = read_history(folder, versions[0].name)
        for event_type in versions:
            found += _form_findings(event_type)
            found += _history_findings(event_type, lock, history)
    return found


def publish(folder: Path, *, replace: bool = False) -> list[str]:
    """Publish every file that is not published yet; with *replace* edited ones too. Return the files written down."""
    lock = read_lock(folder)
    written = []
    for versions in Catalogue.read(folder).versions.values():
        for event_type in versions:
            file, row = file_of(event_type), Published(event_type.schema_id, fingerprint(event_type.avro))
            if lock.get(file) == row or (file in lock and not replace):
                continue
            lock[file] = row
            text = folder / HISTORY / event_type.name / f"{event_type.version}.avsc"
            text.parent.mkdir(parents=True, exist_ok=True)
            text.write_text(schema_text(event_type.avro) + "\n", "utf-8")
            written.append(file)
    rows = [
        f"  {json.dumps(file)}: {json.dumps({'id': row.schema_id, 'sha256': row.sha256})}"
        for file, row in sorted(lock.items(), key=lambda item: item[1].schema_id)
    ]
    (folder / LOCK).write_text("{\n" + ",\n".join(rows) + "\n}\n", "utf-8")
    return written


def _form_findings(event_type: EventType) -> Iterator[Finding]:
    file = file_of(event_type)
    yield from (Finding(file, "", fault) for fault in registration_faults(event_type.avro))
    try:
        fastavro.parse_schema(event_type.avro)
    except (SchemaParseException, UnknownType) as error:
        yield Finding(file, "", f"is no Avro schema: {error}")
    if not _WORDS.fullmatch(event_type.doc):
        yield Finding(file, "", "doc is not 中文 / English")
    yield from (Finding(file, place, what) for place, what in _record_findings(event_type.record, ""))


def _record_findings(record: Record, path: str) -> Iterator[tuple[str, str]]:
    for field in record.fields:
        where = f"{path}{field.name}"
        yield from ((where, what) for what in _field_findings(field))
        if field.record is not None:
            yield from _record_findings(field.record, f"{where}.")


def _field_findings(field: Field) -> Iterator[str]:
    if not field.label or not _LABEL.fullmatch(field.label):
        yield "x-class is missing or is not pub, int or letters of wpsi"
    if not _WORDS.fullmatch(field.doc):
        yield "doc is not 中文 / English"
    if field.form not in FORMS:
        yield f"x-form {field.form} is unknown"
    if not field.mandatory and not field.defaults_to_null:
        yield "an optional field has the default null"


def _history_findings(
    event_type: EventType, lock: Mapping[str, Published], history: list[EventType]
) -> Iterator[Finding]:
    file = file_of(event_type)
    row = lock.get(file)
    if row is not None:
        if row.schema_id != event_type.schema_id:
            yield Finding(file, "", f"was published with id {row.schema_id}", incompatible=True)
        if row.sha256 != fingerprint(event_type.avro):
            yield Finding(file, "", f"was published and then edited; a change is {event_type.name}.v<n+1>.avsc")
        kept = next((each for each in history if each.version == event_type.version), None)
        if kept is None or fingerprint(kept.avro) != row.sha256:
            yield Finding(file, "", "the history does not hold what the lock says was published")
    level = compatibility_of(event_type)
    for old in history:
        if old.version <= event_type.version:
            for fault in faults_between(old, event_type, level):
                yield Finding(file, "", f"against version {old.version}, {level}: {fault}", incompatible=True)
