"""`hub connector new`: from a sample file to a connector that runs.

One rule: nothing that exists is changed but the installation's own table, where one entry is added; what was guessed is shown
with its confidence, and what to do next is always said.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from connectors import kinds as known_kinds
from connectors.guess import NotGuessed
from connectors.guess.evidence import SURE
from connectors.newcomer import PLAIN_KINDS, Newcomer, NotMade, Wish, make
from connectors.own import FILE
from hub.canonical.catalogue import Catalogue
from hub.cli.connector_here import Here, here
from hub.cli.connector_list import example
from hub.cli.exits import Exit, Failed
from hub.cli.language import say
from hub.cli.output import Item, emit, note, output_option
from hub.reference import load as load_reference


@click.command(help=say("从一个样例文件做出新的连接器:猜格式、编码、表头、事件和字段。", "Make a connector from a sample file: form, charset, header, event and fields are guessed."))  # fmt: skip
@click.argument("name")
@click.option("--kind", default="file", show_default=True, help=say("接入方式,见 hub connector kinds;或 http", "Way of exchange, see hub connector kinds; or http"))  # fmt: skip
@click.option("--sample", "path", required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path), help=say("样例文件", "Sample file"))  # fmt: skip
@click.option("--party", default="", help=say("单位代码,如 GY-WJW", "Party code, such as GY-WJW"))
@click.option(
    "--event", default="", help=say("事件类型;默认由字段猜出", "Event type; default: guessed from the fields")
)
@click.option("--yes", is_flag=True, help=say("不再询问", "Ask nothing"))
@output_option
def new(name: str, kind: str, path: Path, party: str, event: str, yes: bool, output: str) -> int:
    """0 made and understood, 1 made with open questions, 2 not guessed or not made, 5 no such party, kind or event."""
    place = here(connections=False)
    _known(place, kind, event)
    code = _party(place, party, name, yes=yes)
    placeholders: Mapping[str, Any] = {} if kind in PLAIN_KINDS else example(kind, name)
    wish = Wish(name, kind, code, f"{place.parties[code]}系统", path, event, placeholders)
    rules = load_reference(place.settings.reference_dir).events
    candidates = [each for each, rule in rules.items() if rule.senders != ("HUB",) and each in Catalogue.load()]
    try:
        made = make(place.own.folder, wish, place.parties, candidates)
    except (NotGuessed, NotMade) as error:
        raise Failed(Exit.USAGE, say(error.zh, error.en)) from None
    except OSError as error:
        raise Failed(Exit.CONFIGURATION, str(error)) from None
    if placeholders:
        for way in ("in", "out"):
            place.pauses.pause(f"{name}.{way}", say("设置待填写", "settings to be filled in"))
    emit("ConnectorNew", _rows(made), output, columns={
        "source": say("样例字段", "Sample field"), "field": say("契约字段", "Field"), "title": say("名称", "Title"),
        "confidence": say("把握", "Confidence"), "state": say("状态", "State"), "reason": say("依据", "Why"),
    })  # fmt: skip
    _say_next(made, wish, place)
    return Exit.FINDINGS if made.findings else Exit.OK


def _known(place: Here, kind: str, event: str) -> None:
    if kind not in PLAIN_KINDS and kind not in known_kinds.KINDS:
        there = [*known_kinds.KINDS, "http"]
        raise Failed(Exit.NOT_FOUND, say(f"没有方式 {kind}。有: {'、'.join(there)}", f"no kind {kind}. There are: {', '.join(there)}"))  # fmt: skip
    if event and event not in Catalogue.load():
        raise Failed(
            Exit.NOT_FOUND, say(f"没有事件 {event};见 hub schema list", f"no event {event}; see hub schema list")
        )


def _party(place: Here, party: str, name: str, *, yes: bool) -> str:
    code = party or f"GY-{name.upper()}"
    if code in place.parties:
        return code
    if not party and not yes and click.get_text_stream("stdin").isatty():
        return str(
            click.prompt(say("单位代码", "Party code"), type=click.Choice(sorted(place.parties)), show_choices=False)
        )
    near = "、".join(each for each in place.parties if each.startswith("GY-"))
    raise Failed(
        Exit.NOT_FOUND if party else Exit.USAGE,
        say(f"请用 --party 指明单位。市级有: {near}", f"name the party with --party. Of the city there are: {near}"),
    )


def _rows(made: Newcomer) -> list[Item]:
    rows: list[Item] = []
    for part in made.sketch.parts:
        event = part.reading.event.name
        for match in part.reading.matches:
            state = say("已映射", "mapped") if match.confidence >= SURE else say("待确认", "to confirm")
            rows.append(_row(event, match.column.path, match.target.path, state, match.reason) | {"title": match.target.title, "confidence": f"{match.confidence:.0%}"})  # fmt: skip
        confirm, missing = say("待确认", "to confirm"), say("缺少", "missing")
        rows += [_row(event, "", path, confirm, value.reason) for path, value in part.reading.supposed.items()]
        rows += [_row(event, column, path, confirm, say("由它合成", "made from it")) for path, column in part.reading.joined.items()]  # fmt: skip
        mandatory = say("必填,样例中没有", "mandatory, not in the sample")
        rows += [
            _row(event, "", each.path, missing, mandatory) | {"title": each.title} for each in part.reading.missing
        ]
    rows += [_row("", path, "", say("忽略", "ignored"), "") for path in made.sketch.ignored]
    rows += [_row("", path, "", say("待定", "undecided"), why) for path, why in made.sketch.undecided.items()]
    return rows


def _row(event: str, source: str, field: str, state: str, reason: str) -> dict[str, str]:
    return {
        "event": event,
        "source": source,
        "field": field,
        "title": "",
        "confidence": "",
        "state": state,
        "reason": reason,
    }


def _say_next(made: Newcomer, wish: Wish, place: Here) -> None:
    events = "、".join(f"{each.reading.event.name}({each.reading.event.title})" for each in made.sketch.parts)
    note(say(f"✔ {made.folder}: {made.sketch.form.reason};{events}", f"✔ {made.folder}: {events}"))
    decided = f"{made.sketch.share:.0%}"
    note(say(f"  样例字段已有着落 {decided};样例记录读成事件 {made.understood} 条", f"  fields of the sample settled: {decided}; records read as events: {made.understood}"))  # fmt: skip
    for finding in made.findings[:5]:
        note(f"  ! {finding}")
    if not wish.settings and wish.kind not in PLAIN_KINDS:
        note(say(f"  请按 hub connector spec {wish.kind} 在 {place.own.folder / FILE} 的 connections 下补上连接", f"  add a connection to {place.own.folder / FILE} as hub connector spec {wish.kind} shows"))  # fmt: skip
    if wish.settings:
        note(say(f"  连接 {wish.name} 已写入 {place.own.folder / FILE},占位的设置填好后: hub connector check {wish.name} && hub connector resume {wish.name}", f"  connection {wish.name} is in {place.own.folder / FILE}; fill in its settings, then: hub connector check {wish.name} && hub connector resume {wish.name}"))  # fmt: skip
    note(say(f"下一步: 核对 {made.folder}/mapping.yaml 中的“待确认”“待定”,再 hub connector check {wish.name}", f"next: look at what is marked in {made.folder}/mapping.yaml, then hub connector check {wish.name}"))  # fmt: skip
