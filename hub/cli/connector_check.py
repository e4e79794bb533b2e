"""`hub connector check` and `sample`: is each connector understood, and can its peer be reached; what waits there.

One rule: both look and change nothing; what is shown stays where it is.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

import click
import orjson

from connectors import formats, kinds, registry
from connectors.filedrop.quota import CODE
from connectors.kind import Connection, Finding
from connectors.protocol import Draft, NotUnderstood, Row, Unavailable
from hub.canonical.catalogue import Catalogue
from hub.canonical.check import check as check_event
from hub.canonical.refused import Refused
from hub.cli.connector_here import Here, here, system_of
from hub.cli.exits import Exit, Failed
from hub.cli.language import say
from hub.cli.output import Item, emit, note, output_option


@click.command(help=say("检查映射、码表、样例;自有连接还检查对端。", "Check mappings, code tables, samples; for own connections the peer too."))  # fmt: skip
@click.argument("names", nargs=-1)
@output_option
def check(names: tuple[str, ...], output: str) -> int:
    """0 all as expected, 1 findings, 3 a mapping or the own table is wrong, 5 no such connector."""
    place = here()
    rows = [row for name in names or registry.names() for row in sample_rows(place, name)]
    chosen = [
        each
        for name, each in place.connections.items()
        if not names or name in names or each.system.dialect.name in names
    ]
    rows += [row for each in chosen for row in live_rows(place, each)]
    every = place.every().items()
    rows += [
        row
        for name, each in every
        if not names or name in names or each.system.dialect.name in names
        for row in quota_rows(place, each)
    ]
    emit(
        "ConnectorCheck", rows, output,
        columns={"dialect": say("方言", "Dialect"), "sample": say("样例或检查项", "Sample or check"), "ok": say("合格", "OK"), "finding": say("问题", "Finding"), "cure": say("办法", "What to do")},
    )  # fmt: skip
    failed = sum(not row["ok"] for row in rows)
    note(say(f"{len(rows) - failed} 通过,{failed} 失败", f"{len(rows) - failed} passed, {failed} failed"))
    return Exit.FINDINGS if failed else Exit.OK


def sample_rows(place: Here, name: str) -> list[Item]:
    """Every sample of the connector, read and compared; a connector without one has a finding."""
    dialect = place.dialect(name)
    rows: list[Item] = []
    for sample, expected in system_of(dialect).cases():
        try:
            found = [as_event(draft) for draft in registry.read(dialect, sample.read_bytes())]
            wrong = "" if found == orjson.loads(expected.read_bytes()) else say("与预期不符", "not as expected")
        except Refused as error:
            wrong = f"{error.code} {error.pointer} {say(error.detail, error.detail_en)}"
        except (OSError, orjson.JSONDecodeError) as error:
            wrong = str(error)
        rows.append({"dialect": dialect, "sample": sample.name, "ok": not wrong, "finding": wrong, "cure": ""})
    if not rows:
        cure = say(
            "补好待定的规则,样例和预期事件列入 tests",
            "settle what is open, name sample and expected events under tests",
        )
        rows.append({"dialect": dialect, "sample": "tests", "ok": False, "finding": say("没有通过的样例", "no sample that is understood"), "cure": cure})  # fmt: skip
    return rows


def live_rows(place: Here, connection: Connection) -> list[Item]:
    """What the kind found at the peer."""

    async def findings() -> list[Finding]:
        kind = kinds.kind(connection.kind)
        return [each async for each in kind.check(connection, place.site())]

    try:
        found = asyncio.run(findings())
    except (Unavailable, OSError) as error:
        found = [Finding(connection.kind, ok=False, detail=str(error)[:200], cure="")]
    return [
        {"dialect": connection.system.dialect.name, "sample": f"{connection.name}: {each.what}", "ok": each.ok, "finding": each.detail if not each.ok else "", "cure": each.cure if not each.ok else ""}
        for each in found
    ]  # fmt: skip


def quota_rows(place: Here, connection: Connection) -> list[Item]:
    """A finding if files wait because their agency's quota of the day is used up; also of drop folders that stand in no table."""
    beyond = place.site().account(connection).waiting()
    if beyond is None:
        return []
    cure = say(
        "次日自动继续;确需更多时调高 HUB_QUOTA__FILES 或 HUB_QUOTA__BYTES 并重启连接器",
        "goes on tomorrow by itself; where more is meant, raise HUB_QUOTA__FILES or HUB_QUOTA__BYTES and restart the connectors",
    )
    return [{"dialect": connection.system.dialect.name, "sample": f"{connection.name}: {say('每日限额', 'daily quota')}", "ok": False, "finding": f"{CODE} {say(*beyond)}", "cure": cure}]  # fmt: skip


