"""``hub serve``: one process of the hub, in the foreground, until it is told to stop.

The one rule: a supervisor can run it: it logs to stderr, ends on SIGTERM, and its exit code says what was missing.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import click

from hub.cli.exits import Exit, Failed
from hub.cli.language import say

#: process -> (module:attribute, help in Chinese, help in English)
PROCESSES: Final[Mapping[str, tuple[str, str, str]]] = MappingProxyType(
    {
        "gateway": ("hub.cli.serve:gateway", "HTTP 网关", "The HTTP gateway"),
        "worker": ("hub.cli.worker:worker", "代理(翻译、检查、案件、投诉、投递)", "The agents"),
        "connectors": ("connectors.serve:connectors", "连接器", "The connectors"),
    }
)


class _Processes(click.Group):
    """Processes by name, each imported only when it is to run."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(PROCESSES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in PROCESSES:
            return None
        module, _, attribute = PROCESSES[cmd_name][0].partition(":")
        command = getattr(importlib.import_module(module), attribute)
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section(say("进程", "Processes")):
            formatter.write_dl([(name, say(zh, en)) for name, (_, zh, en) in PROCESSES.items()])


@click.group(cls=_Processes, help=say("运行一个进程,直到被停止。", "Run one process until it is told to stop."))
def serve() -> None:
    """The processes of the hub."""


@click.command(help=say("HTTP 网关:报送事件、领取投递。", "The HTTP gateway: facts in, deliveries out."))
@click.option("--host", default="127.0.0.1", show_default=True, help=say("监听地址", "Address to listen on"))
@click.option("--port", default=8080, show_default=True, type=click.IntRange(0, 65535), help=say("端口", "Port"))
def gateway(host: str, port: int) -> None:
    """Run the gateway."""
    from hub import telemetry  # noqa: PLC0415 - `hub serve --help` needs none of this
    from hub.gateway.credentials import Tokens, TokensInvalid  # noqa: PLC0415
    from hub.gateway.server import BrokersUnreachable, Parts, run  # noqa: PLC0415
    from hub.gateway.settings import for_development  # noqa: PLC0415
    from hub.local.topics import installed  # noqa: PLC0415
    from hub.settings import Settings  # noqa: PLC0415
    from hub.topics import TopicsInvalid  # noqa: PLC0415

    settings = Settings()
    telemetry.configure(level=settings.log_level, process="gateway")
    if not settings.kafka.bootstrap:
        raise Failed(Exit.CONFIGURATION, say("请设置 HUB_KAFKA__BOOTSTRAP", "set HUB_KAFKA__BOOTSTRAP"))
    if settings.tokens_file is None:
        raise Failed(Exit.CONFIGURATION, say("请设置 HUB_TOKENS_FILE", "set HUB_TOKENS_FILE"))
    found = installed(settings)
    rules = found.reference
    try:
        topics = found.topics()
        tokens = Tokens.read(settings.tokens_file, rules.directory)
    except (TopicsInvalid, TokensInvalid) as error:
        raise Failed(Exit.CONFIGURATION, str(error)) from None
    own = for_development(settings.gateway) if settings.dev else settings.gateway
    parts = Parts(own, settings.kafka.bootstrap, topics, rules, tokens, settings.state_dir, settings.dev)
    try:
        ended_by = run(parts, host, port)
    except BrokersUnreachable as error:
        raise Failed(Exit.UNREACHABLE, say(f"Kafka 无应答: {error}", f"no answer from Kafka: {error}")) from None
    click.get_current_context().exit(128 + ended_by if ended_by else Exit.OK)  # as shells have it
