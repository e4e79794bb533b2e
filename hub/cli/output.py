"""How a verb gives its result: one list of items in any of six forms.

One rule: stdout carries the result and nothing else; `note` puts everything a person may want beside it on stderr.
"""

from __future__ import annotations

import csv
import io
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, TypeVar

import click

from hub.cli.language import say

FORMS: Final = ("table", "wide", "json", "jsonl", "yaml", "csv")
API_VERSION: Final = "hub/v1"
Item = Mapping[str, Any]
_Function = TypeVar("_Function", bound=Callable[..., Any])


def output_option(function: _Function) -> _Function:
    """`-o/--output` for a verb that takes the argument *output*."""
    return click.option(
        "-o",
        "--output",
        type=click.Choice(FORMS),
        default="table",
        show_default=True,
        help=say("输出格式", "Form of the output"),
    )(function)


def note(message: str) -> None:
    """Say something beside the result."""
    click.echo(message, err=True)


def emit(
    kind: str, items: Sequence[Item], output: str, *, columns: Mapping[str, str], wide: Mapping[str, str] | None = None
) -> None:
    """Print *items*. *columns* (and *wide* more of them) are key → title, for the forms made of columns."""
    match output:
        case "json":
            click.echo(json.dumps(envelope(kind, items), ensure_ascii=False, indent=2, default=str))
        case "jsonl":
            for item in items:
                click.echo(json.dumps(item, ensure_ascii=False, default=str))
        case "yaml":
            import yaml  # noqa: PLC0415 - only this form needs it

            plain = json.loads(json.dumps(envelope(kind, items), default=str))
            click.echo(yaml.safe_dump(plain, allow_unicode=True, sort_keys=False), nl=False)
        case "csv":
            click.echo(_csv(items, [*columns, *(wide or {})]), nl=False)
        case _:
            _table(items, {**columns, **(wide or {})} if output == "wide" else columns)


def envelope(kind: str, items: Sequence[Item]) -> dict[str, Any]:
    """The one JSON shape of every list."""
    return {"apiVersion": API_VERSION, "kind": kind, "items": list(items)}


def _csv(items: Sequence[Item], keys: Sequence[str]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(keys)
    writer.writerows([_cell(item.get(key)) for key in keys] for item in items)
    return text.getvalue()


def _table(items: Sequence[Item], columns: Mapping[str, str]) -> None:
    from rich.console import Console  # noqa: PLC0415 - 60 ms that the other forms need not pay
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    # Cut to the window on a terminal only: a table in a file or a pipe is searched, and must be whole.
    console = Console(width=None if sys.stdout.isatty() else 10_000, highlight=False)
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for title in columns.values():
        table.add_column(title, no_wrap=True, overflow="ellipsis")
    for item in items:
        table.add_row(*(Text(_cell(item.get(key))) for key in columns))
    console.print(table)


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Mapping):
        return " ".join(f"{key}={each}" for key, each in value.items())
    if isinstance(value, list | tuple):
        return ",".join(map(str, value))
    return str(value)
