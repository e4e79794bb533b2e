"""`hub map`: is a mapping right, what does it do with a record, what does it leave out, what has changed.

One rule: nothing is sent anywhere; a mapping is judged by its own file, tables and samples.
"""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import click

from connectors import registry
from connectors.mapping import MappingInvalid, compare, journey
from connectors.mapping.document import Lined
from connectors.mapping.objects import Step
from connectors.protocol import Envelope, NotUnderstood
from hub.canonical.catalogue import Catalogue
from hub.canonical.check import check as check_event
from hub.canonical.refused import Refused
from hub.cli.exits import Exit, Failed
from hub.cli.language import say
from hub.cli.map_source import Written, as_golden, compiled, faults, golden, opened, path_of, told
from hub.cli.output import Item, emit, note, output_option

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group("map", help=say("映射:检查、试运行、解释。", "Mappings: check, try, explain."))
def map_() -> None:
    """The verbs below. MAPPING is a dialect, a folder or a file."""


@map_.command(help=say("编译映射和码表,一次报告全部错误。", "Compile mappings and code tables; all faults at once."))
@click.argument("mappings", nargs=-1, metavar="[MAPPING]...")
@output_option
def lint(mappings: tuple[str, ...], output: str) -> int:
    """0 right, 1 faults, 5 no such mapping."""
    rows: list[Item] = []
    names = mappings or registry.names()
    for name in names:
        path = path_of(name)
        try:
            written = compiled(path)
        except MappingInvalid as error:
            rows += [{"file": _short(path), "line": line, "finding": what} for line, what in faults(error, path)]
            continue
        rows += [{"file": _short(path), "line": line, "finding": what} for line, what in _loose(written)]
    rows = sorted(rows, key=lambda row: (row["file"], row["line"]))
    columns = {"file": say("文件", "File"), "line": say("行", "Line"), "finding": say("问题", "Finding")}
    emit("MappingFinding", rows, output, columns=columns)
    note(say(f"{len(names)} 个映射,{len(rows)} 处问题", f"{len(names)} mappings, {len(rows)} findings"))
    return Exit.FINDINGS if rows else Exit.OK


def _loose(written: Written) -> list[tuple[int, str]]:
    """Words and rules that no message uses, and tests whose files are not there."""
    names = {piece for message in written.dialect.messages.values() for piece in _names(message.codec.steps)}
    found = []
    for section in ("words", "rules"):
        part = written.document.get(section) or Lined()
        unused = [name for name in part if name not in names]
        found += [
            (part.lines[name], say(f"{section}: 没有报文用到 {name}", f"{section}: no message uses {name}"))
            for name in unused
        ]
    if not written.document.get("tests"):
        found.append((1, say("没有 tests", "no tests")))
    for case in written.cases():
        found.extend(
            (written.document.lines["tests"], say(f"没有文件 {file.name}", f"no file {file.name}"))
            for file in case
            if not file.is_file()
        )
    return found


def _names(steps: tuple[Step, ...]) -> set[str]:
    return {step.name for step in steps} | {name for step in steps for name in _names(step.inner)}


@map_.command(
    help=say("运行映射自带的样例,并写回再读。", "Run a mapping's own samples, then write and read them again.")
)
@click.argument("mappings", nargs=-1, metavar="[MAPPING]...")
@output_option
def test(mappings: tuple[str, ...], output: str) -> int:
    """0 as expected, 1 differences, 2 no tests, 3 a mapping is wrong, 5 no such mapping."""
    rows: list[Item] = []
    for name in mappings or registry.names():
        written = opened(name)
        for sample, expected in written.cases():
            wrong = _tried(written, sample, expected)
            rows.append({"mapping": written.path.parent.name, "sample": sample.name, "ok": not wrong, "finding": wrong})
    columns = {"mapping": say("映射", "Mapping"), "sample": say("样例", "Sample"), "ok": say("合格", "OK"), "finding": say("问题", "Finding")}  # fmt: skip
    emit("MappingTest", rows, output, columns=columns)
    failed = sum(not row["ok"] for row in rows)
    note(say(f"{len(rows) - failed} 通过,{failed} 失败", f"{len(rows) - failed} passed, {failed} failed"))
    return Exit.USAGE if not rows else Exit.FINDINGS if failed else Exit.OK


