"""What a database connection is told. The one rule: no secret in it; the password is a file's content, read when connecting."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Self
from urllib.parse import parse_qsl, urlsplit

from pydantic import AfterValidator, Field, model_validator

from connectors.kind import KindSettings

_NAME: Final = re.compile(r"[^\W\d][\w$#]{0,62}").fullmatch
_SECRET: Final = re.compile(r"pass|pwd|secret|token", re.IGNORECASE).search


def _named(name: str) -> str:
    if not _NAME(name):  # names stand in SQL, where nothing can be bound in their place
        raise ValueError(f"{name!r} 不能作为表名、列名 / is no name of a table or column")
    return name


Name = Annotated[str, AfterValidator(_named)]


class DatabaseSettings(KindSettings):
    """Where the database is, and where in it the table."""

    database: Literal["postgresql", "dbapi"] = "postgresql"
    dsn: str = ""  #: postgresql: instead of host, port, user and dbname
    host: str = ""  #: a folder (``/var/run/postgresql``) is a Unix socket
    port: int = Field(default=5432, ge=1, le=65535)
    user: str = ""
    dbname: str = ""
    sslmode: Literal["disable", "require", "verify-ca", "verify-full"] = "verify-full"
    ca: Path | None = None  #: trust only this authority
    password_file: Path | None = None
    driver: Name | None = None  #: dbapi: the module, such as ``dmPython``, ``ksycopg2``, ``oracledb``, ``sqlite3``
    connect: dict[str, Any] = Field(default_factory=dict)  #: dbapi: what its ``connect`` is given
    password_name: Name = "password"  # noqa: S105 - a name, not a password
    #: dbapi: under which name it is given the password
    paramstyle: Literal["qmark", "numeric", "named", "format", "pyformat"] | None = (
        None  #: dbapi: else the driver's own
    )
    schema_name: Name | None = Field(default=None, alias="schema")
    table: Name
    names: dict[Name, Name] = Field(default_factory=dict)  #: our name of a column -> the peer's
    seconds: float = Field(default=30, gt=0, le=600)  #: the longest that one statement may take

    @property
    def place(self) -> str:
        """The table as SQL names it."""
        return self.beside(self.table)

    def beside(self, table: str) -> str:
        """*table* in the same schema."""
        return f"{self.schema_name}.{table}" if self.schema_name else table

    def column(self, name: str) -> str:
        """What the peer calls our column *name*."""
        return self.names.get(name, name)

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.database == "dbapi":
            if not self.driver:
                raise ValueError("dbapi 须有 driver / needs a driver")
            if self.dsn or self.host:
                raise ValueError("dbapi 的地址写在 connect 中 / the address stands in connect")
            for name, value in self.connect.items():
                if _SECRET(name) or (isinstance(value, str) and _carries_secret(value)):
                    raise ValueError(f"connect.{name}: 密码须放入 password_file / a password belongs in password_file")
        elif self.driver or self.connect:
            raise ValueError("driver 和 connect 仅用于 dbapi / are for dbapi only")
        elif not self.dsn and not (self.host and self.user and self.dbname):
            raise ValueError("须有 dsn,或 host、user、dbname / needs a dsn, or host, user and dbname")
        elif self.dsn and _carries_secret(self.dsn):
            raise ValueError("dsn: 密码须放入 password_file / a password belongs in password_file")
        return self


def _carries_secret(text: str) -> bool:
    """Does a connection string hold a password, in a URL or as ``password=…``?"""
    try:
        url = urlsplit(text)
        if url.password or any(_SECRET(name) for name, _ in parse_qsl(url.query)):
            return True
    except ValueError:
        return True  # not to be judged: better asked for in another form
    return re.search(r"(?:password|passwd|pwd)\s*=|^[^/@\s]+/[^@\s]+@", text, re.IGNORECASE) is not None


class OutboxSettings(DatabaseSettings):
    """A table into which the peer puts its records."""

    table: Name = "hub_outbox"
    columns: tuple[Name, ...] = ()  #: a flat table: these columns are the record; else ``payload`` is
    poll_seconds: float = Field(default=2, ge=0.05, le=3600)
    batch: int = Field(default=500, ge=1, le=500)
    lease_table: Name = "hub_lease"  #: dbapi: where the one reader is written down
    lease_seconds: float = Field(default=30, ge=1, le=600)


class TableSettings(DatabaseSettings):
    """A table from which the peer takes its deliveries."""

    table: Name = "hub_inbox"
