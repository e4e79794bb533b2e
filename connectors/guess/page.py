"""The files of a new connector as text: mapping, code tables, connector.yaml, README.

The one rule: what was guessed says how surely and why; what was supposed or left open says so in a comment beside it.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator, Sequence
from typing import Final

from connectors.guess import shapes
from connectors.guess.evidence import SURE, Setting, party_of
from connectors.guess.lexicon import unit_of
from connectors.guess.matching import Match, Reading
from connectors.guess.sketch import Part, Sketch, code_of
from connectors.guess.targets import Target, targets
from connectors.mapping.tables import COLUMNS
from connectors.mapping.units import YUAN
from hub.canonical.catalogue import Field

_PLAIN: Final = re.compile(r"[A-Za-z_一-鿿][\w一-鿿.-]*(\([一-鿿]+\))?").fullmatch
_WORDS: Final = frozenset({"true", "false", "null", "yes", "no", "on", "off", "y", "n"})
_NOTICE: Final = (
    "  '*': {kind: 枢纽通知, type: 事件类型, title: 事件名称, data: 事件内容}   # 本系统没有的事件,以通知送来"
)
_WIDTH: Final = 46


def mapping_text(made: Sketch, name: str, sample: str, setting: Setting, *, understood: bool) -> str:
    """``mapping.yaml``."""
    lines = [
        f"# 由样例 {sample} 猜出的映射({made.form.reason})。百分数是把握;“待确认”的请核对,“待定”的请补规则或移入 ignore。",
        f"# 写法见 connectors/README.md;改后运行 hub connector check {name}。",
        f"mapping: {name}@1",
        f"format: {_flow(made.form.options)}",
        *_frame(made),
        f"shape: {_flow({'flat': True} | _item(made))}",
        *_formats(made),
        *(["codes: tables/codes.csv"] if code_rows(made, setting) else []),
        f"ignore: [{', '.join(map(quoted, made.ignored))}]   # 只在本文件内有意义,谁也不需要",
        "unmapped: flag   # 待定的字段先放行并逐条注明;都处理完后改为 refuse",
        "",
        "messages:",
    ]
    for part in made.parts:
        lines += _message(part, made, setting)
    lines += [_NOTICE, ""]
    if made.undecided:
        lines.append("# 待定: 样例中有、尚无规则的字段。")
        lines += [f"#   {path}: {why}" for path, why in made.undecided.items()]
    stem = sample.rpartition(".")[0]
    if understood:
        lines += [
            "",
            "tests:",
            f"  - {{file: {quoted('samples/' + sample)}, expect: {quoted(f'samples/{stem}.expected.json')}}}",
        ]
    return "\n".join(lines) + "\n"


def quoted(text: str) -> str:
    """*text* as a YAML scalar."""
    return text if _PLAIN(text) and text.lower() not in _WORDS else json.dumps(text, ensure_ascii=False)


def _flow(options: object) -> str:
    if isinstance(options, dict):
        return "{" + ", ".join(f"{key}: {_flow(value)}" for key, value in options.items()) + "}"
    if isinstance(options, list | tuple):
        return "[" + ", ".join(map(_flow, options)) + "]"
    return quoted(options) if isinstance(options, str) else json.dumps(options)


def _frame(made: Sketch) -> Iterator[str]:
    frame: dict[str, str] = {"kind": made.kind or "报文类型"}
    if not made.kind:
        frame["default"] = made.parts[0].kind
    if made.record_id:
        frame["id"] = made.record_id
    note = "记录本身的编号;样例中各不相同" if made.record_id else "没有记录编号: 以文件摘要和行号代"
    yield f"frame: {_flow(frame)}   # {note}"


def _item(made: Sketch) -> dict[str, object]:
    if made.form.kind != "xml":
        return {}
    lists = [
        each.column.inside.rpartition(".")[2]
        for part in made.parts
        for each in part.reading.matches
        if each.column.inside
    ]
    return {"item": lists[0] if lists else "item"}


def _formats(made: Sketch) -> Iterator[str]:
    moments: dict[str, None] = {}
    days: dict[str, None] = {}
    for part in made.parts:
        for match in part.reading.matches:
            if match.target.field.form in ("dt", "dateOrDt", "date"):
                found = shapes.moments(match.column.values) if match.target.field.form != "date" else ()
                moments |= dict.fromkeys(found)
                days |= dict.fromkeys(() if found else shapes.days(match.column.texts()))
    written = {"datetime": list(moments), "date": list(days), "bool": list(made.yes_no or ())}
    used = {key: value for key, value in written.items() if value}
    if used:
        yield "formats:"
        yield from (
            f"  {key}: [{', '.join(json.dumps(each, ensure_ascii=False) for each in value)}]"
            for key, value in used.items()
        )


def _message(part: Part, made: Sketch, setting: Setting) -> Iterator[str]:
    reading = part.reading
    yield f"  {reading.event.name}:   # {reading.event.title}"
    yield f"    kind: {quoted(part.kind)}"
    yield "    fields:"
    for path, rule, remark in _rules(reading, made, setting):
        line = f"      {path}: {rule}"
        yield f"{line}{' ' * max(3, _WIDTH - len(line))}# {remark}" if remark else line
    left = list(_left(reading.event.fields, "", _covered(reading)))
    yield f"    leave: [{', '.join(left)}]   # 样例中没有的字段"
    for target in reading.missing:
        yield f"    # 待定: 必填的 {target.title}({target.path})样例中没有,也不能假定;没有它,记录会被退回"


def _covered(reading: Reading) -> set[str]:
    return {each.target.path for each in reading.matches} | set(reading.supposed) | set(reading.joined)


def _left(fields: Sequence[Field], at: str, covered: set[str]) -> Iterator[str]:
    for each in fields:
        path = f"{at}.{each.name}" if at else each.name
        if path in covered:
            continue
        if each.record is None or not any(other.startswith(f"{path}.") for other in covered):
            yield path
        else:
            yield from _left(each.record.fields, path, covered)


def _rules(reading: Reading, made: Sketch, setting: Setting) -> Iterator[tuple[str, str, str]]:
    """(path, rule, remark) in the order of the schema, each block before its fields."""
    opened: set[str] = set()
    for target in targets(reading.event):
        if target.path not in _covered(reading):
            continue
        for path, block in _blocks(target):
            if path not in opened:
                opened.add(path)
                yield path, _block_rule(path, block, reading, made), ""
        match = reading.match(target.path)
        if match is not None:
            doubt = "" if match.confidence >= SURE else "待确认: "
            unknown = _unknown(match, setting)
            yield (
                target.path,
                _rule(match, setting),
                f"{doubt}{target.title} {match.confidence:.0%} {match.reason}{unknown}",
            )
        elif target.path in reading.joined:
            column = reading.joined[target.path]
            rule = f'{{cel: \'no == "" ? "" : "{made.party}." + no\', in: {{no: {quoted(column)}}}}}'
            yield target.path, rule, f"待确认: {target.title}由本单位代码和{column}合成"
        else:
            value = reading.supposed[target.path]
            yield target.path, f"{{const: {_flow(value.value)}}}", f"待确认: {target.title}: {value.reason}"


def _blocks(target: Target) -> Iterator[tuple[str, Field]]:
    names = target.path.split(".")
    for at, block in enumerate(target.around):
        yield ".".join(names[: at + 1]), block


def _block_rule(path: str, block: Field, reading: Reading, made: Sketch) -> str:
    if not block.many:
        return "{from: ''}"
    lists = {each.column.inside for each in reading.matches if each.target.list == path}
    name = next(iter(lists), "")
    if name:
        return f"{{each: {quoted(name)}}}"
    separator = made.separators.get((reading.event.name, path), "")
    return f"{{each: '', part: {json.dumps(separator, ensure_ascii=False)}}}" if separator else "{each: ''}"


def _rule(match: Match, setting: Setting) -> str:
    column, each = match.column, match.target.field
    name = column.path.removeprefix(f"{column.inside}[].") if column.inside else column.path
    name = name.removesuffix("[]")
    if each.form == "dt" and column.values and not shapes.moments(column.values):
        return f"{{from: {quoted(name)}, as: date, at: '00:00:00'}}"
    if each.form in ("party", "partyOrWord") and any(text not in setting.parties for text in column.texts()):
        return f"{{from: {quoted(name)}, table: 'tables/codes.csv#{each.name}', else: keep}}"
    if each.kind == "int" and each.name.endswith("Fen") and unit_of(column.name) not in ("", YUAN):
        return f"{{from: {quoted(name)}, unit: {unit_of(column.name)}}}"
    return quoted(name)


def _unknown(match: Match, setting: Setting) -> str:
    if not match.target.field.enum:
        return ""
    known = code_of(match, setting)
    strange = [text for text in match.column.texts() if not all(piece in known for piece in text.split(";"))]
    return f";待定: 取值 {'、'.join(strange[:8])} 含义不明,请补入码表" if strange else ""


def code_rows(made: Sketch, setting: Setting) -> list[tuple[str, str, str, str]]:
    """Rows of ``codes.csv``: what the sample says first, then a word for every value that it does not."""
    rows: list[tuple[str, str, str, str]] = []
    for part in made.parts:
        for match in part.reading.matches:
            each = match.target.field
            if each.enum:
                rows += _closed_list(f"{part.reading.event.name}.{each.name}", match, setting)
            elif each.form in ("party", "partyOrWord"):
                named = {text: party_of(text, setting.parties) for text in match.column.texts()}
                rows += [(each.name, text, code, setting.parties[code]) for text, code in named.items() if code]
    return list(dict.fromkeys(rows))


def _closed_list(name: str, match: Match, setting: Setting) -> Iterator[tuple[str, str, str, str]]:
    each = match.target.field
    titles = setting.lexicon.titles.get(each.name, {})
    seen = code_of(match, setting)
    for code, value in seen.items():
        yield name, code, value, titles.get(value, "")
    taken = set(match.column.texts()) | set(seen)
    for value in each.enum:
        if value not in seen.values():
            word = titles.get(value, value)
            yield name, word if word not in taken else value, value, titles.get(value, "")


def codes_text(made: Sketch, setting: Setting) -> str:
    """``tables/codes.csv``; with a byte order mark, so that a spreadsheet shows the Chinese."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(code_rows(made, setting))
    return "\ufeff" + text.getvalue()


def connector_text(made: Sketch, name: str, dialect: str, title: str, kinds: Sequence[str]) -> str:
    """``connector.yaml``."""
    return (
        f"name: {name}\ntitle: {quoted(title)}\ndialect: {dialect}\nparties: [{made.party}]\n"
        f"kinds: [{', '.join(kinds)}]\ncontent_types: [{', '.join(made.form.content_types)}]\n"
    )


def readme_text(name: str, dialect: str, title: str, party: str) -> str:
    """``README.md``, to be filled in."""
    return f"""# {title} · `{dialect}`

归口单位 / Owner: {party},____处(科)室,联系人 ____,电话 ____。
系统 / System: 厂商 ____,版本 ____,上线 ____ 年。网络 / Network: ____(如电子政务外网、专网)。

- 记录何时产生,多久送一次 / When records arise, how often they come: ____
- 一条记录是什么,编号由谁编,会不会改 / What a record is, who numbers it, whether it changes: ____
- 已知的毛病(旧码、空值、补录)/ Known quirks: ____
- `samples/` 中的姓名、证件号、电话均须是虚构的 / Names and numbers in `samples/` must be invented.

检查 / Check: `hub connector check {name}`
"""
