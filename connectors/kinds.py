"""The ways of exchange there are. The one rule: an explicit table; a kind is loaded when a connection is of it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from typing import Final

from connectors.kind import Kind

#: Kind -> where it is. One line per kind.
KINDS: Final[Mapping[str, str]] = {
    "file": "connectors.filedrop.kind:FileDrop",
    "sftp": "connectors.sftp.kind:Sftp",
    "outbox": "connectors.database.kind:Outbox",
    "table": "connectors.database.kind:Table",
}


class UnknownKind(LookupError):
    """There is no such way of exchange."""


@cache
def kind(name: str) -> Kind:
    """The kind *name*. Raise `UnknownKind`."""
    try:
        module, _, made = KINDS[name].partition(":")
    except KeyError:
        raise UnknownKind(name) from None
    found: Kind = getattr(import_module(module), made)()
    return found
