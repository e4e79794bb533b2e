"""Real databases for tests: one PostgreSQL server per process, a database per test, and SQLite files beside them.

The one rule: the hub signs in with the rights that the ready DDL gives it, and with no more.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from connectors import kinds, registry
from connectors.database.ddl import ddl
from connectors.kind import Connection, Site
from connectors.memory import PlainDialect
from connectors.protocol import Connector
from hub.local.ports import free_ports
from tests.connectors.sites import site

SECRET = "canary-Zx9Q7-口令"
USCC = "91520102MA6TE5T17M"


def binaries() -> Path | None:
    """Where PostgreSQL's programs are: on the path, else Debian's newest."""
    found = shutil.which("initdb")
    if found:
        return Path(found).resolve().parent
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    return debian[-1].parent if debian else None


@dataclass
class Server:
    """A PostgreSQL server of our own. It does not run as root: then it is the user ``postgres``."""

    programs: Path
    home: Path
    port: int
    user: dict[str, Any]
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Return once it answers."""
        arguments = [
            self.programs / "postgres", "-D", self.home / "data", "-k", self.home, "-p", str(self.port),
            "-c", "listen_addresses=127.0.0.1", "-c", "fsync=off", "-c", "log_min_messages=fatal",
        ]  # fmt: skip
        self.process = subprocess.Popen(arguments, cwd=self.home, stderr=subprocess.DEVNULL, **self.user)
        deadline = time.monotonic() + 30
        while True:
            try:
                asyncio.run(self._answered())
            except (OSError, asyncpg.PostgresError):
                assert time.monotonic() < deadline, "PostgreSQL does not answer"
                time.sleep(0.05)
            else:
                return

    def kill(self) -> None:
        """At once, as by a power cut of the process."""
        assert self.process is not None
        self.process.send_signal(signal.SIGQUIT)
        self.process.wait(20)

    async def owner(self, database: str) -> asyncpg.Connection:
        """A session of the administrator's."""
        return await asyncpg.connect(host=str(self.home), port=self.port, user="admin", database=database)

    async def _answered(self) -> None:
        await (await self.owner("postgres")).close()


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """The server of this process's tests."""
    programs = binaries()
    if programs is None:
        pytest.skip("no PostgreSQL server here: apt-get install postgresql")
    root = os.getuid() == 0
    home = Path(tempfile.mkdtemp(prefix="hub-pg-", dir="/tmp"))
    (home / "password").write_text(SECRET)
    if root:
        for path in (home, home / "password"):
            shutil.chown(path, "postgres", "postgres")
    user: dict[str, Any] = {"user": "postgres", "group": "postgres", "extra_groups": []} if root else {}
    [port] = free_ports(1)
    server = Server(programs, home, port, user)
    try:
        subprocess.run(
            [
                programs / "initdb", "-D", home / "data", "-U", "admin", "-N", "-E", "UTF8", "--locale=C",
                "--auth-local=trust", "--auth-host=scram-sha-256", "--pwfile", home / "password",
            ],
            check=True, capture_output=True, cwd=home, **user,
        )  # fmt: skip
        server.start()
        asyncio.run(_roles(server))
        yield server
    finally:
        if server.process is not None and server.process.poll() is None:
            server.kill()
        shutil.rmtree(home)


async def _roles(server: Server) -> None:
    owner = await server.owner("postgres")
    for role in ("hub", "bureau"):
        await owner.execute(f"CREATE ROLE {role} LOGIN PASSWORD '{SECRET}'")
    await owner.close()


