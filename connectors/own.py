"""This installation's own connectors, and its connections: ``connectors.yaml`` in the folder that ``HUB_CONNECTORS_DIR`` names.

    dialects:                 # its own systems beside those shipped: dialect -> folder beside this file
      lhj-csv: lhj
    connections:              # ways to systems, its own or shipped, beside the drop folders that every system has
      lhj-night: {dialect: lhj-csv, kind: sftp, settings: {host: 10.20.0.7, …}}

The one rule: everything is judged when the file is read, before anything is connected; every fault is told at once.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from connectors import kinds, registry
from connectors.kind import Connection
from connectors.mapping import MappingInvalid

FILE: Final = "connectors.yaml"


class OwnInvalid(Exception):
    """The file, or a folder it names, is wrong; one line for each fault."""


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    dialect: str
    kind: str
    party: str = ""
    settings: dict[str, Any] = Field(default_factory=dict)


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    dialects: dict[str, str] = Field(default_factory=dict)
    connections: dict[str, _Entry] = Field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Own:
    """What the file says."""

    folder: Path
    dialects: Mapping[str, Path] = field(default_factory=dict)
    entries: Mapping[str, _Entry] = field(default_factory=dict)

    def owners(self) -> Iterator[tuple[str, str]]:
        """(party, dialect) of each of its own systems: the ingress topics they need."""
        for dialect in self.dialects:
            yield registry.system(dialect).owner, dialect

    def connections(self, parties: Collection[str]) -> dict[str, Connection]:
        """Every connection by its name. Raise `OwnInvalid`."""
        found: dict[str, Connection] = {}
        faults: list[str] = []
        for name, entry in self.entries.items():
            try:
                found[name] = _connection(name, entry, self.folder, parties)
            except (ValueError, LookupError, MappingInvalid) as error:
                faults += [f"{self.folder / FILE}: connections.{name}: {line}" for line in _told(error)]
        held: dict[tuple[str, str], str] = {}
        for name, each in found.items():
            other = held.setdefault((each.party, each.kind), name)
            if other != name:  # both would read the same place in the party's deliveries
                faults.append(
                    f"{self.folder / FILE}: connections.{name}: {each.party} 已有 {each.kind} 连接 {other} / has one already"
                )
        if faults:
            raise OwnInvalid("\n".join(faults))
        return found


def install(folder: Path) -> Own:
    """Read the file in *folder* and make its dialects known; nothing there means nothing of its own. Raise `OwnInvalid`."""
    path = folder / FILE
    try:
        said = _File.model_validate(yaml.safe_load(path.read_text("utf-8")) or {})
    except FileNotFoundError:
        said = _File()
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise OwnInvalid(f"{path}: {error}") from None
    except ValidationError as error:
        raise OwnInvalid("\n".join(f"{path}: {line}" for line in _told(error))) from None
    dialects = {dialect: folder / place for dialect, place in said.dialects.items()}
    shipped = sorted(dialects.keys() & registry.CONNECTORS.keys())
    if shipped:
        raise OwnInvalid(f"{path}: dialects: {'、'.join(shipped)} 已随附 / is shipped already")
    registry.install(dialects)
    try:
        for dialect in dialects:
            registry.system(dialect)
    except (MappingInvalid, OSError, LookupError) as error:
        raise OwnInvalid(f"{path}: dialects: {error}") from None
    return Own(folder, dialects, said.connections)


def _connection(name: str, entry: _Entry, folder: Path, parties: Collection[str]) -> Connection:
    system = registry.system(entry.dialect)
    party = entry.party or system.owner
    if party not in parties:
        raise ValueError(f"没有这样的单位 {party} / no such party")
    if not system.speaks_for(party):
        raise ValueError(f"{entry.dialect} 不是 {party} 的方言 / is no dialect of this party")
    settings = kinds.kind(entry.kind).settings.model_validate(entry.settings)
    return Connection(name, party, system, entry.kind, settings, folder)


def _told(error: Exception) -> list[str]:
    match error:
        case ValidationError():
            return [f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors()]
        case kinds.UnknownKind():
            return [f"没有方式 {error}。有: {'、'.join(kinds.KINDS)} / no such kind"]
        case registry.UnknownDialect():
            return [f"没有方言 {error}。有: {'、'.join(registry.names())} / no such dialect"]
    return [str(error)]