def _tried(written: Written, sample: Path, expected: Path) -> str:
    """What is wrong with one case; empty if nothing."""
    try:
        drafts = [draft for _, record in written.records(sample.read_bytes()) for draft in written.dialect.read(record)]
        found = [as_golden(draft) for draft in drafts]
        for each in compare.values(golden(expected), found):
            return say(
                f"{each.place}: 应为 {each.before[:80]!r},读出 {each.after[:80]!r}",
                f"{each.place}: expected {each.before[:80]!r}, read {each.after[:80]!r}",
            )
        for draft in drafts:
            check_event(Catalogue.load()[draft.type], draft.data)
            again = written.dialect.write(draft.type, draft.data, Envelope(draft.own_id or "1", draft.party))
            if again is None:
                continue
            [(_, record)] = written.records(written.format.encode([again]))
            [back] = written.dialect.read(record)  # one event of several too is written alone
            for each in compare.values(draft.data, back.data):
                return say(f"写回后 {each.place} 不同", f"{each.place} is another value after writing and reading")
    except NotUnderstood as error:
        return told(error)
    except (Refused, OSError, KeyError) as error:
        return str(error)
    return ""


@map_.command(help=say("逐字段说明一条记录的去向。", "What becomes of each field of a record."))
@click.argument("mapping")
@click.argument("file", type=_FILE)
@click.option("--row", default=1, show_default=True, help=say("第几条记录", "Which record"))
@output_option
def explain(mapping: str, file: Path, row: int, output: str) -> None:
    """The journey of every value; personal values are masked. 1 if the record is not understood."""
    written = opened(mapping)
    try:
        record = next((record for number, record in written.records(file.read_bytes()) if number == row), None)
        if record is None:
            raise Failed(Exit.USAGE, say(f"没有第 {row} 条记录", f"there is no record {row}"))
        legs = journey.journey(written.dialect, record)
    except NotUnderstood as error:
        raise Failed(Exit.FINDINGS, told(error)) from None
    rows = [
        {"source": leg.source, "value": leg.value, "state": leg.state, "field": leg.field, "result": leg.result,
         "rule": leg.rule, "line": leg.line or "", "event": leg.event}
        for leg in legs
    ]  # fmt: skip
    emit(
        "MappingJourney", rows, output,
        columns={"source": say("源字段", "Source"), "value": say("源值", "Value"), "state": say("处理", "State"), "field": say("规范字段", "Field"), "result": say("规范值", "Result"), "line": say("行", "Line")},
        wide={"rule": say("规则", "Rule"), "event": say("事件", "Event")},
    )  # fmt: skip


@map_.command(help=say("样例中的每个源字段是否都有着落。", "Is every source field of the samples accounted for?"))
@click.argument("mappings", nargs=-1, metavar="[MAPPING]...")
@output_option
def coverage(mappings: tuple[str, ...], output: str) -> int:
    """One line per message that a sample shows; 1 if a source field is neither mapped nor ignored by name."""
    rows: list[Item] = []
    for name in mappings or registry.names():
        rows += _covered(opened(name))
    emit(
        "MappingCoverage", rows, output,
        columns={"mapping": say("映射", "Mapping"), "event": say("事件", "Event"), "records": say("样例数", "Records"), "mapped": say("已映射", "Mapped"), "ignored": say("忽略", "Ignored"), "unmapped": say("未处理", "Unmapped"), "shown": say("字段有样例", "Fields shown")},
        wide={"missing": say("无样例的字段", "Fields without a sample")},
    )  # fmt: skip
    loose = sum(len(row["unmapped"]) for row in rows)
    seen = loose + sum(row["mapped"] + row["ignored"] for row in rows)
    share = 100 if not loose else int(100 * (seen - loose) / seen)
    note(
        say(
            f"源字段 {seen} 个,未处理 {loose} 个,覆盖 {share}%",
            f"{seen} source fields, {loose} unmapped, {share}% covered",
        )
    )
    return Exit.FINDINGS if loose else Exit.OK


