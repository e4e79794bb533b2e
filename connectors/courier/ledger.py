"""What was packed for whom, what was opened from whom: the memory of one end.

The one rule: a bundle is in the ledger, with its content, before a byte of it is on a disc; so a lost one can be made again, and
the content goes only when its receipt has come. Each step is one transaction.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from connectors.courier.bundle import NONE_BEFORE, Entry, Place

_TABLES: Final = """
CREATE TABLE IF NOT EXISTS packed (
  peer TEXT, number INTEGER, own TEXT, previous TEXT, head TEXT, packed_at TEXT, signed_by TEXT, sealed_for TEXT,
  count INTEGER, receipted_at TEXT, PRIMARY KEY (peer, number)) STRICT;
CREATE TABLE IF NOT EXISTS content (
  peer TEXT, number INTEGER, place INTEGER, name TEXT, value BLOB, PRIMARY KEY (peer, number, place)) STRICT;
CREATE TABLE IF NOT EXISTS opened (
  peer TEXT, number INTEGER, head TEXT, count INTEGER, opened_at TEXT, PRIMARY KEY (peer, number)) STRICT;
"""


@dataclass(frozen=True, slots=True)
class Packed:
    """One bundle that was made here."""

    place: Place
    head: str
    signed_by: str
    sealed_for: str
    count: int
    receipted_at: str  #: empty until its receipt has come


@dataclass(frozen=True, slots=True)
class Opened:
    """One bundle that was taken here."""

    number: int
    head: str
    count: int
    opened_at: str


class Ledger:
    """The ledger in the file *path*."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._base = sqlite3.connect(path, isolation_level=None)
        self._base.execute("PRAGMA journal_mode=WAL")
        self._base.execute("PRAGMA synchronous=FULL")
        self._base.execute("PRAGMA secure_delete=ON")  # content that is dropped leaves no trace in free pages
        self._base.executescript(_TABLES)

    def close(self) -> None:
        """Let go of the file."""
        self._base.close()

    @contextmanager
    def alone(self) -> Iterator[None]:
        """All or nothing, and nobody else meanwhile."""
        self._base.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._base.execute("ROLLBACK")
            raise
        self._base.execute("COMMIT")

    def add(self, packed: Packed, entries: Sequence[Entry]) -> None:
        """A new bundle with its content."""
        at = packed.place
        self._base.execute(
            "INSERT INTO packed VALUES (?,?,?,?,?,?,?,?,?,'')",
            (at.recipient, at.number, at.sender, at.previous, packed.head, at.packed_at, packed.signed_by,
             packed.sealed_for, packed.count),
        )  # fmt: skip
        self._base.executemany(
            "INSERT INTO content VALUES (?,?,?,?,?)",
            [(at.recipient, at.number, place, each.name, each.value) for place, each in enumerate(entries)],
        )

    def packed(self, peer: str) -> list[Packed]:
        """All bundles for *peer*, in order."""
        found = self._base.execute(
            "SELECT own, peer, number, previous, packed_at, head, signed_by, sealed_for, count, receipted_at "
            "FROM packed WHERE peer=? ORDER BY number",
            (peer,),
        )
        return [Packed(Place(*row[:5]), *row[5:]) for row in found]

    def content(self, peer: str, number: int) -> list[Entry]:
        """What is in it; empty once its receipt has come."""
        found = self._base.execute(
            "SELECT name, value FROM content WHERE peer=? AND number=? ORDER BY place", (peer, number)
        )
        return [Entry(name, value) for name, value in found]

    def holding(self, peer: str, name: str, value: bytes) -> int:
        """The number of the bundle, still on its way, that has this file; 0 if none."""
        found = self._base.execute(
            "SELECT number FROM content WHERE peer=? AND name=? AND value=?", (peer, name, value)
        ).fetchone()
        return int(found[0]) if found else 0

    def next(self, peer: str) -> tuple[int, str]:
        """Number and predecessor of the next bundle for *peer*."""
        return _after(self._base.execute("SELECT number, head FROM packed WHERE peer=? ORDER BY number", (peer,)))

    def awaited(self, peer: str) -> tuple[int, str]:
        """Number and predecessor of the next bundle from *peer*."""
        return _after(self._base.execute("SELECT number, head FROM opened WHERE peer=? ORDER BY number", (peer,)))

    def receipt(self, peer: str, number: int, at: str) -> None:
        """Its receipt has come: the content has done its service. The first receipt's time stays."""
        self._base.execute(
            "UPDATE packed SET receipted_at=? WHERE peer=? AND number=? AND receipted_at=''", (at, peer, number)
        )
        self._base.execute("DELETE FROM content WHERE peer=? AND number=?", (peer, number))

    def open(self, peer: str, opened: Opened) -> None:
        """A bundle was taken."""
        self._base.execute(
            "INSERT INTO opened VALUES (?,?,?,?,?)",
            (peer, opened.number, opened.head, opened.count, opened.opened_at),
        )

    def opened(self, peer: str) -> list[Opened]:
        """All bundles from *peer*, in order."""
        found = self._base.execute(
            "SELECT number, head, count, opened_at FROM opened WHERE peer=? ORDER BY number", (peer,)
        )
        return [Opened(*row) for row in found]


def _after(rows: Any) -> tuple[int, str]:
    number, head = 0, NONE_BEFORE
    for number, head in rows:  # noqa: B007 - the last one is wanted
        pass
    return number + 1, head
