"""`hub connector check` for both tables: what is missing, and who can cure it.

The one rule: nothing is changed. The right to write is tried by statements that touch no row.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from connectors.database.outbox import OutboxTable
from connectors.database.session import NotSignedIn, Session
from connectors.database.settings import DatabaseSettings, OutboxSettings, TableSettings
from connectors.database.table import COLUMNS
from connectors.kind import Connection, Finding, Site
from connectors.protocol import Unavailable
from hub.canonical.event import SHANGHAI

Opened = Callable[[], Awaitable[Session]]

_CLOCK_SECONDS: Final = 60
_ZONE_SECONDS: Final = 1800  #: every time zone differs from another by whole half hours, save three
_DDL: Final = (
    "由对方数据库管理员执行 hub connector ddl 给出的语句 / have its administrator run what `hub connector ddl` prints"
)
_TYPES: Final = {
    "seq": {"int2", "int4", "int8", "numeric"},
    "taken_at": {"timestamp", "timestamptz"},
    "written_at": {"timestamp", "timestamptz"},
    "sequence": {"int8", "numeric"},
    **{name: {"text", "varchar"} for name in ("result_code", "result_detail", "party", "type", "key")},
}


async def outbox(connection: Connection, site: Site, opened: Opened) -> AsyncIterator[Finding]:
    """Can it be read and marked?"""
    said: OutboxSettings = connection.settings
    names = ("seq", "id", "taken_at", "result_code", "result_detail", *([] if said.columns else ["payload"]))

    async def rights(session: Session) -> AsyncIterator[Finding]:
        table = OutboxTable(said)
        read = await _may("SELECT", session.fetch(table.pending(session.tongue, 1)))
        yield read
        yield await _may("UPDATE", session.run(table.trial(), [("", "", -1)]))
        if said.database == "dbapi":
            yield await _may("lease", session.fetch(f"SELECT name, holder, beat FROM {said.beside(said.lease_table)}"))
        if read.ok:
            yield await _numbered(session, said)

    async for finding in _looked(connection, site, opened, names, rights, said.columns):
        yield finding


async def inbox(connection: Connection, site: Site, opened: Opened) -> AsyncIterator[Finding]:
    """Can rows be put into it?"""
    said: TableSettings = connection.settings

    async def rights(session: Session) -> AsyncIterator[Finding]:
        yield await _may("INSERT", session.run(_no_insertion(said), [()]))

    async for finding in _looked(connection, site, opened, (*COLUMNS, "written_at"), rights):
        yield finding


async def _looked(
    connection: Connection,
    site: Site,
    opened: Opened,
    names: Sequence[str],
    rights: Callable[[Session], AsyncIterator[Finding]],
    theirs: Sequence[str] = (),
) -> AsyncIterator[Finding]:
    """Password, way, columns, types, then the *rights*, then the clock. *names* are columns by our names, *theirs* by the peer's."""
    said: DatabaseSettings = connection.settings
    async for finding in _secret(connection):
        yield finding
    finding, session = await _reached(said, opened)
    yield finding
    if session is None:
        return
    try:
        found = await _columns(session, said, (*map(said.column, names), *theirs))
        yield found
        if not found.ok:
            return
        async for finding in _types(session, said, names):
            yield finding
        async for finding in rights(session):
            yield finding
        yield await _clock(session, site)
    finally:
        await session.close()


def _no_insertion(said: TableSettings) -> str:
    """An insertion of no row. PostgreSQL does not ask for the right to select, so neither do we there."""
    columns = [said.column(name) for name in COLUMNS]
    absent = said.database == "postgresql"
    chosen = ", ".join(["NULL"] * len(columns)) if absent else f"{', '.join(columns)} FROM {said.place}"
    return f"INSERT INTO {said.place} ({', '.join(columns)}) SELECT {chosen} WHERE 1 = 0"


async def _secret(connection: Connection) -> AsyncIterator[Finding]:
    """The password's file: is it there, and ours alone?"""
    said: DatabaseSettings = connection.settings
    if said.password_file is None:
        return
    path: Path = connection.folder / said.password_file
    what = f"password_file {path}"
    try:
        mode = await asyncio.to_thread(_mode, path)
    except OSError as error:
        yield Finding(
            what,
            ok=False,
            detail=str(error),
            cure="创建该文件,只含密码一行 / make this file with the password as its only line",
        )
        return
    shared = bool(mode & 0o077)
    yield Finding(
        what, not shared, f"权限 / mode {mode & 0o777:o}" if shared else "", f"chmod 600 {path}" if shared else ""
    )


