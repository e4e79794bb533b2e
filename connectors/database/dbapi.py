"""Any database with a DB-API 2.0 driver (PEP 249), in a thread of its own.

The one rule: one thread per connection. Drivers differ in what they allow between threads; none minds this.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from pathlib import Path
from typing import Any, Final, TypeVar

from connectors.database.lease import Lease, Seen
from connectors.database.session import NotSignedIn, Tongue, in_a_line, placed, told
from connectors.database.settings import DatabaseSettings
from connectors.protocol import Unavailable

T = TypeVar("T")

_LIMIT: Final = Tongue(cast=False, fetch_first=False)
_CAST: Final = Tongue(cast=True, fetch_first=False)
#: Driver -> how its database is spoken to; any other is taken at the standard's word.
_TONGUES: Final = {"sqlite3": _LIMIT, "dmPython": _LIMIT, "ksycopg2": _CAST, "psycopg2": _CAST, "psycopg": _CAST}
_STANDARD: Final = Tongue(cast=False, fetch_first=True)


class DbapiSession:
    """One connection, spoken to from one thread."""

    def __init__(
        self,
        module: Any,
        connection: Any,
        thread: ThreadPoolExecutor,
        said: DatabaseSettings,
        secret: str,
        lease: Lease | None,
    ) -> None:
        self._module, self._connection, self._thread = module, connection, thread
        self._style, self._seconds = said.paramstyle or module.paramstyle, said.seconds
        self._secret, self._lease = secret, lease
        self._stuck = False
        self.tongue: Tongue = _TONGUES.get(module.__name__, _STANDARD)

    async def fetch(self, sql: str, *values: Any) -> list[Sequence[Any]]:
        """Read, then end the transaction that most drivers begin by themselves."""

        def work(cursor: Any) -> list[Sequence[Any]]:
            cursor.execute(placed(sql, self._style), self._bound(values))
            return [tuple(map(_whole, row)) for row in cursor.fetchall()]

        return await self._transaction(work)

    async def run(self, sql: str, many: Sequence[Sequence[Any]]) -> None:
        """All or nothing."""
        await self._transaction(
            lambda cursor: cursor.executemany(placed(sql, self._style), [self._bound(each) for each in many])
        )

    async def change(self, sql: str, *values: Any) -> int:
        """One statement; how many rows it changed."""

        def work(cursor: Any) -> int:
            cursor.execute(placed(sql, self._style), self._bound(values))
            return int(cursor.rowcount)

        return await self._transaction(work)

    async def add(self, sql: str, values: Sequence[Any]) -> bool:
        """Insert; False if the database holds that against its rules."""
        errors = (self._module.IntegrityError,)

        def work(cursor: Any) -> bool:
            try:
                cursor.execute(placed(sql, self._style), self._bound(values))
            except errors:
                self._connection.rollback()
                return False
            return True

        return await self._transaction(work)

    async def put(self, sql: str, exists: str, values: Sequence[Any], key: Sequence[Any]) -> None:
        """What forbade the insertion may be another rule of the table than that a row comes once: look."""
        if not await self.add(sql, values) and not await self.fetch(exists, *key):
            raise Unavailable("the table's own rules refuse the row")

    async def columns(self, place: str) -> dict[str, str]:
        """Names only: each driver describes types in its own way."""

        def work(cursor: Any) -> dict[str, str]:
            cursor.execute(f"SELECT * FROM {place} WHERE 1 = 0")
            cursor.fetchall()
            return {each[0].lower(): "" for each in cursor.description}

        return await self._transaction(work)

    async def hold(self, name: str) -> bool:
        """A row of the lease table: the only lock that every database has."""
        return self._lease is None or await self._lease.take(self, name)

    async def keep(self) -> None:
        """Renew the lease."""
        if self._lease is not None:
            await self._lease.renew(self)

    async def idle(self, seconds: float) -> None:
        """No database tells another in the same words when rows come."""
        await asyncio.sleep(seconds)

    async def close(self) -> None:
        """Give the lease back and end the thread."""
        try:
            if self._stuck:
                return
            if self._lease is not None:
                await self._lease.release(self)
            await self._work(self._connection.close)
        except Unavailable:
            pass  # it is gone already; the lease runs out
        finally:
            self._thread.shutdown(wait=False)

    async def _transaction(self, work: Callable[[Any], T]) -> T:
        def within() -> T:
            cursor = self._connection.cursor()
            try:
                result = work(cursor)
                self._connection.commit()
            except BaseException:
                self._connection.rollback()
                raise
            finally:
                cursor.close()
            return result

        return await self._work(within)

    async def _work(self, call: Callable[[], T]) -> T:
        with told((self._module.Error, OSError), self._secret):
            try:
                async with asyncio.timeout(self._seconds):
                    return await asyncio.get_running_loop().run_in_executor(self._thread, call)
            except TimeoutError:
                self._stuck = True  # the thread cannot be stopped; whatever it still does, it does alone
                raise

    def _bound(self, values: Sequence[Any]) -> Any:
        named = self._style in {"named", "pyformat"}
        return {f"p{number}": value for number, value in enumerate(values, 1)} if named else tuple(values)


async def open_dbapi(
    settings: DatabaseSettings, folder: Path, secret: str, lease: tuple[str, float, Seen] | None
) -> DbapiSession:
    """Connect. *lease*: its table, how long it holds without news, and what was seen of it. Raise `NotSignedIn`, `Unavailable`."""
    assert settings.driver is not None
    try:
        module: Any = import_module(settings.driver)
    except ImportError as error:
        raise NotSignedIn(f"没有驱动 {settings.driver}: {error} / the driver is not installed") from None
    arguments = dict(settings.connect)
    if secret:
        arguments[settings.password_name] = secret
    database = arguments.get("database")
    if settings.driver == "sqlite3" and isinstance(database, str) and not database.startswith((":", "file:")):
        arguments["database"] = folder / database
    thread = ThreadPoolExecutor(1, thread_name_prefix=f"database-{settings.driver}")
    try:
        async with asyncio.timeout(settings.seconds):
            connection = await asyncio.get_running_loop().run_in_executor(thread, lambda: module.connect(**arguments))
    except (module.Error, OSError, TypeError) as error:  # TypeError: an argument that the driver does not know
        thread.shutdown(wait=False)
        raise NotSignedIn(in_a_line(error, secret)) from None
    return DbapiSession(module, connection, thread, settings, secret, Lease(*lease) if lease else None)


def _whole(value: Any) -> Any:
    """A large object's content, which must be read before the cursor goes on."""
    return value.read() if hasattr(value, "read") else value
