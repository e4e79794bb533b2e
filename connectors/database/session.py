"""What the connector asks of a database: a few statements, one reader at a time, and to be told when rows come.

The one rule: whatever a driver raises becomes `Unavailable`, in one line, without values of rows and without the password.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final, Protocol

from connectors.formats.limits import RECORD_BYTES
from connectors.protocol import Unavailable

_PLACE: Final = re.compile(r"\?")


class NotSignedIn(Unavailable):
    """The database is there and refused us, or the driver for it is missing."""


@dataclass(frozen=True, slots=True)
class Tongue:
    """How a family of databases says what the standard leaves open."""

    cast: bool  #: columns of any type are read as text by the server
    fetch_first: bool  #: ``FETCH FIRST n ROWS ONLY`` instead of ``LIMIT n``

    def text(self, column: str) -> str:
        """A column to be read as text, up to a character more than a record may have: no giant crosses the network."""
        return f"SUBSTR({column}{'::text' if self.cast else ''}, 1, {RECORD_BYTES + 1})"

    def value(self, column: str) -> str:
        """A column to be compared with what was read from it."""
        return f"{column}::text" if self.cast else column

    def most(self, rows: int) -> str:
        """The clause that ends a query after *rows*."""
        return f"FETCH FIRST {rows} ROWS ONLY" if self.fetch_first else f"LIMIT {rows}"


class Session(Protocol):
    """One connection. Placeholders in SQL are ``?``. Everything may raise `Unavailable`; then the session is of no more use."""

    @property
    def tongue(self) -> Tongue:
        """How it is spoken to."""

    async def fetch(self, sql: str, *values: Any) -> list[Sequence[Any]]:
        """The rows of a query; no transaction is left open."""

    async def run(self, sql: str, many: Sequence[Sequence[Any]]) -> None:
        """The statement for each of *many*, all in one transaction."""

    async def put(self, sql: str, exists: str, values: Sequence[Any], key: Sequence[Any]) -> None:
        """Insert *values*, unless the row that the query *exists* finds for *key* is there."""

    async def columns(self, place: str) -> dict[str, str]:
        """Column -> type, as far as the driver tells it, in lower case."""

    async def hold(self, name: str) -> bool:
        """Become the one reader of *name*; False if another is. It lasts as long as the session, while `keep` is called."""

    async def keep(self) -> None:
        """Say that we still read. Raise `Unavailable` if another has taken over."""

    async def idle(self, seconds: float) -> None:
        """Wait until rows may have come."""

    async def close(self) -> None:
        """Let go of everything. Raises nothing."""


def placed(sql: str, style: str) -> str:
    """*sql* with the placeholders of *style*: the paramstyles of DB-API, and ``dollar``."""
    count = 0

    def one(_: re.Match[str]) -> str:
        nonlocal count
        count += 1
        return {"numeric": f":{count}", "named": f":p{count}", "format": "%s", "pyformat": f"%(p{count})s", "dollar": f"${count}"}[style]  # fmt: skip

    return sql if style == "qmark" else _PLACE.sub(one, sql)


def lock_number(name: str) -> int:
    """*name* as a signed number of 64 bits, for an advisory lock."""
    return int.from_bytes(hashlib.sha256(f"enforcement-hub:{name}".encode()).digest()[:8], "big", signed=True)


@contextmanager
def told(errors: tuple[type[BaseException], ...], secret: str) -> Iterator[None]:
    """Turn *errors* into `Unavailable` that may stand in a log."""
    try:
        yield
    except errors as error:
        raise Unavailable(in_a_line(error, secret)) from None


def in_a_line(error: BaseException, secret: str) -> str:
    """What *error* says, without the lines in which databases quote rows."""
    said = str(error).strip().partition("\n")[0]
    if secret:
        said = said.replace(secret, "***")
    return f"{type(error).__name__}: {said}"[:300]