def _mode(path: Path) -> int:
    """Of a file that can be read."""
    with path.open("rb") as file:
        return os.fstat(file.fileno()).st_mode


async def _reached(said: DatabaseSettings, opened: Opened) -> tuple[Finding, Session | None]:
    what = (
        f"{said.driver or said.database} {said.user}@{said.host}:{said.port}/{said.dbname}"
        if said.host
        else str(said.driver or "dsn")
    )
    try:
        session = await opened()
    except NotSignedIn as error:
        cure = "核对用户、密码、库名和驱动;须由对方开通 / compare user, password, database and driver with what the peer has opened"
        return Finding(what, ok=False, detail=str(error), cure=cure), None
    except Unavailable as error:
        cure = "核对地址、端口、防火墙和证书 / compare address, port, firewall and certificate"
        return Finding(what, ok=False, detail=str(error), cure=cure), None
    return Finding(what, ok=True), session


async def _columns(session: Session, said: DatabaseSettings, names: Sequence[str]) -> Finding:
    try:
        found = await session.columns(said.place)
    except Unavailable as error:
        return Finding(said.place, ok=False, detail=str(error), cure=_DDL)
    if not found:
        return Finding(said.place, ok=False, detail="没有该表 / there is no such table", cure=_DDL)
    missing = [name for name in names if name.lower() not in found]
    detail = f"缺少列 / columns are missing: {', '.join(missing)}" if missing else ""
    return Finding(f"{said.place}: 列 / columns", not missing, detail, _DDL if missing else "")


async def _types(session: Session, said: DatabaseSettings, names: Sequence[str]) -> AsyncIterator[Finding]:
    """Of those columns whose type we write or order by, where the driver tells it."""
    found = await session.columns(said.place)
    wrong = [
        f"{said.column(name)} {kind}"
        for name in names
        if (kind := found[said.column(name).lower()]) and kind not in _TYPES.get(name, {kind})
    ]
    if any(found.values()):
        yield Finding(f"{said.place}: 类型 / types", not wrong, ", ".join(wrong), _DDL if wrong else "")


async def _may(right: str, tried: Awaitable[Any]) -> Finding:
    what = f"权限 / right: {right}"
    try:
        await tried
    except Unavailable as error:
        return Finding(what, ok=False, detail=str(error), cure=_DDL)
    return Finding(what, ok=True)


async def _numbered(session: Session, said: OutboxSettings) -> Finding:
    """Rows without a number would wait for ever."""
    sql = f"SELECT COUNT(*) FROM {said.place} WHERE {said.column('taken_at')} IS NULL AND {said.column('seq')} IS NULL"
    [[count]] = await session.fetch(sql)
    what = f"{said.place}.{said.column('seq')}"
    if not count:
        return Finding(what, ok=True)
    return Finding(what, ok=False, detail=f"{count} 行没有序号 / rows without a number", cure=_DDL)


async def _clock(session: Session, site: Site) -> Finding:
    """Its clock dates ``taken_at`` and ``written_at``. A value without a zone is compared within the half hour."""
    [[told]] = await session.fetch("SELECT CURRENT_TIMESTAMP" + (" FROM DUAL" if session.tongue.fetch_first else ""))
    theirs = told if isinstance(told, datetime) else datetime.fromisoformat(str(told))
    apart = (theirs.replace(tzinfo=theirs.tzinfo or UTC) - site.now().astimezone(SHANGHAI)).total_seconds()
    if theirs.tzinfo is None:
        apart = (apart + _ZONE_SECONDS / 2) % _ZONE_SECONDS - _ZONE_SECONDS / 2
    ok = abs(apart) <= _CLOCK_SECONDS
    cure = "" if ok else "校准数据库服务器时钟 / set the clock of the database's server"
    return Finding("时钟 / clock", ok, "" if ok else f"相差 / differs by {apart:.0f} s", cure)
