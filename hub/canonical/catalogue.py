"""What events exist and which fields they have: the Avro files, read once into values.

The one rule: `schemas/avro/` is the only source of an event's shape. Whoever needs to know whether a field is mandatory,
closed, dated or secret asks here; nobody types a field list twice.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Final

#: A schema as `json` reads it.
Schema = dict[str, Any]

#: Aggregates whose topic and key the contract names; ``clock`` and ``receipt`` stand beside them.
AGGREGATES: Final = ("inspection", "matter", "complaint", "clock", "receipt")

_FILE: Final = re.compile(r"(?P<name>[a-z]+(?:\.[a-z]+)+)\.v(?P<version>[1-9][0-9]*)\.avsc")
_KINDS: Final[Mapping[str, str]] = {"string": "string", "long": "int", "boolean": "bool"}
_CLASS_WORDS: Final[Mapping[str, str]] = {"pub": "", "int": ""}


class CatalogueError(Exception):
    """A schema file that does not follow the conventions of `schemas/avro/README.md`."""


@dataclass(frozen=True, slots=True, eq=False)
class Field:
    """One field of an event or of a block inside it. Compared by identity, as everything of the catalogue."""

    name: str
    kind: str  #: ``string``, ``int``, ``bool`` or ``record``
    many: bool  #: a list of *kind*
    mandatory: bool
    conditional: bool  #: optional by form, mandatory under a condition of the contract
    label: str  #: the class as written: ``pub``, ``int`` or letters of ``wpsi``
    classes: frozenset[str]  #: letters of ``wpsi``, its own and those of every block around it
    person_classes: frozenset[str]  #: letters added when the block's ``subjectType`` is PERSON
    form: str  #: ``dt`` ``date`` ``dateOrDt`` ``uscc`` ``idNo`` ``party`` ``partyOrWord`` or empty
    enum: tuple[str, ...]  #: the closed list, empty if open
    record: Record | None  #: what stands inside when *kind* is ``record``
    doc: str  #: ``中文 / English``
    defaults_to_null: bool  #: says so itself, as every optional field must


@dataclass(frozen=True, slots=True, eq=False)
class Record:
    """A block or an object: named fields in schema order. A cheap dictionary key."""

    name: str
    fields: tuple[Field, ...]


@dataclass(frozen=True, slots=True, eq=False)
class EventType:
    """One version of one event type. Compared by identity, so that it is a cheap dictionary key."""

    name: str  #: short name, ``matter.lead.transferred``
    version: int
    schema_id: int  #: the 4-byte id of the Confluent wire format
    doc: str  #: ``中文 / English``
    basis: str  #: legal basis, empty where the contract names none
    record: Record
    avro: Schema = field(repr=False)  #: self-contained Avro schema: each block spelt out where it first stands
    aggregate: str  #: first word of the name
    legal_time_field: str  #: the first top-level mandatory datetime; empty for hub events without one

    @property
    def title(self) -> str:
        """Official Chinese name."""
        return self.doc.partition(" / ")[0]

    @property
    def title_en(self) -> str:
        """English name."""
        return self.doc.partition(" / ")[2]

    @property
    def fields(self) -> tuple[Field, ...]:
        """Top-level fields in schema order."""
        return self.record.fields

    @property
    def full_name(self) -> str:
        """Full name of the Avro record."""
        return f"{self.avro['namespace']}.{self.avro['name']}"

    def legal_time(self, data: Mapping[str, Any]) -> str:
        """Legal time of *data* as written, or an empty string for a hub event without one."""
        return str(data.get(self.legal_time_field, ""))

    def key_of(self, data: Mapping[str, Any]) -> str:
        """Aggregate key inside *data*; empty if it is not there, which `check` refuses."""
        match self.aggregate:
            case "inspection":
                if "uscc" in data:
                    return str(data["uscc"])
                subject = data.get("subject")
                return str(subject.get("uscc", "")) if isinstance(subject, Mapping) else ""
            case "matter":
                return str(data.get("correlationId", ""))
            case "complaint":
                return str(data.get("complaintId", ""))
            case "receipt":
                return str(data.get("eventId", ""))
            case _:
                # A calendar belongs to no aggregate: its year keeps all notices about it in one order.
                return str(data.get("key", data.get("year", "")))


class Catalogue(Mapping[str, EventType]):
    """Every event type by short name; each name gives its newest version."""

    def __init__(self, versions: Mapping[str, tuple[EventType, ...]], blocks: Mapping[str, Schema]) -> None:
        self.versions = versions  #: all versions of a name, oldest first
        self.blocks = blocks  #: the shared blocks' schemas by name
        self.by_id: Mapping[int, EventType] = {t.schema_id: t for every in versions.values() for t in every}
        self._newest = {name: every[-1] for name, every in versions.items()}

    @staticmethod
    def load() -> Catalogue:
        """The catalogue of this installation, read once per process."""
        return _load()

    @staticmethod
    def read(folder: Path) -> Catalogue:
        """The catalogue in *folder*, read anew."""
        return _read(folder)

    def __getitem__(self, name: str) -> EventType:
        return self._newest[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._newest)

    def __len__(self) -> int:
        return len(self._newest)


def schema_folder() -> Path:
    """Where the schema files are: beside the code in a checkout, under the interpreter's ``share`` when installed."""
    checkout = Path(__file__).resolve().parents[2] / "schemas" / "avro"
    return checkout if checkout.is_dir() else Path(sys.prefix) / "share" / "enforcement-hub" / "schemas" / "avro"


