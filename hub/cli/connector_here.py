"""What the verbs of `hub connector` work on: the systems and connections of this installation, by any of their names.

One rule: a connector may be named by its dialect, its folder or its connection; a name that means nothing is exit 5, a file that
is wrong exit 3.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from connectors import registry
from connectors.filedrop.kind import FileDrop, FileSettings
from connectors.filedrop.progress import in_log
from connectors.kind import Connection, Site
from connectors.mapping import MappingInvalid
from connectors.own import FILE, Own, OwnInvalid
from connectors.pauses import Pauses
from connectors.serve import now, quota_of
from hub.cli.exits import Exit, Failed
from hub.cli.language import say
from hub.local.discovery import HOME, bootstrap_for, find_running
from hub.local.topics import Installation, installed
from hub.settings import Settings
from hub.topics import Topics


@dataclass(frozen=True)
class Here:
    """This installation."""

    installation: Installation
    connections: Mapping[str, Connection]
    parties: Mapping[str, str]  #: code -> name

    @property
    def settings(self) -> Settings:
        """What the operator has set."""
        return self.installation.settings

    @property
    def own(self) -> Own:
        """What this installation adds to what is shipped."""
        return self.installation.own

    def bootstrap(self, flag: str | None = None) -> str:
        """The cluster: *flag*, else the setting, else that of the hub that runs here. Raise `NoCluster`."""
        return bootstrap_for(flag, self.settings.kafka.bootstrap)

    def topics(self) -> Topics:
        """Of this installation, as they are where it runs."""
        return self.installation.topics("local" if find_running() else None)

    @property
    def drop(self) -> Path:
        """The root of the drop folders: ``HUB_DROP_DIR``, else that of the `hub dev` that runs here."""
        told = os.environ.get("HUB_DROP_DIR")
        return Path(told) if told else self._data("drop")

    @property
    def state(self) -> Path:
        """Where this machine's processes keep their state."""
        told = "state_dir" in self.settings.model_fields_set
        return self.settings.state_dir if told else self._data("state")

    @property
    def pauses(self) -> Pauses:
        """What a person has stopped."""
        return Pauses.under(self.state)

    def site(self) -> Site:
        """What a connection is lent, to be looked at from the command line."""
        return Site(self.drop, self.state, self.parties, now, in_log(), quota_of(self.settings))

    def every(self) -> dict[str, Connection]:
        """Each connection, those that every system with drop folders has among them."""
        found = dict(self.connections)
        dropping = {each.system.dialect.name for each in found.values() if each.kind == FileDrop.name}
        for dialect in registry.names():
            system = system_of(dialect)
            if "file" in system.kinds and dialect not in dropping:
                found.setdefault(
                    dialect, Connection(dialect, system.owner, system, FileDrop.name, FileSettings(), self.drop)
                )
        return found

    def dialect(self, name: str) -> str:
        """The dialect that *name* means."""
        if name in registry.names():
            return name
        if name in self.connections:
            return self.connections[name].system.dialect.name
        for dialect in registry.names():
            if registry.folder_of(dialect).name == name:
                return dialect
        raise self.nothing(name)

    def connection(self, name: str) -> Connection:
        """The connection that *name* means: its own name, else that of its system."""
        every = self.every()
        if name in every:
            return every[name]
        dialect = self.dialect(name)
        for each in every.values():
            if each.system.dialect.name == dialect:
                return each
        raise Failed(
            Exit.NOT_FOUND,
            say(
                f"{name} 没有连接: 请在 {self.own.folder / FILE} 的 connections 下补一条,或经 HTTP 报送",
                f"{name} has no connection: add one under connections in {self.own.folder / FILE}, or send over HTTP",
            ),
        )

    def nothing(self, name: str) -> Failed:
        """The error of a name that means nothing."""
        there = [*registry.names(), *self.connections]
        return Failed(Exit.NOT_FOUND, say(f"没有连接器 {name}。有: {'、'.join(there)}", f"no connector {name}. There are: {', '.join(there)}"))  # fmt: skip

    def _data(self, folder: str) -> Path:
        running = Path(HOME) / "data" / folder
        return running if running.is_dir() or find_running() else Path(HOME) / folder


def here(*, connections: bool = True) -> Here:
    """This installation, read now."""
    try:
        found = installed(Settings())
        directory = found.reference.directory
        parties = {code: directory[code].name for code in directory.codes()}
        return Here(found, found.own.connections(parties) if connections else {}, parties)
    except OwnInvalid as error:
        raise Failed(Exit.CONFIGURATION, str(error)) from None


def system_of(dialect: str) -> registry.System:
    """The system, or exit 3."""
    try:
        return registry.system(dialect)
    except (MappingInvalid, OSError) as error:
        raise Failed(Exit.CONFIGURATION, str(error)) from None
