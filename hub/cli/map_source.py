"""A mapping as the verbs of `hub map` take it: by the name of its dialect, its file or its folder.

One rule: whatever is wrong with it is said with file and line, and a mapping need not be in the table of systems to be tried.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import orjson

from connectors import formats, registry
from connectors.mapping import MappedDialect, MappingInvalid
from connectors.mapping import compiled as compile_mapping
from connectors.mapping.document import Lined, parse
from connectors.protocol import Draft, Format, NotUnderstood, Record
from hub.cli.exits import Exit, Failed
from hub.cli.language import say

_LINE: Final = re.compile(r"line (\d+)(?:, column \d+)?:? ?")


@dataclass(frozen=True, slots=True)
class Written:
    """A mapping, compiled."""

    path: Path
    dialect: MappedDialect
    format: Format
    document: Lined

    def cases(self) -> Iterator[tuple[Path, Path]]:
        """Its own tests: sample, golden events."""
        for case in self.document.get("tests", ()):
            yield self.path.parent / case["file"], self.path.parent / case["expect"]

    def records(self, value: bytes) -> list[tuple[int, Record]]:
        """The records of *value* with their numbers. Raise `NotUnderstood`."""
        found = []
        for row in self.format.decode(value):
            if row.error is not None or row.record is None:
                raise row.error or NotUnderstood("")
            found.append((row.number, row.record))
        return found


def path_of(name: str) -> Path:
    """The file that *name* means."""
    places = {dialect: registry.folder_of(dialect) for dialect in registry.names()}
    for folder in (places.get(name), *(each for each in places.values() if each.name == name)):
        if folder is not None:
            return folder / "mapping.yaml"
    path = Path(name) / "mapping.yaml" if Path(name).is_dir() else Path(name)
    if path.is_file():
        return path
    there = ", ".join(registry.names())
    raise Failed(
        Exit.NOT_FOUND,
        say(f"没有映射 {name}。有: {there},或给出文件", f"no mapping {name}. There are: {there}, or name a file"),
    )


def compiled(path: Path, text: str | None = None) -> Written:
    """The mapping of *path*, or *text* in its place. Raise `MappingInvalid`."""
    document = parse(path.read_text("utf-8") if text is None else text, path)
    try:
        dialect = compile_mapping(document, path, path.parent.name)
        made = formats.make(document["format"])
    except (OSError, KeyError, TypeError) as error:
        raise MappingInvalid(f"{path}: line {document.lines.get('format', 1)}: {error}") from None
    return Written(path, dialect, made, document)


def opened(name: str) -> Written:
    """As `compiled`, for a verb that can do nothing without it."""
    try:
        return compiled(path_of(name))
    except MappingInvalid as error:
        raise Failed(Exit.CONFIGURATION, str(error)) from None


def faults(error: MappingInvalid, path: Path) -> list[tuple[int, str]]:
    """The faults of *path* with their lines, 0 where the whole is meant."""
    lines = str(error).removeprefix(f"{path}: ").splitlines()
    told = [line.strip() for line in lines[1:] if line.startswith("  line ")] or [" ".join(lines)]
    found = []
    for each in told:
        place = _LINE.search(each)
        found.append((int(place[1]) if place else 0, _LINE.sub("", each, count=1)))
    return found


def as_golden(draft: Draft) -> dict[str, Any]:
    """A draft in the form of the golden events."""
    return {"type": draft.type, "ownId": draft.own_id, "party": draft.party, "data": draft.data}


def golden(path: Path) -> Any:
    """What a case expects."""
    return orjson.loads(path.read_bytes())


def told(error: NotUnderstood) -> str:
    """Everything that a sender is told, in a line."""
    value = f"={error.value!r}" if error.value else ""
    hint = f"; {error.suggestion}" if error.suggestion else ""
    rule = f" [{error.rule}]" if error.rule else ""
    return f"{error.code} {error.source}{value} {say(error.detail, error.detail_en)}{hint}{rule}"
