"""Which outside systems there are, and how each talks. The one rule: an explicit table; nothing is found by scanning."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any, Final

import yaml

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
    "nyncj-xlsx": "nyncj",
    "zrghj-json": "zrghj",
    "zjj-xml": "zjj",
    "sthjj-jsonl": "sthjj",
}


class UnknownDialect(LookupError):
    """No connector speaks this dialect."""


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


@cache
def system(dialect: str) -> System:
    """The system that speaks *dialect*, compiled on first use. Raise `UnknownDialect` or `MappingInvalid`."""
    try:
        folder = HERE / CONNECTORS[dialect]
    except KeyError:
        raise UnknownDialect(dialect) from None
    declared: Mapping[str, Any] = yaml.safe_load((folder / "connector.yaml").read_text("utf-8"))
    if declared["dialect"] != dialect:
        raise MappingInvalid(f"{folder}/connector.yaml speaks {declared['dialect']}, not {dialect}")
    mapping = folder / "mapping.yaml"
    return System(
        folder=folder,
        title=declared["title"],
        parties=tuple(declared["parties"]),
        kinds=tuple(declared["kinds"]),
        content_types=tuple(declared["content_types"]),
        dialect=load_mapping(mapping, dialect),
        format=formats.make(load_document(mapping)["format"]),
    )


def dialect(name: str) -> MappedDialect:
    """The dialect *name*."""
    return system(name).dialect


def for_party(code: str) -> tuple[str, ...]:
    """Names of the dialects in which *code* speaks and is spoken to."""
    return tuple(name for name in CONNECTORS if system(name).speaks_for(code))


def rows(dialect: str, value: bytes, content_type: str = "", *, logged: bool = False) -> list[Row]:
    """The records in *value*, a broken one as a row with its error. Raise `NotUnderstood` for the whole.

    *logged*: at a door or in the log, where a workbook is never opened: that costs a process and seconds of everybody's.
    """
    spoken = system(dialect)
    given = content_type.partition(";")[0].strip().lower()
    if given and given not in spoken.content_types:
        raise NotUnderstood(
            f"内容类型 {given[:60]} 不是该方言的", detail_en=f"content type is not one of {', '.join(spoken.content_types)}",
            suggestion=f"请使用 {spoken.content_types[0]}",
        )  # fmt: skip
    return (formats.logged(spoken.format) if logged else spoken.format).decode(value)


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