def _covered(written: Written) -> list[Item]:
    seen: dict[str, dict[str, set[str]]] = {}
    records: Counter[str] = Counter()
    for sample, _ in written.cases():
        for _, record in written.records(sample.read_bytes()):
            told = [draft.type for draft in written.dialect.read(record) if draft.type in written.dialect.messages]
            records.update(told)
            for leg in journey.journey(written.dialect, record) if told else ():
                # what belongs to no event of the record is counted once, with the first
                states = seen.setdefault(leg.event or told[0], {})
                states.setdefault(leg.state, set()).add(_bare(leg.source))
                states.setdefault("fields", set()).add(_bare(leg.field))
    rows: list[Item] = []
    for event, states in seen.items():
        fields = {route.field for route in journey.routes(written.dialect.messages[event])}
        missing = sorted(fields - states["fields"])
        rows.append({
            "mapping": written.path.parent.name, "event": event, "records": records[event],
            "mapped": len(states.get("mapped", ())), "ignored": len(states.get("ignored", ())),
            "unmapped": sorted(states.get("unmapped", ())), "shown": f"{len(fields) - len(missing)}/{len(fields)}",
            "missing": missing,
        })  # fmt: skip
    return rows


@map_.command(
    help=say(
        "两个映射的差别:规则,以及同样的样例读成什么。",
        "Two mappings: which rules differ, and what the same samples become.",
    )
)
@click.argument("before", metavar="OLD")
@click.argument("after", metavar="NEW")
@output_option
def diff(before: str, after: str, output: str) -> int:
    """0 the same, 1 different. The samples are OLD's."""
    old, new = opened(before), opened(after)
    rows: list[Item] = [
        {"part": say("规则", "rule"), "place": each.place, "before": each.before, "after": each.after}
        for each in compare.mappings(old.dialect, new.dialect)
    ]
    for sample, _ in old.cases():
        rows += [
            {"part": sample.name, "place": each.place, "before": each.before, "after": each.after}
            for each in compare.values(_events(old, sample), _events(new, sample))
        ]
    columns = {"part": say("部分", "Part"), "place": say("位置", "Place"), "before": say("原", "Before"), "after": say("新", "After")}  # fmt: skip
    emit("MappingDifference", rows, output, columns=columns)
    note(say(f"{len(rows)} 处不同", f"{len(rows)} differences"))
    return Exit.FINDINGS if rows else Exit.OK


def _events(written: Written, sample: Path) -> list[object]:
    """What *sample* becomes, a record that is not understood as the words of its refusal."""
    found: list[object] = []
    try:
        records = written.records(sample.read_bytes())
    except NotUnderstood as error:
        return [told(error)]
    for _, record in records:
        try:
            found += [as_golden(draft) for draft in written.dialect.read(record)]
        except NotUnderstood as error:
            found.append(told(error))
    return found


@map_.command(help=say("在浏览器里边改边看(仅本机)。", "Edit and see in the browser (this machine only)."))
@click.argument("mapping")
@click.argument("file", type=_FILE, required=False)
@click.option("--port", default=4195, show_default=True)
@click.option("--write", is_flag=True, help=say("允许保存到映射文件", "Allow saving to the mapping file"))
def play(mapping: str, file: Path | None, port: int, write: bool) -> None:
    """Two panes: the mapping and a sample on the left, what becomes of it on the right."""
    from hub.cli import map_play  # noqa: PLC0415 - a web server that only this verb needs

    path = path_of(mapping)
    sample = file or next((sample for sample, _ in _cases(path)), None)
    with map_play.served(path, sample.read_bytes() if sample else b"", port=port, write=write) as server:
        note(say(f"打开 {server.address} (Ctrl-C 结束)", f"open {server.address} (Ctrl-C ends it)"))
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            note("")


def _cases(path: Path) -> list[tuple[Path, Path]]:
    """None of a wrong mapping: to put it right is what the page is for."""
    try:
        return list(compiled(path).cases())
    except MappingInvalid:
        return []


def _bare(path: str) -> str:
    return re.sub(r"\[[0-9]+\]", "[]", path) if path else path


def _short(path: Path) -> str:
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)
