"""The other side of each kind of connector, as real as it can be made here: what a peer puts there, takes and is told.

The one rule: a bed knows the peer's side only; everything of ours is made by the kind itself, as the process makes it.
"""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, ClassVar, Self

import orjson

from connectors import kinds
from connectors.courier.desk import desk
from connectors.courier.keys import Keyring, told
from connectors.kind import Connection, Kind
from connectors.protocol import Connector
from connectors.registry import System
from tests.connectors.sites import NOON, site


class Bed(ABC):
    """One peer of *system*, and the connection to it."""

    kind: ClassVar[str]
    label: ClassVar[str] = ""  #: where one kind has more than one bed
    takes_in: ClassVar[bool] = True
    hands_out: ClassVar[bool] = True

    def __init__(self, folder: Path, system: System) -> None:
        self.folder = folder
        self.system = system
        self.site = site(folder / "hub", [system.owner])

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None

    @property
    def made_by(self) -> Kind:
        return kinds.kind(self.kind)

    @property
    def settings(self) -> Mapping[str, Any]:
        """What stands under ``settings:``."""
        return {}

    @property
    def secrets(self) -> tuple[str, ...]:
        """What must never be written anywhere."""
        return ()

    def connection(self) -> Connection:
        settings = self.made_by.settings.model_validate(self.settings)
        return Connection("bed", self.system.owner, self.system, self.kind, settings, self.folder)

    def connector(self) -> Connector:
        """Made anew, as after a start of the process."""
        return self.made_by.connect(self.connection(), self.site)

    @abstractmethod
    async def put(self, name: str, content: bytes) -> None:
        """The peer sends what stands in a document."""

    @abstractmethod
    async def settled(self) -> bool:
        """Was everything that the peer put there taken, and does the peer see that it was?"""

    @abstractmethod
    async def reasons(self) -> list[str]:
        """The codes by which the peer is told what was refused."""

    @abstractmethod
    async def received(self) -> list[bytes]:
        """The documents that the peer finds, in the order of their keys; each once."""


class FileBed(Bed):
    """A folder shared with the peer."""

    kind = "file"

    @property
    def _home(self) -> Path:
        return self.site.drop / self.system.owner

    async def put(self, name: str, content: bytes) -> None:
        inbox = self._home / "inbox"
        inbox.mkdir(parents=True, exist_ok=True)
        draft = inbox / f"{name}.{self.system.format.extension}.part"
        draft.write_bytes(content)
        os.utime(draft, (1, 1))  # long finished
        draft.rename(draft.with_suffix(""))

    async def settled(self) -> bool:
        busy = [*self._home.glob("inbox/[!.]*"), *self._home.glob(".work/[!.]*")]
        return not busy and any((*self._home.glob("done/*"), *self._home.glob("err/*")))

    async def reasons(self) -> list[str]:
        told = (orjson.loads(path.read_bytes()) for path in sorted(self._home.glob("err/*.reason.json")))
        return [reason["code"] for each in told for reason in each["rows"]]

    async def received(self) -> list[bytes]:
        return [path.read_bytes() for path in sorted(self._home.glob("outbox/[!.]*"))]


class CourierBed(FileBed):
    """The same folders, filled and emptied by bundles that are carried by hand between two desks."""

    label = "courier"

    def __init__(self, folder: Path, system: System) -> None:
        super().__init__(folder, system)
        ours, theirs = Keyring(folder / "our-desk"), Keyring(folder / "their-desk")
        theirs.trust(told(ours.make("HUB", NOON)))
        ours.trust(told(theirs.make(system.owner, NOON)))
        self._carried = folder / "disc"

    @property
    def secrets(self) -> tuple[str, ...]:
        keys = [*self.folder.glob("*-desk/**/*")]
        return tuple(path.read_text("latin-1") for path in keys if path.is_file() and path.suffix != ".pub")

    async def put(self, name: str, content: bytes) -> None:
        outbox = self.folder / "theirs"
        outbox.mkdir(exist_ok=True)
        (outbox / f"{name}.{self.system.format.extension}").write_bytes(content)
        with desk(self.folder / "their-desk") as theirs:
            made = theirs.pack("HUB", outbox, self._carried, NOON)
        with desk(self.folder / "our-desk") as ours:
            for each in made:
                ours.open(each.path, self._home / "inbox", self._carried, NOON)

    async def received(self) -> list[bytes]:
        with desk(self.folder / "our-desk") as ours:
            made = ours.pack(self.system.owner, self._home / "outbox", self._carried, NOON)
        with desk(self.folder / "their-desk") as theirs:
            for each in made:
                theirs.open(each.path, self.folder / "arrived", self._carried, NOON)
        return [path.read_bytes() for path in sorted(self.folder.glob("arrived/*"))]


BEDS: tuple[type[Bed], ...] = (FileBed, CourierBed)
