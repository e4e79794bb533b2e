"""``hub play``: ask the rules what the hub would do.

The one rule: no Kafka here. Exit 0 = all expectations hold, 1 = some do not, 2 = a file is not a scenario.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import click

from hub.cli.exits import Exit
from hub.cli.language import say
from hub.play.judge import Failure, judge
from hub.play.outcome import Outcome
from hub.play.report import lines
from hub.play.run import run
from hub.play.scenario import Malformed, Scenario, read
from hub.reference import load


@click.command(
    help=say(
        "推演场景:枢纽会怎么做。不向任何地方发送,时钟是场景自己的。退出码 0 全部符合,1 有不符,2 文件有误。",
        "Play scenarios: what would the hub do if. Nothing is sent anywhere, the clock is the scenario's own. "
        "Exit code 0 if all expectations hold, 1 if not, 2 if a file is wrong.",
    )
)
@click.argument("files", nargs=-1, required=True, metavar="FILE…", type=click.Path(path_type=Path))
@click.option("-o", "--output", type=click.Choice(["table", "json"]), default="table", show_default=True, help=say("输出格式", "Form of the output"))
@click.option("--explain", is_flag=True, help=say("列出每个决定的全部内容与拒收理由", "Show all fields of every decision and why events were refused"))
def play(files: tuple[Path, ...], output: str, explain: bool) -> None:
    """Play *files* and say what happened."""
    reference = load()
    try:
        scenarios = [read(path, reference) for path in files]
    except Malformed as error:
        click.echo(f"{error}", err=True)
        sys.exit(Exit.USAGE)
    played = [(scenario, outcome, judge(scenario, outcome)) for scenario in scenarios for outcome in (run(scenario, reference),)]
    if output == "json":
        click.echo(json.dumps([_plain(*each) for each in played], ensure_ascii=False, indent=2))
    else:
        for scenario, outcome, failures in played:
            for line in lines(scenario, outcome, failures, explain=explain):
                click.echo(line)
        _sum_up(played)
    sys.exit(Exit.FINDINGS if any(failures for _, _, failures in played) else Exit.OK)


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
        click.echo(say(f"{len(played)} 个场景中 {held} 个符合", f"{held} of {len(played)} hold") + "".join(f"\n  ✗ {name}" for name in failed))
