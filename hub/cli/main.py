"""The command `hub`: a table of nouns, each imported only when it is called.

One rule: `hub --help` and completion import nothing of the hub but this; a noun's help line stands in the table.
"""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, NoReturn

import click

from hub.cli.exits import Exit, Failed
from hub.cli.language import LANGUAGES, say

#: noun → (module:attribute, help in Chinese, help in English)
VERBS: Final[Mapping[str, tuple[str, str, str]]] = MappingProxyType(
    {
        "dev": ("hub.cli.dev:dev", "在本机启动整个枢纽(Kafka、网关、代理)", "Start the whole hub on this machine"),
        "play": ("hub.cli.play:play", "推演场景:枢纽会怎么做", "Play scenarios: what would the hub do if"),
        "deadline": (
            "hub.cli.deadline:deadline",
            "期限:哪天届满,依据什么",
            "Statutory periods: when they end, and why",
        ),
        "reference": (
            "hub.cli.reference:reference",
            "参照数据:查看、检查、谁主管",
            "Reference data: show, check, who is competent",
        ),
        "merge": (
            "hub.cli.merge:merge",
            "检查统筹:为何合并或不合并,成效",
            "Inspections: why merged or not, and the figures",
        ),
        "demo": ("hub.cli.demo:demo", "示例日:一天的检查、线索与投诉", "The sample day, start to end"),
        "topics": ("hub.cli.topics:topics", "主题:清单、计划、应用", "Topics: list, plan, apply"),
        "schema": ("hub.cli.schema:schema", "事件契约:检查、比较、文档", "Event schemas: check, diff, documents"),
        "event": ("hub.cli.event:event", "事件:发布、查看、追踪", "Events: publish, show, trace"),
        "lead": ("hub.cli.lead:lead", "线索:公安、法院签收与回执", "Leads: for police and courts"),
        "dlq": ("hub.cli.dlq:dlq", "死信:统计、修正、重放", "Dead letters: look, fix, redrive"),
        "lag": ("hub.cli.lag:lag", "积压:按组、按单位", "Lag by group and by party"),
        "connector": ("hub.cli.connector:connector", "连接器:各单位系统的接入", "Connectors to the parties' systems"),
        "map": ("hub.cli.map:map_", "映射:检查、试运行、解释", "Mappings: check, try, explain"),
        "sim": ("hub.cli.sim:sim", "模拟各单位系统:演示、压力与测试", "The outside systems, simulated"),
        "courier": (
            "hub.cli.courier:courier",
            "信使:与物理隔离网络人工摆渡",
            "Courier: bundles carried by hand into a separate network",
        ),
        "serve": (
            "hub.cli.serve:serve",
            "运行一个进程:网关、代理或连接器",
            "Run one process: gateway, worker, connectors",
        ),
    }
)


class LazyGroup(click.Group):
    """A group whose commands are in a table and imported on call."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in VERBS:
            return None
        module, _, attribute = VERBS[cmd_name][0].partition(":")
        command = getattr(importlib.import_module(module), attribute)
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section(say("命令", "Commands")):
            formatter.write_dl([(name, say(zh, en)) for name, (_, zh, en) in VERBS.items()])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in VERBS and not args[0].startswith("-"):
            ctx.fail(
                say(
                    f"没有命令 {args[0]}。可用: {', '.join(VERBS)}",
                    f"no command {args[0]}. There are: {', '.join(VERBS)}",
                )
            )
        return super().resolve_command(ctx, args)


def _version(ctx: click.Context, _option: click.Parameter, wanted: bool) -> None:
    if wanted:
        from importlib import metadata  # noqa: PLC0415 - 20 ms that only this needs

        try:
            click.echo(metadata.version("enforcement-hub"))
        except metadata.PackageNotFoundError:
            click.echo("checkout")
        ctx.exit()


@click.group(
    cls=LazyGroup,
    help=say("贵阳市综合行政执法消息枢纽。", "The city's enforcement hub."),
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.option("--lang", type=click.Choice(LANGUAGES), expose_value=False, help=say("界面语言", "Language"))
@click.option(
    "--version", is_flag=True, is_eager=True, expose_value=False, callback=_version, help=say("版本", "Version")
)
def hub() -> None:
    """The root of all verbs."""


def _end_if_files_are_wrong(error: Exception) -> None:
    """Any verb may be the first to read the reference data or the own connectors; what is wrong there is nobody's bug."""
    from connectors.own import OwnInvalid  # noqa: PLC0415 - only when something went wrong
    from hub.reference.finding import ReferenceInvalid  # noqa: PLC0415

    if isinstance(error, ReferenceInvalid | OwnInvalid):
        click.echo(str(error), err=True)
        sys.exit(Exit.CONFIGURATION)


def _report_bug() -> None:
    import tempfile  # noqa: PLC0415 - a quarter of what `hub --help` takes, for what should never be needed
    import traceback  # noqa: PLC0415

    with tempfile.NamedTemporaryFile("w", prefix="hub-bug-", suffix=".txt", delete=False) as report:
        report.write(f"{sys.version}\n{sys.argv}\n{traceback.format_exc()}")
    last = traceback.format_exc().strip().splitlines()[-1]
    click.echo(
        say(f"枢纽内部错误: {last}\n报告: {report.name}", f"bug in the hub: {last}\nreport: {report.name}"), err=True
    )


def main() -> NoReturn:
    """Run a verb. A bug ends with 70 and a report file, never with a traceback across the reader's screen."""
    try:
        code = hub.main(prog_name="hub", standalone_mode=False)  # what a verb returned, or gave to `ctx.exit`
    except (click.Abort, KeyboardInterrupt):
        sys.exit(130)
    except Failed as failed:
        failed.show()
        sys.exit(failed.exit_code)
    except click.ClickException as wrong:
        wrong.show()
        sys.exit(wrong.exit_code)
    except BrokenPipeError:  # `hub … | head`: the reader has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(Exit.OK)
    except Exception as error:  # noqa: BLE001 - the last resort, and it reports
        _end_if_files_are_wrong(error)
        _report_bug()
        sys.exit(Exit.BUG)
    sys.exit(code if isinstance(code, int) else Exit.OK)
