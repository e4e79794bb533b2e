"""PostgreSQL over asyncpg.

The one rule: the session that marks rows is the session that holds the lock, so a reader that has lost its place cannot mark.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import asyncpg

from connectors.database.session import NotSignedIn, Tongue, in_a_line, lock_number, placed, told
from connectors.database.settings import DatabaseSettings
from connectors.protocol import Unavailable

_ERRORS: Final = (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError, TimeoutError)
_REFUSED: Final = (
    asyncpg.InvalidAuthorizationSpecificationError,
    asyncpg.InvalidCatalogNameError,
    asyncpg.InsufficientPrivilegeError,
)
_CONNECT_SECONDS: Final = 10
#: A dead peer machine is noticed by the server, and its lock freed, within a minute.
_SERVER: Final = {
    "application_name": "enforcement-hub",
    "TimeZone": "Asia/Shanghai",
    "DateStyle": "ISO",
    "tcp_keepalives_idle": "30",
    "tcp_keepalives_interval": "10",
    "tcp_keepalives_count": "3",
}


def channel(place: str) -> str:
    """The name under which a table's new rows may be announced."""
    return f"hub_{place.replace('.', '_').lower()}"[:63]


class PostgresSession:
    """One connection to PostgreSQL."""

    tongue: Final = Tongue(cast=True, fetch_first=False)

    def __init__(self, connection: asyncpg.Connection[Any], secret: str, place: str) -> None:
        self._connection, self._secret, self._channel = connection, secret, channel(place)
        self._announced = asyncio.Event()
        self._listening = False

    async def fetch(self, sql: str, *values: Any) -> list[Sequence[Any]]:
        """Outside any transaction: the peer's vacuum is not held up while Kafka is slow."""
        with told(_ERRORS, self._secret):
            return [tuple(row) for row in await self._connection.fetch(placed(sql, "dollar"), *values)]

    async def run(self, sql: str, many: Sequence[Sequence[Any]]) -> None:
        """One pipelined transaction."""
        with told(_ERRORS, self._secret):
            await self._connection.executemany(placed(sql, "dollar"), many)

    async def put(self, sql: str, exists: str, values: Sequence[Any], key: Sequence[Any]) -> None:
        """Without a target, so that the right to insert is enough."""
        with told(_ERRORS, self._secret):
            await self._connection.execute(placed(f"{sql} ON CONFLICT DO NOTHING", "dollar"), *values)

    async def columns(self, place: str) -> dict[str, str]:
        """From the catalogue, which needs no right to the table itself."""
        sql = (
            "SELECT a.attname::text, t.typname::text FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid "
            "WHERE a.attrelid = to_regclass(?) AND a.attnum > 0 AND NOT a.attisdropped"
        )
        return {name.lower(): kind for name, kind in await self.fetch(sql, place)}

    async def hold(self, name: str) -> bool:
        """An advisory lock: it needs no table and no right, and ends with the connection."""
        [[held]] = await self.fetch("SELECT pg_try_advisory_lock(?)", lock_number(name))
        return bool(held)

    async def keep(self) -> None:
        """The connection itself holds the lock."""
        if self._connection.is_closed():
            raise Unavailable("the connection is closed")

    async def idle(self, seconds: float) -> None:
        """Until NOTIFY or the time is up. Whether anybody notifies is the peer's affair; we look all the same."""
        if not self._listening:
            with told(_ERRORS, self._secret):
                await self._connection.add_listener(self._channel, self._announce)
            self._listening = True
            return  # what came before we listened was not announced to us: look once more
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._announced.wait()
        self._announced.clear()

    async def close(self) -> None:
        """Politely; a connection that does not answer is dropped."""
        try:
            await self._connection.close(timeout=2)
        except _ERRORS:
            self._connection.terminate()

    def _announce(self, *_: object) -> None:
        self._announced.set()


async def open_postgres(settings: DatabaseSettings, folder: Path, secret: str) -> PostgresSession:
    """Connect. Raise `NotSignedIn` or `Unavailable`."""
    address: dict[str, Any] = {"dsn": settings.dsn} if settings.dsn else {
        "host": settings.host, "port": settings.port, "user": settings.user, "database": settings.dbname,
    }  # fmt: skip
    try:
        connection = await asyncpg.connect(
            **address, password=secret or None, ssl=_trust(settings, folder), timeout=_CONNECT_SECONDS,
            command_timeout=settings.seconds, server_settings=_SERVER,
        )  # fmt: skip
    except _REFUSED as error:
        raise NotSignedIn(in_a_line(error, secret)) from None
    except (*_ERRORS, ValueError) as error:  # ValueError: a dsn that is none
        raise Unavailable(in_a_line(error, secret)) from None
    return PostgresSession(connection, secret, settings.place)


def _trust(settings: DatabaseSettings, folder: Path) -> ssl.SSLContext | bool:
    """Encrypted and with a known server, unless the operator says less. A Unix socket crosses no network."""
    if settings.sslmode == "disable" or settings.host.startswith("/"):
        return False
    try:
        context = ssl.create_default_context(cafile=folder / settings.ca if settings.ca else None)
    except OSError as error:
        raise Unavailable(f"ca: {error}") from None
    if settings.sslmode != "verify-full":
        context.check_hostname = False
    if settings.sslmode == "require":
        context.verify_mode = ssl.CERT_NONE
    return context