def implied(place: Here, name: str) -> None:
    """As `check`, for a verb that goes on only without findings."""
    rows = sample_rows(place, name)
    if name in place.connections:
        rows += live_rows(place, place.connections[name])
    wrong = [f"{row['sample']}: {row['finding']} {row['cure']}".strip() for row in rows if not row["ok"]]
    if wrong:
        raise Failed(Exit.FINDINGS, "\n".join(wrong))


@click.command(help=say("把文件或对端等待的记录读成规范事件,不发送、不取走。", "Read a file, or what waits at the peer, as events; nothing is sent or taken."))  # fmt: skip
@click.argument("name")
@click.option("--file", "path", default=None, type=click.Path(exists=True, dir_okay=False, path_type=Path), help=say("样例文件;不给则看对端", "File; without it what waits at the peer"))  # fmt: skip
@click.option("-n", "most", default=5, show_default=True, type=click.IntRange(1, 1000), help=say("对端至多看几条", "At most so many of the peer"))  # fmt: skip
@output_option
def sample(name: str, path: Path | None, most: int, output: str) -> int:
    """One line per event; 1 if a record is not understood or not well formed, 2 nothing there, 4 the peer is not reached."""
    place = here()
    dialect = place.dialect(name)
    try:
        rows = _events(dialect, _of_file(dialect, path) if path else _waiting(place, name, most))
    except NotUnderstood as error:
        raise Failed(Exit.FINDINGS, told(error)) from None
    emit(
        "ConnectorSample", rows, output,
        columns={"row": say("行", "Row"), "type": say("事件", "Event"), "ownId": say("单位编号", "Own id"), "finding": say("问题", "Finding")},
        wide={"unmapped": say("未映射", "Unmapped"), "data": say("内容", "Data")},
    )  # fmt: skip
    if not rows:
        note(say("没有记录", "no records"))
        return Exit.USAGE
    return Exit.FINDINGS if any(row["finding"] for row in rows) else Exit.OK


def _of_file(dialect: str, path: Path) -> Sequence[Row]:
    form = formats.for_file(system_of(dialect).format, path.name)
    with path.open("rb") as file:
        return list(formats.rows(form, file))


def _waiting(place: Here, name: str, most: int) -> Sequence[Row]:
    connection = place.connection(name)
    if connection.name in place.connections:
        implied(place, connection.name)
    try:
        return asyncio.run(kinds.kind(connection.kind).peek(connection, place.site(), most))
    except (Unavailable, OSError) as error:
        raise Failed(Exit.UNREACHABLE, str(error)) from None


def _events(dialect: str, rows: Sequence[Row]) -> list[Item]:
    system = system_of(dialect)
    found: list[Item] = []
    for row in rows:
        try:
            if row.error is not None or row.record is None:
                raise row.error or NotUnderstood("")
            found.extend(
                {"row": row.number, **as_event(each), "unmapped": list(each.unmapped), "finding": _finding(each)}
                for each in system.dialect.read(row.record)
            )
        except NotUnderstood as error:
            found.append({"row": row.number, "type": "", "ownId": "", "finding": told(error)})
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


def as_event(draft: Draft) -> dict[str, object]:
    """A draft in the form of the golden events."""
    return {"type": draft.type, "ownId": draft.own_id, "party": draft.party, "data": draft.data}


def told(error: NotUnderstood) -> str:
    """Everything that a sender is told, in a line."""
    value = f"={error.value!r}" if error.value else ""
    place = f"{error.source}{value} " if error.source else ""
    hint = f"; {error.suggestion}" if error.suggestion else ""
    rule = f" [{error.rule}]" if error.rule else ""
    return f"{error.code} {place}{say(error.detail, error.detail_en)}{hint}{rule}"
