"""Which outside systems there are, and how each talks.

The one rule: explicit tables; nothing is found by scanning. `CONNECTORS` is what is shipped; what an installation adds is told
by `install` at the start of a process.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any, Final

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from connectors import formats
from connectors.mapping import MappedDialect, MappingInvalid
from connectors.mapping import load as load_mapping
from connectors.mapping.document import load as load_document
from connectors.protocol import Draft, Envelope, Format, NotUnderstood, Row

HERE: Final = Path(__file__).parent

#: Dialect -> folder. One line per system.
CONNECTORS: Final[Mapping[str, str]] = {
    "yjj-json": "yjj",
    "rsj-csv": "rsj",
    "swj-xml": "swj",
    "zhifa-json": "zhifa",
    "gongan-xml": "gongan",
    "fayuan-json": "fayuan",
    "jtw-csv": "jtw",
    "wlj-form": "wlj",
    "rexian-json": "rexian",
    "jcy-xml": "jcy",
    "nyncj-xlsx": "nyncj",
    "zrghj-json": "zrghj",
    "zjj-xml": "zjj",
    "sthjj-jsonl": "sthjj",
}


#: Dialect -> folder of what the installation has beside it.
_own: dict[str, Path] = {}


class UnknownDialect(LookupError):
    """No connector speaks this dialect."""


class _Declared(BaseModel):
    """``connector.yaml``: what a system is, beside its mapping."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    title: str
    dialect: str = Field(pattern=r"^[a-z0-9-]{1,32}$")
    parties: tuple[str, ...] = Field(min_length=1)
    kinds: tuple[str, ...]
    content_types: tuple[str, ...] = Field(min_length=1)


@dataclass(frozen=True, slots=True)
class System:
    """One outside system: the facts of its ``connector.yaml`` and its compiled dialect."""

    folder: Path
    title: str
    parties: tuple[str, ...]  #: party codes, or patterns, for which it speaks; the first owns the connection
    kinds: tuple[str, ...]  #: ways of exchange: ``http``, ``file``
    content_types: tuple[str, ...]
    dialect: MappedDialect
    format: Format
    logged: Format  #: in which its records lie in the log

    @property
    def owner(self) -> str:
        """The party whose topic its records go to."""
        return self.parties[0]

    def speaks_for(self, party: str) -> bool:
        """May a record of this system name *party*?"""
        return any(fnmatchcase(party, pattern) for pattern in self.parties)

    def cases(self) -> Iterator[tuple[Path, Path]]:
        """The examples beside the mapping: (sample, expected events)."""
        for test in load_document(self.folder / "mapping.yaml").get("tests", ()):
            yield self.folder / test["file"], self.folder / test["expect"]


def install(dialects: Mapping[str, Path]) -> None:
    """Let *dialects*, each with its folder, be known beside those shipped, instead of what was told before."""
    _own.clear()
    _own.update(dialects)
    system.cache_clear()


def names() -> tuple[str, ...]:
    """Every dialect."""
    return (*CONNECTORS, *_own)


def folder_of(dialect: str) -> Path:
    """Where its files are. Raise `UnknownDialect`."""
    if dialect in CONNECTORS:
        return HERE / CONNECTORS[dialect]
    try:
        return _own[dialect]
    except KeyError:
        raise UnknownDialect(dialect) from None


@cache
def system(dialect: str) -> System:
    """The system that speaks *dialect*, compiled on first use. Raise `UnknownDialect` or `MappingInvalid`."""
    folder = folder_of(dialect)
    declared = _declared(folder / "connector.yaml")
    if declared.dialect != dialect:
        raise MappingInvalid(f"{folder}/connector.yaml speaks {declared.dialect}, not {dialect}")
    mapping = folder / "mapping.yaml"
    declared_format = formats.make(load_document(mapping)["format"])
    return System(
        folder=folder,
        title=declared.title,
        parties=declared.parties,
        kinds=declared.kinds,
        content_types=declared.content_types,
        dialect=load_mapping(mapping, dialect),
        format=declared_format,
        logged=formats.logged(declared_format),
    )


def _declared(path: Path) -> _Declared:
    try:
        return _Declared.model_validate(yaml.safe_load(path.read_text("utf-8")))
    except (yaml.YAMLError, ValidationError) as error:
        raise MappingInvalid(f"{path}: {error}") from None


def dialect(name: str) -> MappedDialect:
    """The dialect *name*."""
    return system(name).dialect


def for_party(code: str) -> tuple[str, ...]:
    """Names of the dialects in which *code* speaks and is spoken to."""
    return tuple(name for name in names() if system(name).speaks_for(code))


def rows(dialect: str, value: bytes, content_type: str = "", *, logged: bool = False) -> list[Row]:
    """The records in *value*, a broken one as a row with its error. Raise `NotUnderstood` for the whole.

    *logged*: at a door or in the log, where a workbook is never opened: that costs a process and seconds of everybody's.
    """
    spoken = system(dialect)
    given = content_type.partition(";")[0].strip().lower() if content_type else ""
    if given and given not in spoken.content_types:
        raise NotUnderstood(
            f"内容类型 {given[:60]} 不是该方言的", detail_en=f"content type is not one of {', '.join(spoken.content_types)}",
            suggestion=f"请使用 {spoken.content_types[0]}",
        )  # fmt: skip
    return (spoken.logged if logged else spoken.format).decode(value)


def read(dialect: str, value: bytes, content_type: str = "", *, logged: bool = False) -> list[Draft]:
    """Every event that the bytes of a peer tell. Pure. Raise `NotUnderstood` for the first thing that is not understood."""
    drafts: list[Draft] = []
    reads = system(dialect).dialect.read
    for row in rows(dialect, value, content_type, logged=logged):
        if row.error is not None:
            raise row.error
        assert row.record is not None
        drafts.extend(reads(row.record))
    return drafts


def write(dialect: str, event_type: str, data: Mapping[str, Any], envelope: Envelope) -> bytes | None:
    """An event in the words of a peer; None if this peer is not told about such events. Pure."""
    spoken = system(dialect)
    record = spoken.dialect.write(event_type, data, envelope)
    return None if record is None else spoken.format.encode([record])