@dataclass
class Peer:
    """A bureau's database: what its own program does there, and how the hub is told to reach it."""

    database: str  #: as `ddl` names it
    folder: Path
    settings: dict[str, Any]
    server: Server | None = None
    name: str = ""

    async def sql(self, text: str, *values: Any) -> list[tuple[Any, ...]]:
        """As the owner; placeholders are ``$1``."""
        if self.server is None:
            with sqlite3.connect(self.folder / "peer.db", timeout=20) as connection:
                for number in range(len(values), 0, -1):
                    text = text.replace(f"${number}", f"?{number}")
                return connection.execute(text, values).fetchall()
        owner = await self.server.owner(self.name)
        try:
            return [tuple(row) for row in await owner.fetch(text, *values)]
        finally:
            await owner.close()

    async def script(self, text: str) -> None:
        """Several statements."""
        if self.server is None:
            with sqlite3.connect(self.folder / "peer.db") as connection:
                connection.executescript(text)
            return
        owner = await self.server.owner(self.name)
        try:
            await owner.execute(text)
        finally:
            await owner.close()

    async def insert(self, *payloads: Any, aggregate: str = USCC) -> list[str]:
        """Rows with *payloads* (a text is written as it is); their ids."""
        ids = [str(uuid.uuid4()) for _ in payloads]
        for row_id, payload in zip(ids, payloads, strict=True):
            text = payload if payload is None or isinstance(payload, str) else json.dumps(payload, ensure_ascii=False)
            await self.sql(
                "INSERT INTO hub_outbox (id, aggregatetype, aggregateid, type, payload) "
                f"VALUES ({'$1::text::uuid' if self.server else '$1'}, 'plan', $2, 'closed', $3)",
                row_id, aggregate, text,
            )  # fmt: skip
        return ids

    async def outcomes(self) -> list[tuple[bool, str | None]]:
        """(taken, result code) of each row, in order."""
        found = await self.sql("SELECT taken_at IS NOT NULL, result_code FROM hub_outbox ORDER BY seq")
        return [(bool(taken), code) for taken, code in found]

    async def waiting(self) -> int:
        """Rows that are not taken."""
        return int((await self.sql("SELECT COUNT(*) FROM hub_outbox WHERE taken_at IS NULL"))[0][0])

    def connection(self, kind: str = "outbox", dialect: str = "yjj-json", **more: Any) -> Connection:
        """A connection over this database."""
        system = registry.system(dialect)
        told = {**self.settings, **more}
        return Connection(
            "peer", system.owner, system, kind, kinds.kind(kind).settings.model_validate(told), self.folder
        )

    def site(self) -> Site:
        """Of this test."""
        return site(
            self.folder,
            [registry.system(name).owner for name in ("yjj-json", "swj-xml", "rsj-csv")] + ["GY-ZD", "GY-ZD-DD2"],
        )

    def connector(
        self, kind: str = "outbox", dialect: str = "yjj-json", *, plain: bool = True, **more: Any
    ) -> Connector:
        """What the kind makes of it; *plain*: records say events as they are."""
        made = kinds.kind(kind).connect(self.connection(kind, dialect, **more), self.site())
        return replace(made, dialect=PlainDialect()) if plain else made


@pytest.fixture(params=["postgresql", "sqlite", "psycopg"])
def peer(request: pytest.FixtureRequest, tmp_path: Path) -> Peer:
    """A bureau's database with both tables: PostgreSQL, SQLite, and PostgreSQL over a DB-API driver."""
    server = None if request.param == "sqlite" else request.getfixturevalue("postgres")
    return asyncio.run(made(request.param, server, tmp_path))


@pytest.fixture
def pg(postgres: Server, tmp_path: Path) -> Peer:
    """The same in PostgreSQL only."""
    return asyncio.run(made("postgresql", postgres, tmp_path))


async def made(way: str, server: Server | None, folder: Path) -> Peer:
    """A database of the test's own with the tables as the ready DDL makes them."""
    (folder / "password").write_text(f"{SECRET}\n")
    (folder / "password").chmod(0o600)
    poll = {"poll_seconds": 0.1}
    if server is None:
        where: dict[str, Any] = {"database": "peer.db"}
        peer = Peer("sqlite", folder, {"database": "dbapi", "driver": "sqlite3", "connect": where, **poll})
        await peer.script("PRAGMA journal_mode=WAL")
    else:
        name = f"b{uuid.uuid4().hex[:12]}"
        owner = await server.owner("postgres")
        await owner.execute(f"CREATE DATABASE {name}")
        await owner.close()
        where = {"host": "127.0.0.1", "port": server.port, "user": "hub", "dbname": name}
        settings: dict[str, Any] = {**where, "sslmode": "disable"}
        if way == "psycopg":
            settings = {"database": "dbapi", "driver": "psycopg", "connect": where}
        peer = Peer(
            "postgresql" if way == "postgresql" else "kingbase", folder,
            {**settings, "password_file": "password", **poll}, server, name,
        )  # fmt: skip
    names = {"role": "hub", "writer": "bureau"}
    text = ddl("outbox", peer.database, names) + ddl("table", peer.database, names)
    await peer.script(text.replace(" char)", ")"))  # lengths in characters are the only words that PostgreSQL has not
    return peer


def plan(number: int) -> dict[str, Any]:
    """A record without an id of its own."""
    data = {"uscc": USCC, "planId": f"P{number}", "agency": "GY-YJJ", "reason": "EXPIRED"}
    return {"type": "inspection.plan.closed", "data": data}


async def until_empty(peer: Peer, seconds: float = 20) -> None:
    """Return when no row waits."""
    deadline = time.monotonic() + seconds
    while await peer.waiting():
        assert time.monotonic() < deadline, "rows are left"
        await asyncio.sleep(0.05)


def nobody_listens() -> int:
    """A port at which there is nothing."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])
