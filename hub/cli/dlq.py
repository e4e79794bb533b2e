"""``hub dlq``: dead letters: what was refused, why, and sending it again."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import click

from hub.boot import Hub, hub
from hub.canonical.event import SHANGHAI
from hub.cli.exits import Exit, Failed
from hub.cli.language import say
from hub.cli.output import emit, note, output_option
from hub.cli.reach import bootstrap_option, reaching
from hub.ops.dead_letters import DeadLetter, letters
from hub.ops.dead_letters import redrive as send_again

_COLUMNS = {
    "number": "编号",
    "code": "错误码",
    "stage": "环节",
    "refused_at": "时间",
    "topic": "来源",
    "event_id": "事件号",
    "redriven": "已重放",
}
_WIDE = {"message": "原因"}


@click.group()
def dlq() -> None:
    """死信:清单、详情、重放。Dead letters: list, show, redrive."""


def _read(here: Hub, cluster: str, party: str) -> list[DeadLetter]:
    if party and party not in here.topics.parties():
        raise Failed(Exit.NOT_FOUND, say(f"没有单位 {party}", f"there is no party {party}"))
    parties = (party,) if party else here.topics.parties()

    async def collect() -> list[DeadLetter]:
        return [letter async for letter in letters(cluster, here.topics, parties)]

    return asyncio.run(collect())


@dlq.command("list")
@click.option("--party", default="", help=say("只看该单位", "Of this party"))
@click.option("--code", default="", help=say("只看该错误码", "With this code"))
@click.option("--open", "unsettled", is_flag=True, help=say("只看未重放的", "Not redriven yet"))
@bootstrap_option
@output_option
def list_letters(party: str, code: str, unsettled: bool, bootstrap: str | None, output: str) -> None:
    """死信清单。Dead letters, oldest first."""
    here = hub()
    with reaching(here, bootstrap) as cluster:
        found = _read(here, cluster, party)
    chosen = [one for one in found if (not code or one.code == code) and not (unsettled and one.redriven)]
    emit("DeadLetterList", [_item(one) for one in chosen], output, columns=_COLUMNS, wide=_WIDE)


@dlq.command()
@click.argument("number")
@click.option("--raw", is_flag=True, help=say("按原字节输出内容", "Print the original bytes and nothing else"))
@bootstrap_option
@output_option
def show(number: str, raw: bool, bootstrap: str | None, output: str) -> None:
    """一封死信:原因与原文。One dead letter: why, and the original."""
    here = hub()
    with reaching(here, bootstrap) as cluster:
        one = _find(_read(here, cluster, number.partition(":")[0]), [number])[0]
    value = one.record.value or b""
    if raw:
        click.get_binary_stream("stdout").write(value)
        return
    item = _item(one) | {
        "headers": {name: text.decode("utf-8", "replace") for name, text in one.record.headers},
        "key": (one.record.key or b"").decode("utf-8", "replace"),
        "value": base64.b64encode(value).decode(),
        "bytes": len(value),
    }
    if output in ("table", "wide"):
        for name, text in item.items():
            if name not in ("headers", "value"):
                click.echo(f"{name:12} {text}")
        for name, text in item["headers"].items():
            click.echo(f"  {name:32} {text}")
        note(say("原文: hub dlq show --raw", "the original: hub dlq show --raw"))
        return
    emit("DeadLetter", [item], output, columns=_COLUMNS, wide=_WIDE)


@dlq.command()
@click.argument("numbers", nargs=-1)
@click.option("--party", default="", help=say("该单位全部未重放的", "All open ones of this party"))
@click.option("--code", default="", help=say("该错误码全部未重放的", "All open ones with this code"))
@click.option(
    "--yes", "--execute", "execute", is_flag=True, help=say("真正执行;否则只列出", "Do it; without it this only lists")
)
@bootstrap_option
@output_option
def redrive(numbers: tuple[str, ...], party: str, code: str, execute: bool, bootstrap: str | None, output: str) -> None:
    """把死信送回它来的主题。Send dead letters back to the topic they came from; a dry run without --yes."""
    if not numbers and not party and not code:
        raise click.UsageError(say("请给出编号,或 --party,或 --code", "name letters, or give --party or --code"))
    here = hub()
    with reaching(here, bootstrap) as cluster:
        found = _read(here, cluster, party or (numbers[0].partition(":")[0] if len(numbers) == 1 else ""))
        chosen = (
            _find(found, numbers)
            if numbers
            else [one for one in found if not one.redriven and (not code or one.code == code)]
        )
        if not chosen:
            raise Failed(Exit.USAGE, say("没有符合的死信", "nothing matched"))
        if execute:
            asyncio.run(send_again(cluster, chosen))
    emit(
        "DeadLetterList",
        [_item(one) | {"redriven": one.redriven or execute} for one in chosen],
        output,
        columns=_COLUMNS,
        wide=_WIDE,
    )
    note(
        say(f"已重放 {len(chosen)} 封", f"redriven: {len(chosen)}")
        if execute
        else say("试运行;加 --yes 执行", "dry run; add --yes to do it")
    )


def _find(found: Sequence[DeadLetter], numbers: Sequence[str]) -> list[DeadLetter]:
    by_number = {one.number: one for one in found}
    for number in numbers:
        if number not in by_number:
            raise Failed(Exit.NOT_FOUND, say(f"没有死信 {number}", f"there is no dead letter {number}"))
    return [by_number[number] for number in numbers]


def _item(one: DeadLetter) -> dict[str, Any]:
    return {
        "number": one.number,
        "party": one.party,
        "code": one.code,
        "message": one.message,
        "stage": one.stage,
        "event_id": one.event_id,
        "topic": f"{one.topic}/{one.partition}/{one.offset}",
        "refused_at": datetime.fromtimestamp(one.refused_ms / 1000, SHANGHAI).isoformat(timespec="seconds"),
        "redriven": one.redriven,
    }
