"""`hub sim`: the outside systems of the city, simulated, against the hub that `hub dev` runs here.

One rule: nothing here ever talks to another hub, and a summary says what became of every record.
"""

from __future__ import annotations

import asyncio
import random
import re
import signal
import sys
from collections.abc import Coroutine, Sequence
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from hub.cli.exits import Exit, Failed
from hub.cli.language import say
from hub.cli.output import emit, note, output_option

if TYPE_CHECKING:
    from hub.local.sim.casting import Role
    from hub.local.sim.place import Place

_T = TypeVar("_T")

_UNITS = {"s": 1, "m": 60, "h": 3600}


class Seconds(click.ParamType):
    """``30s``, ``5m``, ``1h``."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """In seconds."""
        found = re.fullmatch(r"(\d+)([smh])", str(value))
        if isinstance(value, float):
            return value
        if found is None:
            self.fail(say(f"{value} 不是时长:30s、5m 或 1h", f"{value} is no time: 30s, 5m or 1h"), param, ctx)
        return float(int(found[1]) * _UNITS[found[2]])


@click.group(
    help=say("模拟各单位系统:演示、压力与测试。", "The outside systems, simulated: for demos, load and tests.")
)
def sim() -> None:
    """The verbs below."""


@sim.command("list", help=say("列出可模拟的系统及其行为。", "The systems and what each does."))
@output_option
def list_(output: str) -> None:
    """One line per system."""
    items = [
        {
            "system": role.name, "party": role.system.owner, "door": role.behaviour.door,
            "about": say(role.behaviour.about, role.behaviour.about_en), "declared": role.declared,
            "sends": list(role.behaviour.sends()),
            "answers": list(dict.fromkeys(each.to for each in role.behaviour.answers)),
            "mistakes": {each.kind: each.share for each in role.behaviour.mistakes},
        }
        for role in _cast(())
    ]  # fmt: skip
    emit(
        "SimulatorList", items, output,
        columns={"system": say("系统", "System"), "party": say("单位", "Party"), "door": say("通道", "Door"), "about": say("行为", "Does")},
        wide={"sends": say("报送", "Sends"), "answers": say("答复", "Answers"), "mistakes": say("差错比例", "Mistakes")},
    )  # fmt: skip


@sim.command(
    help=say(
        "运行模拟系统,默认全部,直到 Ctrl-C 或时间到。", "Run systems, all by default, until Ctrl-C or the time is up."
    )
)
@click.argument("systems", nargs=-1)
@click.option(
    "--speed",
    type=click.FloatRange(1, 1_000_000),
    default=60.0,
    show_default=True,
    help=say("时间倍速", "How much faster than life"),
)
@click.option("--for", "seconds", type=Seconds(), default=None, help=say("运行多久", "How long: 30s, 5m"))
@click.option("--seed", type=int, default=None, help=say("随机种子;默认每次不同", "Seed; another each time by default"))
@click.option(
    "--rate",
    type=click.FloatRange(0),
    default=0.0,
    help=say("每分钟新事项数(合计)", "Matters begun per minute, all together"),
)
@click.option(
    "--enterprises",
    type=click.IntRange(1, 10_000),
    default=12,
    show_default=True,
    help=say("企业数", "Enterprises in the city"),
)
@click.option("--finish", is_flag=True, help=say("时间到后把待办办完再结束", "Answer what is owed before ending"))
@output_option
def run(
    systems: tuple[str, ...], speed: float, seconds: float | None, seed: int | None, rate: float, enterprises: int,
    finish: bool, output: str,
) -> int:  # fmt: skip
    """Exit 0 if everything sent was settled as its behaviour said, 1 if something was lost or a surprise."""
    from hub.local.sim.stage import Performance, Stage  # noqa: PLC0415 - `hub sim --help` needs none of it

    roles, place = _cast(systems), _place()
    how = Performance(
        seed=_seed(seed), speed=speed, seconds=seconds if seconds is not None else float("inf"), per_minute=rate,
        enterprises=enterprises, finish=finish, grace_seconds=120.0 if finish else 60.0,
    )  # fmt: skip
    stage = Stage(roles, place, _reference(), how)
    note(
        say(
            f"种子 {how.seed} · 倍速 {speed:g} · 系统 {len(roles)} 个",
            f"seed {how.seed} · speed {speed:g} · {len(roles)} systems",
        )
    )
    _reaching(_played(stage, live=output == "table" and sys.stderr.isatty()))
    return _summed_up(stage.journal.summary(), output)


@sim.command(help=say("压力:经网关与文件持续报送。", "Load: records through the gateway and the files."))
@click.argument("systems", nargs=-1)
@click.option(
    "--rate", type=click.FloatRange(1), default=500.0, show_default=True, help=say("每秒条数", "Records a second")
)
@click.option("--for", "seconds", type=Seconds(), default="60s", show_default=True, help=say("持续多久", "How long"))
@click.option("--seed", type=int, default=None, help=say("随机种子;默认每次不同", "Seed; another each time by default"))
@output_option
def storm(systems: tuple[str, ...], rate: float, seconds: float, seed: int | None, output: str) -> int:
    """Exit 0 if everything sent was settled, 1 if something was lost."""
    from hub.local.sim.journal import Journal  # noqa: PLC0415
    from hub.local.sim.storm import Storm, blow  # noqa: PLC0415

    place, journal = _place(), Journal()
    roles = [role for role in _cast(systems) if role.behaviour.begins]
    if not roles:
        raise Failed(Exit.USAGE, say("这些系统不主动报送", "these systems send nothing by themselves"))
    how = Storm(seed=_seed(seed), per_second=rate, seconds=seconds)
    note(
        say(
            f"种子 {how.seed} · {rate:g} 条/秒 · 系统 {len(roles)} 个",
            f"seed {how.seed} · {rate:g} a second · {len(roles)} systems",
        )
    )
    reached = _reaching(blow(roles, place, _reference(), how, journal))
    note(say(f"实际 {reached:.0f} 条/秒", f"reached {reached:.0f} a second"))
    return _summed_up(journal.summary(), output)


@sim.command(help=say("把一个系统的报文写成文件,不需要枢纽。", "Write a system's documents; no hub is needed."))
@click.argument("system")
@click.option(
    "-n", "count", type=click.IntRange(1, 1_000_000), default=100, show_default=True, help=say("份数", "How many")
)
@click.option("--seed", type=int, default=1, show_default=True, help=say("随机种子", "Seed"))
@click.option(
    "--at",
    "moment",
    type=click.DateTime(["%Y-%m-%dT%H:%M:%S"]),
    default=None,
    help=say("报文的时刻;默认现在", "The moment they are written at; default now"),
)
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), default=None, help=say("目录", "Folder"))
@output_option
def generate(system: str, count: int, seed: int, moment: datetime | None, out: Path | None, output: str) -> None:
    """One document per record; without --out they are only listed."""
    from hub.canonical.event import SHANGHAI  # noqa: PLC0415
    from hub.local.sim.generate import letters  # noqa: PLC0415

    (role,) = _cast((system,))
    now = moment.replace(tzinfo=SHANGHAI) if moment is not None else datetime.now(SHANGHAI)
    items = []
    if out is not None:
        out.mkdir(parents=True, exist_ok=True)
    for number, letter in enumerate(islice(letters(role, _reference(), seed=seed, now=now), count), 1):
        name = f"{number:06}.{role.system.format.extension}"
        if out is not None:
            (out / name).write_bytes(letter.encoded())
        items.append({
            "file": name, "id": letter.own_id, "event": letter.event, "party": letter.party, "mistake": letter.mistake,
            "refused": letter.refused,
        })  # fmt: skip
    emit(
        "SimulatedDocumentList", items, output,
        columns={"file": say("文件", "File"), "event": say("事件", "Event"), "mistake": say("差错", "Mistake"), "refused": say("将退回", "Refused with")},
        wide={"id": say("编号", "Id"), "party": say("单位", "Party")},
    )  # fmt: skip


def _cast(systems: Sequence[str]) -> list[Role]:
    from connectors import registry  # noqa: PLC0415
    from connectors.mapping import MappingInvalid  # noqa: PLC0415
    from hub.local.sim.behaviour import BehaviourInvalid  # noqa: PLC0415
    from hub.local.sim.casting import cast  # noqa: PLC0415

    reference = _reference()  # the own systems are known from here on
    try:
        return cast([_named(each) for each in systems] or registry.names(), reference)
    except registry.UnknownDialect as unknown:
        there = "、".join(registry.names())
        raise Failed(
            Exit.NOT_FOUND, say(f"没有系统 {unknown}。有: {there}", f"no system {unknown}. There are: {there}")
        ) from None
    except (BehaviourInvalid, MappingInvalid) as error:
        raise Failed(Exit.CONFIGURATION, str(error)) from None


def _named(name: str) -> str:
    """A dialect by its name or, as people say, by the first part of it."""
    from connectors import registry  # noqa: PLC0415

    return next((each for each in registry.names() if name in (each, each.partition("-")[0])), name)


def _reference() -> Any:
    from hub.boot import hub  # noqa: PLC0415

    return hub().reference


def _place() -> Place:
    from hub.local.discovery import NoCluster  # noqa: PLC0415
    from hub.local.sim.place import NotForSimulators, find_place  # noqa: PLC0415

    try:
        return find_place()
    except NotForSimulators as foreign:
        raise Failed(Exit.CONFIGURATION, say(f"模拟系统只连接本机的 hub dev: {foreign}", str(foreign))) from None
    except NoCluster as nobody:
        raise Failed(Exit.CONFIGURATION, say("没有运行中的枢纽:请先 hub dev", str(nobody))) from None


def _seed(given: int | None) -> int:
    return given if given is not None else random.SystemRandom().randrange(1, 1_000_000)


def _reaching(performance: Coroutine[Any, Any, _T]) -> _T:
    """What *performance* gives; exit 4 if the gateway stays away, 130 if somebody will not wait."""
    from hub.local.sim.doors import GatewayGone  # noqa: PLC0415 - as above

    try:
        return asyncio.run(performance)
    except* GatewayGone as several:
        gone = several.exceptions[0]
    except* asyncio.CancelledError:
        gone = None
    if gone is None:
        raise click.Abort
    raise Failed(Exit.UNREACHABLE, say(f"网关久无应答: {gone}", f"the gateway stays away: {gone}"))


async def _played(stage: Any, *, live: bool) -> None:
    """Play, with a table that moves if somebody watches; the first signal ends the sending, the second the waiting too."""
    playing = asyncio.current_task()
    assert playing is not None
    signals = 0

    def stop() -> None:
        nonlocal signals
        signals += 1
        stage.close()
        if signals > 1:
            playing.cancel()

    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop)
    if not live:
        await stage.play()
        return
    from rich.console import Console  # noqa: PLC0415
    from rich.live import Live  # noqa: PLC0415

    from hub.cli.sim_table import table  # noqa: PLC0415

    with Live(table(stage.journal), console=Console(stderr=True), refresh_per_second=4, transient=True) as shown:
        await stage.play(lambda: shown.update(table(stage.journal)))


def _summed_up(items: list[dict[str, Any]], output: str) -> int:
    emit(
        "SimulationSummary", items, output,
        columns={
            "system": say("系统", "System"), "sent": say("报送", "Sent"), "accepted": say("受理", "Accepted"),
            "refused": say("退回", "Refused"), "received": say("收到", "Received"), "answered": say("答复", "Answered"),
            "owed": say("待办", "Owed"), "lost": say("丢失", "Lost"), "medianSeconds": say("中位秒", "Median s"),
            "worstSeconds": say("最长秒", "Worst s"),
        },
        wide={"repeats": say("重发", "Repeats"), "waited": say("等候", "Waited"), "surprises": say("意外", "Surprises")},
    )  # fmt: skip
    lost, surprises = (sum(int(item[name]) for item in items) for name in ("lost", "surprises"))
    note(say(f"丢失 {lost},意外 {surprises}", f"lost {lost}, surprises {surprises}"))
    return Exit.FINDINGS if lost or surprises else Exit.OK
