"""`hub connector`: the outside systems: making one, looking at them, running them, handing them over.

One rule: this is the table of verbs; each is a file of its own, imported when it is called.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import click

from hub.cli.connector_ddl import there_is
from hub.cli.language import say

#: verb -> module:attribute
VERBS: Final[Mapping[str, str]] = MappingProxyType({
    "new": "hub.cli.connector_new:new",
    "list": "hub.cli.connector_list:list_",
    "kinds": "hub.cli.connector_list:kinds",
    "spec": "hub.cli.connector_list:spec",
    "check": "hub.cli.connector_check:check",
    "sample": "hub.cli.connector_check:sample",
    "run": "hub.cli.connector_run:run",
    "pause": "hub.cli.connector_run:pause",
    "resume": "hub.cli.connector_run:resume",
    "ddl": "hub.cli.connector_ddl:ddl",
    "credentials": "hub.cli.connector_credentials:credentials",
    "submit": "hub.cli.connector_submit:submit",
    "install": "hub.cli.connector_submit:install",
    "receivers": "hub.cli.webhook:receivers",
    "parked": "hub.cli.webhook:parked",
    "resend": "hub.cli.webhook:resend",
    "park": "hub.cli.webhook:park",
    "open": "hub.cli.webhook:open_",
    "signing": "hub.cli.webhook:signing",
    "silence": "hub.cli.silence:silence",
})  # fmt: skip


class _Verbs(click.Group):
    """Verbs by name."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [verb for verb in VERBS if verb != "ddl" or there_is()]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.list_commands(ctx):
            return None
        module, _, attribute = VERBS[cmd_name].partition(":")
        command = getattr(importlib.import_module(module), attribute)
        assert isinstance(command, click.Command)
        return command


@click.group(cls=_Verbs, help=say("连接器:各单位系统的接入。", "Connectors to the parties' systems."))
def connector() -> None:
    """The verbs of the table."""
