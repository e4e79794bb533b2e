"""`hub connector`: the outside systems, and whether each is understood.

One rule: nothing here is sent anywhere; `check` and `sample` read files and compiled mappings only. Those who are pushed to
have their verbs in `webhook.py`, those who are too quiet theirs in `silence.py`.
"""

from __future__ import annotations

from pathlib import Path

import click
import orjson

from connectors import registry
from connectors.mapping import MappingInvalid
from connectors.protocol import Draft, NotUnderstood
from hub.canonical.catalogue import Catalogue
from hub.canonical.check import check as check_event
from hub.canonical.refused import Refused
from hub.cli.exits import Exit, Failed
from hub.cli.language import say
from hub.cli.output import Item, emit, note, output_option
from hub.cli.silence import silence
from hub.cli.webhook import open_, park, parked, receivers, resend, signing


@click.group(help=say("连接器:各单位系统的接入。", "Connectors to the parties' systems."))
def connector() -> None:
    """The verbs below."""


for verb in (receivers, parked, resend, park, open_, signing, silence):
    connector.add_command(verb)


@connector.command("list", help=say("列出全部连接器。", "List all connectors."))
@output_option
def list_(output: str) -> None:
    """One line per system."""
    rows = []
    for name in registry.names():
        system = _system(name)
        rows.append({
            "dialect": name, "title": system.title, "parties": list(system.parties), "kinds": list(system.kinds),
            "messages": len(system.dialect.messages), "format": system.format.extension,
        })  # fmt: skip
    emit(
        "ConnectorList", rows, output,
        columns={"dialect": say("方言", "Dialect"), "parties": say("单位", "Parties"), "kinds": say("方式", "Kinds"), "messages": say("报文种类", "Messages")},
        wide={"title": say("系统", "System"), "format": say("格式", "Format")},
    )  # fmt: skip


@connector.command(help=say("检查映射、码表和样例。", "Check mappings, code tables and samples."))
@click.argument("dialects", nargs=-1)
@output_option
def check(dialects: tuple[str, ...], output: str) -> int:
    """Compile every mapping and read every sample; 0 all as expected, 1 findings, 3 a mapping is wrong, 5 no such dialect."""
    rows: list[Item] = []
    for name in dialects or registry.names():
        for sample, expected in _system(name).cases():
            try:
                found = [_event(draft) for draft in registry.read(name, sample.read_bytes())]
                wrong = "" if found == orjson.loads(expected.read_bytes()) else say("与预期不符", "not as expected")
            except Refused as error:
                wrong = f"{error.code} {error.pointer} {say(error.detail, error.detail_en)}"
            rows.append({"dialect": name, "sample": sample.name, "ok": not wrong, "finding": wrong})
    emit(
        "ConnectorCheck", rows, output,
        columns={"dialect": say("方言", "Dialect"), "sample": say("样例", "Sample"), "ok": say("合格", "OK"), "finding": say("问题", "Finding")},
    )  # fmt: skip
    failed = sum(not row["ok"] for row in rows)
    note(say(f"{len(rows) - failed} 通过,{failed} 失败", f"{len(rows) - failed} passed, {failed} failed"))
    return Exit.FINDINGS if failed else Exit.OK


@connector.command(help=say("把一个文件读成规范事件,不发送。", "Read a file as canonical events; nothing is sent."))
@click.argument("dialect")
@click.option(
    "--file",
    "path",
    required=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help=say("样例文件", "File"),
)
@output_option
def sample(dialect: str, path: Path, output: str) -> int:
    """One line per row; 1 if a row is not understood or not well formed."""
    try:
        rows = _read(dialect, path)
    except NotUnderstood as error:
        raise Failed(Exit.FINDINGS, _told(error)) from None
    emit(
        "ConnectorSample", rows, output,
        columns={"row": say("行", "Row"), "type": say("事件", "Event"), "ownId": say("单位编号", "Own id"), "finding": say("问题", "Finding")},
        wide={"unmapped": say("未映射", "Unmapped"), "data": say("内容", "Data")},
    )  # fmt: skip
    if not rows:
        note(say("文件中没有记录", "no records in the file"))
        return Exit.USAGE
    return Exit.FINDINGS if any(row["finding"] for row in rows) else Exit.OK


def _system(dialect: str) -> registry.System:
    try:
        return registry.system(dialect)
    except registry.UnknownDialect:
        raise Failed(
            Exit.NOT_FOUND,
            say(
                f"没有方言 {dialect}。有: {'、'.join(registry.names())}",
                f"no dialect {dialect}. There are: {', '.join(registry.names())}",
            ),
        ) from None
    except (MappingInvalid, OSError) as error:
        raise Failed(Exit.CONFIGURATION, str(error)) from None


def _read(dialect: str, path: Path) -> list[Item]:
    system = _system(dialect)
    found: list[Item] = []
    for row in registry.rows(dialect, path.read_bytes()):
        try:
            if row.error is not None or row.record is None:
                raise row.error or NotUnderstood("")
            drafts = system.dialect.read(row.record)
            found.extend(
                {"row": row.number, **_event(each), "unmapped": list(each.unmapped), "finding": _finding(each)}
                for each in drafts
            )
        except NotUnderstood as error:
            found.append({"row": row.number, "type": "", "ownId": "", "finding": _told(error)})
    return found


def _finding(draft: Draft) -> str:
    known = Catalogue.load().get(draft.type)
    if known is None:
        return say("契约中没有该事件", "no such event in the contract")
    try:
        check_event(known, draft.data)
    except Refused as error:
        return f"{error.code} {error.pointer} {say(error.detail, error.detail_en)}"
    return ""


def _event(draft: Draft) -> dict[str, object]:
    return {"type": draft.type, "ownId": draft.own_id, "party": draft.party, "data": draft.data}


def _told(error: NotUnderstood) -> str:
    value = f"={error.value!r}" if error.value else ""
    place = f"{error.source}{value} " if error.source else ""
    hint = f"; {error.suggestion}" if error.suggestion else ""
    rule = f" [{error.rule}]" if error.rule else ""
    return f"{error.code} {place}{say(error.detail, error.detail_en)}{hint}{rule}"
