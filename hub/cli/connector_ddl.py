"""`hub connector ddl`: ready statements for the administrator of a bureau's database.

One rule: they are printed, never carried out: whose database it is runs them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from importlib.util import find_spec
from typing import Final

import click

from hub.cli.connector_here import here
from hub.cli.exits import Exit, Failed
from hub.cli.language import say
from hub.cli.output import emit, output_option

_MODULE: Final = "connectors.database.ddl"
_NAMES: Final = ("schema", "table", "lease_table")


def there_is() -> bool:
    """Are the database kinds installed?"""
    return find_spec(_MODULE.rpartition(".")[0]) is not None and find_spec(_MODULE) is not None


@click.command(
    help=say("对方数据库管理员要执行的建表语句。", "Statements for the administrator of the peer's database.")
)
@click.argument("name", default="")
@click.option("--kind", default="outbox", show_default=True, help=say("outbox 或 table", "outbox or table"))
@click.option("--database", required=True, help="postgresql, kingbase, dm, oracle, sqlite")
@output_option
def ddl(name: str, kind: str, database: str, output: str) -> None:
    """5 for a kind, a database or a connection that does not exist."""
    write: Callable[[str, str, Mapping[str, str]], str] = import_module(_MODULE).ddl
    names: dict[str, str] = {}
    if name:
        connection = here().connection(name)
        kind = connection.kind
        names = {each: str(value) for each in _NAMES if (value := getattr(connection.settings, each, ""))}
    try:
        text = write(kind, database, names)
    except LookupError:
        raise Failed(Exit.NOT_FOUND, say(f"没有 {kind} 在 {database} 上的语句", f"no statements for {kind} in {database}")) from None  # fmt: skip
    if output in ("table", "wide"):
        click.echo(text, nl=False)
    else:
        emit("ConnectorDdl", [{"kind": kind, "database": database, "ddl": text}], output, columns={"ddl": "DDL"})
