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
from connectors.kind import Connection, Kind
from connectors.protocol import Connector
from connectors.registry import System
from tests.connectors.sites import site


class Bed(ABC):
    """One peer of *system*, and the connection to it."""

    kind: ClassVar[str]
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


BEDS: tuple[type[Bed], ...] = (FileBed,)