@cache
def _load() -> Catalogue:
    return _read(schema_folder())


def _read(folder: Path) -> Catalogue:
    blocks = {}
    for path in sorted((folder / "blocks").glob("*.avsc")):
        block: Schema = json.loads(path.read_text("utf-8"))
        blocks[block["name"]] = block
    versions: dict[str, list[EventType]] = {}
    for path in sorted(folder.glob("*.avsc")):
        event = _event_type(path, blocks)
        versions.setdefault(event.name, []).append(event)
    if not versions:
        raise CatalogueError(f"no event schemas in {folder}")
    everything = [event for every in versions.values() for event in every]
    if len({event.schema_id for event in everything}) != len(everything):
        raise CatalogueError("a schema id is used twice")
    ordered = sorted(versions.items(), key=lambda item: min(event.schema_id for event in item[1]))
    return Catalogue({name: tuple(sorted(every, key=lambda e: e.version)) for name, every in ordered}, blocks)


def _event_type(path: Path, blocks: Mapping[str, Schema]) -> EventType:
    named = _FILE.fullmatch(path.name)
    schema: Schema = json.loads(path.read_text("utf-8"))
    if named is None or schema.get("x-type") != named["name"]:
        raise CatalogueError(f"{path.name}: the file is named <x-type>.v<n>.avsc")
    if named["name"].partition(".")[0] not in AGGREGATES:
        raise CatalogueError(f"{path.name}: unknown aggregate")
    try:
        return event_type_of(_spelt_out(schema, blocks, set()), named["name"], int(named["version"]))
    except KeyError as error:
        raise CatalogueError(f"{path.name}: {error.args[0]!r} is missing or names no block") from None


def event_type_of(schema: Schema, name: str, version: int) -> EventType:
    """The event type of a self-contained schema."""
    record = _record(schema, _inner_records(schema), frozenset())
    return EventType(
        name=name,
        version=version,
        schema_id=int(schema["x-id"]),
        doc=schema.get("doc", ""),
        basis=schema.get("x-basis", ""),
        record=record,
        avro=schema,
        aggregate=name.partition(".")[0],
        legal_time_field=next((f.name for f in record.fields if f.form == "dt" and f.mandatory), ""),
    )


def _inner_records(avro: Any) -> dict[str, Schema]:
    """Every record spelt out inside *avro*, by name."""
    if isinstance(avro, list):
        return {name: each for branch in avro for name, each in _inner_records(branch).items()}
    if isinstance(avro, dict):
        if avro["type"] == "array":
            return _inner_records(avro["items"])
        if avro["type"] == "record":
            inside = [_inner_records(each["type"]) for each in avro["fields"]]
            return {avro["name"]: avro} | {name: each for records in inside for name, each in records.items()}
    return {}


def _record(schema: Schema, blocks: Mapping[str, Schema], inherited: frozenset[str]) -> Record:
    return Record(schema["name"], tuple(_field(each, blocks, inherited) for each in schema["fields"]))


def _field(schema: Schema, blocks: Mapping[str, Schema], inherited: frozenset[str]) -> Field:
    avro = schema["type"]
    mandatory = not isinstance(avro, list)
    if not mandatory:
        if len(avro) != 2 or avro[0] != "null":
            raise CatalogueError(f'{schema["name"]}: an optional field is ["null", type]')
        avro = avro[1]
    many = isinstance(avro, dict) and avro["type"] == "array"
    if many:
        avro = avro["items"]
    label = schema.get("x-class", "")
    classes = inherited | frozenset(_CLASS_WORDS.get(label, label))
    kind = _KINDS.get(avro, "record") if isinstance(avro, str) else "record"
    return Field(
        name=schema["name"],
        kind=kind,
        many=many,
        mandatory=mandatory,
        conditional=schema.get("x-required") == "conditional",
        label=label,
        classes=classes,
        person_classes=frozenset(schema.get("x-class-person", "")),
        form=schema.get("x-form", ""),
        enum=tuple(schema.get("x-enum", ())),
        record=None if kind != "record" else _record(blocks[avro] if isinstance(avro, str) else avro, blocks, classes),
        doc=schema.get("doc", ""),
        defaults_to_null="default" in schema and schema["default"] is None,
    )


def _spelt_out(avro: Any, blocks: Mapping[str, Schema], seen: set[str]) -> Any:
    """The same schema with every block in full where it first stands, by name afterwards, as Avro wants it."""
    if isinstance(avro, list):
        return [_spelt_out(branch, blocks, seen) for branch in avro]
    if isinstance(avro, str):
        if avro not in blocks or avro in seen:
            return avro
        seen.add(avro)
        return _spelt_out(blocks[avro], blocks, seen)
    if avro["type"] == "record":
        fields = [{**each, "type": _spelt_out(each["type"], blocks, seen)} for each in avro["fields"]]
        return {**avro, "fields": fields}
    if avro["type"] == "array":
        return {**avro, "items": _spelt_out(avro["items"], blocks, seen)}
    return avro
