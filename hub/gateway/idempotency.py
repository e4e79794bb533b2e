"""What was asked before: one row per party, route and key, so that asking twice is asking once.

The one rule: the answer to a retry never depends on this store alone. Ids of events follow from the request itself, so
a store that lost its last second (a power cut) costs a replayed answer, never a second event.

    missing row ── reserve ──> reserved ── finish ──> finished (the answer is kept and replayed)
                                  │  ╲── release ──> no row (nothing was sent: correct it and use the key again)
                                  ╰──── doubt ──> indeterminate ── reserve, same content ──> reserved
    A row that is `reserved` by nobody alive (its process died) is in doubt as well.

Writes of many requests share one transaction: whoever comes while one is being written waits for the next. One
statement costs ~10 µs, one commit as much as many statements.
"""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final, NamedTuple, Protocol

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS request (
  party TEXT NOT NULL, route TEXT NOT NULL, key TEXT NOT NULL,
  fingerprint BLOB NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('reserved', 'finished', 'indeterminate')),
  recorded TEXT NOT NULL,
  created REAL NOT NULL,
  status INTEGER, body BLOB,
  PRIMARY KEY (party, route, key)
);
CREATE INDEX IF NOT EXISTS request_created ON request (created);
"""

_DAY: Final = 86_400.0
_NONE: Final = (-1, -1)  #: no file is open


class Scope(NamedTuple):
    """What a key is unique in."""

    party: str
    route: str
    key: str


@dataclass(frozen=True, slots=True)
class Reserved:
    """Go on. *again*: an earlier attempt may have sent something. *recorded*: the acceptance time of the first attempt."""

    recorded: str
    again: bool = False


@dataclass(frozen=True, slots=True)
class Finished:
    """Done before: this was the answer."""

    status: int
    body: bytes


@dataclass(frozen=True, slots=True)
class InFlight:
    """The same request is being worked on."""


@dataclass(frozen=True, slots=True)
class Mismatch:
    """The key belongs to another content."""


Verdict = Reserved | Finished | InFlight | Mismatch


class Keys(Protocol):
    """The store, whatever keeps it."""

    async def reserve(self, scope: Scope, fingerprint: bytes, recorded: str) -> Verdict:
        """Take the key for this content, or say what became of it."""

    async def finish(self, scope: Scope, status: int, body: bytes) -> None:
        """Keep the answer: it is final."""

    async def release(self, scope: Scope) -> None:
        """Nothing was sent: the key is free again."""

    async def doubt(self, scope: Scope) -> None:
        """Something may have been sent: whoever retries sends the same again."""

    async def check(self) -> None:
        """Raise if the store cannot be used."""


class SqliteKeys:
    """`Keys` in one SQLite file, written by one thread."""

    def __init__(self, path: Path, retention_days: int, clock: Callable[[], float] = time.time) -> None:
        self._path = path
        self._retention = retention_days * _DAY
        self._clock = clock
        self._thread = ThreadPoolExecutor(1, "idempotency")
        self._db: sqlite3.Connection
        self._file = _NONE
        self._working: dict[Scope, bytes] = {}  # what requests of this process hold now, with their content
        self._waiting: list[tuple[Callable[[], Any], asyncio.Future[Any]]] = []
        self._writer: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Open the file."""
        await asyncio.get_running_loop().run_in_executor(self._thread, self._open)

    async def close(self) -> None:
        """Write what waits and close."""
        if self._writer is not None:
            await self._writer
        await asyncio.get_running_loop().run_in_executor(self._thread, self._db.close)
        self._thread.shutdown()

    async def reserve(self, scope: Scope, fingerprint: bytes, recorded: str) -> Verdict:
        if scope in self._working:
            # Not yet a reason to ask the file, but the content decides which of two answers it is.
            return InFlight() if self._working[scope] == fingerprint else Mismatch()
        self._working[scope] = fingerprint
        try:
            verdict: Verdict = await self._run(partial(self._reserve, scope, fingerprint, recorded))
        except BaseException:
            del self._working[scope]
            raise
        if not isinstance(verdict, Reserved):
            del self._working[scope]
        return verdict

    async def finish(self, scope: Scope, status: int, body: bytes) -> None:
        await self._end(scope, partial(self._finish, scope, status, body))

    async def release(self, scope: Scope) -> None:
        await self._end(scope, partial(self._release, scope))

    async def doubt(self, scope: Scope) -> None:
        await self._end(scope, partial(self._doubt, scope))

    async def _end(self, scope: Scope, step: Callable[[], None]) -> None:
        try:
            await self._run(step)
        finally:
            # Even if it could not be written: what is reserved and not worked on is in doubt.
            self._working.pop(scope, None)

    async def check(self) -> None:
        await self._run(lambda: self._db.execute("SELECT 1 FROM request LIMIT 1"))

    async def purge(self) -> int:
        """Forget what is older than the retention; how many rows."""
        forgotten: int = await self._run(self._purge)
        return forgotten

    # ---- on the loop: gather what waits into one transaction

    def _run(self, step: Callable[[], Any]) -> asyncio.Future[Any]:
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Any] = loop.create_future()
        self._waiting.append((step, future))
        if self._writer is None:
            self._writer = loop.create_task(self._write())
        return future

    async def _write(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            while self._waiting:
                steps, self._waiting = self._waiting, []
                try:
                    results = await loop.run_in_executor(self._thread, self._commit, [step for step, _ in steps])
                except sqlite3.Error as error:
                    results = [error] * len(steps)
                for (_, future), result in zip(steps, results, strict=True):
                    if future.done():  # its request was cancelled
                        continue
                    if isinstance(result, Exception):
                        future.set_exception(result)
                    else:
                        future.set_result(result)
        finally:
            self._writer = None

    # ---- in the thread

    def _open(self) -> None:
        """Open what lies at the path now, making it if there is nothing."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._db = sqlite3.connect(self._path, isolation_level=None, check_same_thread=False, timeout=5.0)
        self._db.execute("PRAGMA journal_mode=WAL")
        # NORMAL: a power cut may take the last commits, a killed process takes none. The rule above makes that enough.
        self._db.execute("PRAGMA synchronous=NORMAL")
        self._db.executescript(_SCHEMA)
        self._file = _identity(self._path)

    def _commit(self, steps: list[Callable[[], Any]]) -> list[Any]:
        try:
            if (
                _identity(self._path) != self._file
            ):  # taken away or replaced: what is written to it now, nobody would find
                self._db.close()
                self._file = _NONE
                self._open()
        except OSError as error:
            raise sqlite3.OperationalError(str(error)) from error
        self._db.execute("BEGIN IMMEDIATE")
        try:
            results = [step() for step in steps]
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")
        return results

    def _reserve(self, scope: Scope, fingerprint: bytes, recorded: str) -> Verdict:
        where = (scope.party, scope.route, scope.key)
        now = self._clock()
        row = self._db.execute(
            "SELECT fingerprint, state, recorded, status, body, created FROM request WHERE party = ? AND route = ? AND key = ?",
            where,
        ).fetchone()
        if row is None or row[5] < now - self._retention:
            self._db.execute(
                "INSERT OR REPLACE INTO request (party, route, key, fingerprint, state, recorded, created)"
                " VALUES (?, ?, ?, ?, 'reserved', ?, ?)",
                (*where, fingerprint, recorded, now),
            )
            return Reserved(recorded)
        known, state, first_recorded, status, body, _ = row
        if known != fingerprint:
            return Mismatch()
        if state == "finished":
            return Finished(status, body)
        self._set(scope, "reserved")
        return Reserved(first_recorded, again=True)

    def _finish(self, scope: Scope, status: int, body: bytes) -> None:
        self._db.execute(
            "UPDATE request SET state = 'finished', status = ?, body = ? WHERE party = ? AND route = ? AND key = ?",
            (status, body, scope.party, scope.route, scope.key),
        )

    def _release(self, scope: Scope) -> None:
        self._db.execute(
            "DELETE FROM request WHERE party = ? AND route = ? AND key = ?", (scope.party, scope.route, scope.key)
        )

    def _doubt(self, scope: Scope) -> None:
        self._set(scope, "indeterminate")

    def _set(self, scope: Scope, state: str) -> None:
        self._db.execute(
            "UPDATE request SET state = ? WHERE party = ? AND route = ? AND key = ?",
            (state, scope.party, scope.route, scope.key),
        )

    def _purge(self) -> int:
        return self._db.execute("DELETE FROM request WHERE created < ?", (self._clock() - self._retention,)).rowcount


def _identity(path: Path) -> tuple[int, int]:
    """Device and inode of what lies at *path*; another pair if nothing does."""
    try:
        status = path.stat()
    except FileNotFoundError:
        return 0, 0
    return status.st_dev, status.st_ino
