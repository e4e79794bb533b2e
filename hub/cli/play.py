"""``hub play``: ask the rules what the hub would do, or with ``--live`` the running hub.

The one rule: without ``--live`` no Kafka is touched, nor imported. Exit 0 = all expectations hold, 1 = some do not,
2 = a file is not a scenario.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import click

from hub.cli.exits import Exit, Failed
from hub.cli.language import say
from hub.play.judge import Failure, judge
from hub.play.outcome import Outcome
from hub.play.report import lines
from hub.play.run import run
from hub.play.scenario import Malformed, Scenario, read
from hub.reference import load
from hub.settings import Settings


@click.command(
    help=say(
        "推演场景:枢纽会怎么做。不向任何地方发送,时钟是场景自己的。退出码 0 全部符合,1 有不符,2 文件有误。",
        "Play scenarios: what would the hub do if. Nothing is sent anywhere, the clock is the scenario's own. "
        "Exit code 0 if all expectations hold, 1 if not, 2 if a file is wrong.",
    )
)
@click.argument("files", nargs=-1, required=True, metavar="FILE…", type=click.Path(path_type=Path))
@click.option(
    "-o",
    "--output",
    type=click.Choice(["table", "json"]),
    default="table",
    show_default=True,
    help=say("输出格式", "Form of the output"),
)
@click.option(
    "--explain",
    is_flag=True,
    help=say("列出每个决定的全部内容与拒收理由", "Show all fields of every decision and why events were refused"),
)
@click.option(
    "--live",
    is_flag=True,
    help=say("经由正在运行的 hub dev(网关、代理、主题)", "Through the hub dev that runs here: gateway, agents, topics"),
)
def play(files: tuple[Path, ...], output: str, explain: bool, live: bool) -> None:
    """Play *files* and say what happened."""
    reference = load(Settings().reference_dir)
    try:
        scenarios = [read(path, reference) for path in files]
    except Malformed as error:
        click.echo(f"{error}", err=True)
        sys.exit(Exit.USAGE)
    outcomes = _live(scenarios) if live else [run(scenario, reference) for scenario in scenarios]
    played = [
        (scenario, outcome, judge(scenario, outcome)) for scenario, outcome in zip(scenarios, outcomes, strict=True)
    ]
    if output == "json":
        click.echo(json.dumps([_plain(*each) for each in played], ensure_ascii=False, indent=2))
    else:
        for scenario, outcome, failures in played:
            for line in lines(scenario, outcome, failures, explain=explain):
                click.echo(line)
        _sum_up(played)
    sys.exit(Exit.FINDINGS if any(failures for _, _, failures in played) else Exit.OK)


def _live(scenarios: list[Scenario]) -> list[Outcome]:
    """Play through the running hub; exit 3 if none runs here, 4 if it does not answer, 10 if it does not get on."""
    import asyncio  # noqa: PLC0415 - the rules alone need no event loop and no Kafka

    import httpx  # noqa: PLC0415
    from aiokafka.errors import KafkaError  # noqa: PLC0415

    from hub.local.discovery import find_running  # noqa: PLC0415
    from hub.local.topics import load_topics  # noqa: PLC0415
    from hub.play.live import DoorClosed, play_live  # noqa: PLC0415
    from hub.play.tail import Behind  # noqa: PLC0415

    running = find_running()
    if running is None:
        raise Failed(
            Exit.CONFIGURATION, say("没有运行中的枢纽:请先 hub dev", "no hub is running here: start `hub dev`")
        )
    try:
        return asyncio.run(play_live(scenarios, running, load_topics(Settings(), "local")))
    except* (httpx.TransportError, KafkaError) as unreachable:
        raise Failed(
            Exit.UNREACHABLE,
            say(f"枢纽无应答: {unreachable.exceptions[0]}", f"the hub does not answer: {unreachable.exceptions[0]}"),
        ) from None
    except* (DoorClosed, Behind) as unhealthy:
        raise Failed(Exit.UNHEALTHY, str(unhealthy.exceptions[0])) from None


def _plain(scenario: Scenario, outcome: Outcome, failures: list[Failure]) -> dict[str, Any]:
    return {
        "scenario": scenario.name,
        "passed": not failures,
        "failures": [str(failure) for failure in failures],
        "emitted": [record.plain() for record in outcome.emitted],
        "refused": [{"id": turned.id, "code": turned.code} for turned in outcome.refused],
        "clocks": outcome.clocks,
    }


def _sum_up(played: list[tuple[Scenario, Outcome, list[Failure]]]) -> None:
    if len(played) > 1:
        failed = [scenario.name for scenario, _, failures in played if failures]
        held = len(played) - len(failed)
        click.echo(
            say(f"{len(played)} 个场景中 {held} 个符合", f"{held} of {len(played)} hold")
            + "".join(f"\n  ✗ {name}" for name in failed)
        )
