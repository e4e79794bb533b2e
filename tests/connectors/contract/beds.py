"""The other side of each kind of connector, as real as it can be made here: what a peer puts there, takes and is told.

The one rule: a bed knows the peer's side only; everything of ours is made by the kind itself, as the process makes it.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, ClassVar, Self
from uuid import NAMESPACE_OID, uuid5

import asyncssh
import orjson

from connectors import formats, kinds
from connectors.courier.desk import desk
from connectors.courier.keys import Keyring, told
from connectors.formats.csv_rows import CsvRows
from connectors.kind import Connection, Kind
from connectors.protocol import Connector, Format, NotUnderstood
from connectors.registry import System
from hub.canonical.event import SHANGHAI
from tests.connectors.databases import made
from tests.connectors.sftp_peer import Peer, new_keys
from tests.connectors.sites import NOON, site


class Bed:
    """One peer of *system*, and the connection to it."""

    kind: ClassVar[str]
    label: ClassVar[str] = ""  #: where one kind has more than one bed
    takes_in: ClassVar[bool] = True
    hands_out: ClassVar[bool] = True

    def __init__(self, folder: Path, system: System) -> None:
        self.folder = folder
        self.system = system
        self.site = site(folder / "hub", [system.owner], lambda: datetime.now(SHANGHAI))

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

    async def put(self, name: str, content: bytes) -> None:
        """The peer sends what stands in a document."""
        raise NotImplementedError

    async def settled(self) -> bool:
        """Was everything that the peer put there taken, and does the peer see that it was?"""
        raise NotImplementedError

    async def reasons(self) -> list[str]:
        """The codes by which the peer is told what was refused."""
        raise NotImplementedError

    async def received(self) -> list[bytes]:
        """The documents that the peer finds, in the order of their keys; each once."""
        raise NotImplementedError


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


class SftpBed(Bed):
    """A server of the peer's, from which we may take files."""

    kind = "sftp"
    claim: ClassVar[str] = "rename"

    async def __aenter__(self) -> Self:
        new_keys(self.folder / "keys")
        (self.folder / "keys/passphrase").write_text("correct horse battery\n")
        locked = asyncssh.read_private_key(self.folder / "keys/ours")
        locked.write_private_key(self.folder / "keys/ours", passphrase="correct horse battery", rounds=64)
        self.peer = Peer(self.folder / "peer", self.folder / "keys")
        self.peer.make()
        await self.peer.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.peer.stop()

    @property
    def settings(self) -> Mapping[str, Any]:
        return self.peer.said | {"passphrase_file": "keys/passphrase", "claim": self.claim}

    @property
    def secrets(self) -> tuple[str, ...]:
        return "correct horse battery", (self.folder / "keys/ours").read_text().splitlines()[1]

    @property
    def _reports(self) -> Path:
        return self.peer.out

    async def put(self, name: str, content: bytes) -> None:
        self.peer.drop(f"{name}.{self.system.format.extension}", content)

    async def settled(self) -> bool:
        busy = [each for each in self.peer.out.rglob("*") if each.parent.name not in {"done", "err"} and each.is_file()]
        return not busy and any((*self._reports.glob("done/*"), *self._reports.glob("err/*")))

    async def reasons(self) -> list[str]:
        told = (orjson.loads(path.read_bytes()) for path in sorted(self._reports.glob("err/*.reason.json")))
        return [reason["code"] for each in told for reason in each["rows"]]

    async def received(self) -> list[bytes]:
        return [path.read_bytes() for path in sorted(self.peer.into.glob("[!.]*")) if path.is_file()]


class SftpCopyBed(SftpBed):
    """A server that lets us read what the peer has, and no more: the reports lie where the deliveries do."""

    label = "sftp-copy"
    claim = "copy"

    @property
    def _reports(self) -> Path:
        return self.peer.into

    async def settled(self) -> bool:
        done, err = self._reports / "done", self._reports / "err"
        return all(
            (done / f"{each.name}.receipt.json").exists() or (err / f"{each.name}.reason.json").exists()
            for each in self.peer.out.iterdir()
        )


class DatabaseBed(Bed):
    """A database of the peer's with the tables as the ready DDL makes them; PostgreSQL, and its passwords, have tests of their own."""

    async def __aenter__(self) -> Self:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.peer = await made("sqlite", None, self.folder)
        return self

    @property
    def settings(self) -> Mapping[str, Any]:
        return self.peer.settings

    @property
    def _form(self) -> Format:
        return formats.logged(self.system.format)


class OutboxBed(DatabaseBed):
    """Rows that the peer writes, and marks of ours."""

    kind = "outbox"
    hands_out = False

    async def put(self, name: str, content: bytes) -> None:
        try:
            rows = [self._form.encode([row.record]) for row in self.system.format.decode(content) if row.record]
        except NotUnderstood:
            rows = [content]
        for row in rows:
            await self.peer.sql(
                "INSERT INTO hub_outbox (id, aggregatetype, aggregateid, type, payload) VALUES ($1, 'a', 'a', 'a', $2)"
                " ON CONFLICT (id) DO UPDATE SET taken_at = NULL",
                str(uuid5(NAMESPACE_OID, row.hex())), row,
            )  # fmt: skip

    async def settled(self) -> bool:
        return await self.peer.waiting() == 0

    async def reasons(self) -> list[str]:
        return [code for _, code in await self.peer.outcomes() if code]


class TableBed(DatabaseBed):
    """Rows that the peer finds."""

    kind = "table"
    takes_in = False

    @property
    def settings(self) -> Mapping[str, Any]:
        return {name: value for name, value in super().settings.items() if name != "poll_seconds"}

    async def received(self) -> list[bytes]:
        charset = self._form.charset if isinstance(self._form, CsvRows) else "utf-8"
        found = await self.peer.sql("SELECT payload FROM hub_inbox ORDER BY sequence")
        return [str(payload).encode(charset) for (payload,) in found]


BEDS: tuple[type[Bed], ...] = (FileBed, CourierBed, SftpBed, SftpCopyBed, OutboxBed, TableBed)
