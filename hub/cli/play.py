"""``hub play``: ask the rules what the hub would do, with ``--live`` the running hub, with ``--shadow`` its own log.

The one rule: without ``--live`` and ``--shadow`` no Kafka is touched, nor imported. Exit 0 = all expectations hold or nothing
differs, 1 = some do not or something does, 2 = a file or a word is wrong.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from hub.cli.exits import Exit, Failed
from hub.cli.language import say
from hub.cli.output import note
from hub.cli.trial import files as reference_files
from hub.cli.trial import switches
from hub.play.because import because
from hub.play.judge import Failure, judge
from hub.play.outcome import Arrived, Outcome
from hub.play.report import brief, lines
from hub.play.run import run
from hub.play.scenario import Malformed, Scenario, read
from hub.play.story import painted
from hub.reference import Reference, merged
from hub.settings import Settings

Played = tuple[Scenario, Outcome, list[Failure]]


@click.command(
    help=say(
        "推演场景:枢纽会怎么做。不向任何地方发送,时钟是场景自己的。退出码 0 全部符合,1 有不符,2 文件有误。"
        "--shadow 用今天的规则重放枢纽自己的日志,指出哪些决定会不同。",
        "Play scenarios: what would the hub do if. Nothing is sent anywhere, the clock is the scenario's own. "
        "Exit code 0 if all expectations hold, 1 if not, 2 if a file is wrong. "
        "--shadow replays the hub's own log under today's rules and tells which decisions would differ.",
    )
)
@click.argument("files", nargs=-1, metavar="FILE…", type=click.Path(path_type=Path))
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
    help=say(
        "每个决定因何而来:起因、规则编号、依据、全部内容;拒收理由",
        "Why each output arose: cause, rule ids, legal basis, all fields; why events were refused",
    ),
)
@click.option(
    "--live",
    is_flag=True,
    help=say("经由正在运行的 hub dev(网关、代理、主题)", "Through the hub dev that runs here: gateway, agents, topics"),
)
@click.option(
    "--shadow",
    metavar="FROM..TO",
    help=say(
        "重放枢纽日志,对照此时段内的决定;退出码 1 有不同",
        "Replay the hub's log and compare the decisions of this stretch; exit 1 if any differs",
    ),
)
@click.option(
    "--policy",
    multiple=True,
    metavar="KEY=VALUE",
    help=say("试用另一开关值,可多次,例如 caps.LOW=2", "Try another value of a switch; may repeat, e.g. caps.LOW=2"),
)
@click.option(
    "--reference",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    help=say("试用该目录中的参考数据文件", "Try the reference files of this folder"),
)
@click.option(
    "--realm",
    default="",
    help=say(
        "与 --shadow:某个场景世界的日志,* 为全部;默认为现实",
        "With --shadow: the log of a scenario's world, * for all; default: real life",
    ),
)
@click.option(
    "--bootstrap",
    default=None,
    help=say(
        "与 --shadow:Kafka 地址;默认为正在运行的 hub dev", "With --shadow: Kafka; default: the hub dev that runs here"
    ),
)
def play(
    files: tuple[Path, ...],
    output: str,
    explain: bool,
    live: bool,
    shadow: str | None,
    policy: tuple[str, ...],
    reference: Path | None,
    realm: str,
    bootstrap: str | None,
) -> None:
    """Play *files*, or the log in the stretch *shadow*, and say what happened."""
    if shadow is not None:
        if files or live or explain:
            raise click.UsageError(
                say("--shadow 不与 FILE、--live、--explain 同用", "--shadow goes with no FILE, --live or --explain")
            )
        from hub.cli.shadow import run_shadow  # noqa: PLC0415 - the rules alone need no Kafka

        sys.exit(
            run_shadow(shadow, policy=policy, directory=reference, realm=realm, bootstrap=bootstrap, output=output)
        )
    if not files:
        raise click.UsageError(say("缺少 FILE 或 --shadow FROM..TO", "give a FILE, or --shadow FROM..TO"))
    if realm or bootstrap:
        raise click.UsageError(
            say("--realm、--bootstrap 只与 --shadow 同用", "--realm and --bootstrap go with --shadow")
        )
    if live and reference:
        raise click.UsageError(
            say(
                "运行中的枢纽有自己的参考数据,--live 不用 --reference",
                "a running hub has reference data of its own: no --reference with --live",
            )
        )
    data = reference_files(reference)
    scenarios = _read(files, data, policy)
    played = []
    for each in _played(scenarios, data, live=live):
        played.append(each)
        if output == "table":
            scenario, outcome, failures = each
            whole = explain or len(scenarios) == 1
            report = lines(*each, data, explain=explain) if whole else brief(scenario, outcome, failures)
            for line in report:
                click.echo(line, color=painted())
    if output == "json":
        plain = [_plain(*each, data if explain else None) for each in played]
        click.echo(json.dumps(plain, ensure_ascii=False, indent=2))
    else:
        _sum_up(played)
    sys.exit(Exit.FINDINGS if any(failures for _, _, failures in played) else Exit.OK)


def _read(files: tuple[Path, ...], data: Reference, policy: tuple[str, ...]) -> list[Scenario]:
    changes = switches(policy, data)
    try:
        scenarios = [read(path, data) for path in files]
    except Malformed as error:
        click.echo(f"{error}", err=True)
        sys.exit(Exit.USAGE)
    return [replace(scenario, policy=merged(scenario.policy, changes)) for scenario in scenarios]


def _played(scenarios: list[Scenario], data: Reference, *, live: bool) -> Iterator[Played]:
    if not live:
        for number, scenario in enumerate(scenarios, 1):
            with _Progress(number, len(scenarios), scenario.name):
                outcome = run(scenario, data)
                failures = judge(scenario, outcome)
            yield scenario, outcome, failures
        return
    for scenario, outcome in zip(scenarios, _live(scenarios), strict=True):
        yield scenario, outcome, judge(scenario, outcome)


class _Progress:
    """Which of many is being played, on one line of a terminal that goes away again."""

    def __init__(self, number: int, whole: int, name: str) -> None:
        self._text = f"{number}/{whole} {name}" if whole > 1 and sys.stderr.isatty() else ""

    def __enter__(self) -> None:
        if self._text:
            click.echo(f"\r\033[K{self._text}", err=True, nl=False)

    def __exit__(self, *_: object) -> None:
        if self._text:
            click.echo("\r\033[K", err=True, nl=False)


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
    sent: list[str] = []

    def progress(scenario: Scenario) -> None:
        sent.append(scenario.name)
        if len(scenarios) > 1 and sys.stderr.isatty():
            note(say(f"已送出 {len(sent)}/{len(scenarios)} {scenario.name}", f"sent {len(sent)}/{len(scenarios)} {scenario.name}"))  # fmt: skip

    try:
        return asyncio.run(play_live(scenarios, running, load_topics(Settings(), "local"), progress))
    except* (httpx.TransportError, KafkaError) as unreachable:
        raise Failed(
            Exit.UNREACHABLE,
            say(f"枢纽无应答: {unreachable.exceptions[0]}", f"the hub does not answer: {unreachable.exceptions[0]}"),
        ) from None
    except* (DoorClosed, Behind) as unhealthy:
        raise Failed(Exit.UNHEALTHY, str(unhealthy.exceptions[0])) from None


def _plain(
    scenario: Scenario, outcome: Outcome, failures: list[Failure], explained: Reference | None
) -> dict[str, Any]:
    """The fixed form of a scenario's outcome; with *explained* each decision says why too."""
    emitted = [record.plain() for record in outcome.emitted]
    if explained is not None:
        facts = {step.id: step.event for step in outcome.story if isinstance(step, Arrived)}
        for plain, record in zip(emitted, outcome.emitted, strict=True):
            if not record.to:
                plain["why"] = list(because(record, facts, explained))
    return {
        "scenario": scenario.name,
        "passed": not failures,
        "failures": [str(failure) for failure in failures],
        "emitted": emitted,
        "refused": [{"id": turned.id, "code": turned.code} for turned in outcome.refused],
        "clocks": outcome.clocks,
    }


def _sum_up(played: list[Played]) -> None:
    if len(played) > 1:
        failed = [scenario.name for scenario, _, failures in played if failures]
        held = len(played) - len(failed)
        click.echo(
            "\n"
            + say(f"{len(played)} 个场景中 {held} 个符合", f"{held} of {len(played)} hold")
            + "".join(f"\n  ✗ {name}" for name in failed)
        )
