"""The form of a sample: which format, charset, delimiter, batch name, record element, and on which row the column names stand.

The one rule: a form is found only if the connector's own format reads the sample with it; what comes out are its records.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from lxml import etree

from connectors import formats
from connectors.formats import limits
from connectors.guess.refusal import NotGuessed
from connectors.guess.shapes import Column
from connectors.protocol import NotUnderstood, Record
from hub.wire.strictjson import read_json
from hub.wire.unreadable import Unreadable

MOST_BYTES: Final = 1024 * 1024  #: of a sample: some dozens of records tell what thousands do
MOST_RECORDS: Final = 200
_MARKS: Final = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_WORKBOOKS: Final = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
_DELIMITERS: Final = (",", "\t", ";", "|")
_HEADER_ROWS: Final = 10
_NUMBERISH: Final = re.compile(r"[-0-9.:/ ]*").fullmatch
_PROLOGUE: Final = re.compile(r'encoding\s*=\s*["\']([A-Za-z0-9._-]+)')


@dataclass(frozen=True, slots=True)
class Form:
    """What ``format:`` of a mapping will say, and the records that come out of the sample with it."""

    options: Mapping[str, Any]
    records: tuple[Record, ...]
    content_types: tuple[str, ...]
    reason: str

    @property
    def kind(self) -> str:
        """As in ``format.kind``."""
        return str(self.options["kind"])


def form_of(name: str, value: bytes) -> Form:
    """The form of the file *name* with the bytes *value*. Raise `NotGuessed`."""
    if len(value) > MOST_BYTES:
        raise NotGuessed(
            f"样例超过 {MOST_BYTES // 1024} KiB: 取其中几十条即可",
            f"the sample is larger than {MOST_BYTES // 1024} KiB: some dozens of records are enough",
        )
    if not value.strip():
        raise NotGuessed("样例是空的", "the sample is empty")
    if value.startswith(_WORKBOOKS):
        return _workbook(value)
    text, charset = _decoded(value)
    start = text.lstrip()[:1]
    if start == "<":
        return _xml(value, text, charset)
    if start in ("{", "["):
        return _json(value)
    return _table(name, value, text, charset)


def _decoded(value: bytes) -> tuple[str, str]:
    charset = next((each for mark, each in _MARKS if value.startswith(mark)), "")
    for each in (charset,) if charset else ("utf-8", "gb18030"):
        try:
            text = value.decode(each)
        except UnicodeError:
            continue
        if "\x00" not in text:
            return text, each
    raise NotGuessed(
        "不是文本文件、工作簿、JSON 或 XML(编码须为 UTF-8 或 GB18030)",
        "no text, workbook, JSON or XML (charsets: UTF-8, GB18030)",
    )


def _read(options: Mapping[str, Any], value: bytes) -> tuple[Record, ...]:
    found: list[Record] = []
    try:
        for row in formats.make(options).decode(value):
            if row.record is not None:
                found.append(row.record)
            elif not found and row.error is not None:
                raise row.error
            if len(found) == MOST_RECORDS:
                break
    except NotUnderstood as error:
        hint = f"; {error.suggestion}" if error.suggestion else ""
        raise NotGuessed(
            f"样例不能读取: {error.detail}{hint}", f"the sample cannot be read: {error.detail_en}"
        ) from None
    if not found:
        raise NotGuessed("样例中没有记录", "there are no records in the sample")
    return tuple(found)


def _json(value: bytes) -> Form:
    lines = [line for line in value.removeprefix(codecs.BOM_UTF8).splitlines() if line.strip()]
    try:
        document = read_json(value.removeprefix(codecs.BOM_UTF8), largest=limits.JSON_BYTES)
    except Unreadable as error:
        if len(lines) > 1 and all(line.lstrip().startswith(b"{") for line in lines[:3]):
            options: dict[str, Any] = {"kind": "jsonl"}
            return Form(options, _read(options, value), ("application/x-ndjson",), "每行一个 JSON 对象")
        raise NotGuessed(f"JSON 不能解析: {error.detail}", f"not JSON: {error.detail_en}") from None
    options = {"kind": "json"}
    if isinstance(document, dict):
        lists = [key for key, each in document.items() if isinstance(each, list) and each and isinstance(each[0], dict)]
        plain = [key for key, each in document.items() if not isinstance(each, list | dict)]
        if len(document) == 1 and lists:
            options["batch"] = lists[0]
        elif len(lists) == 1 and len(lists) + len(plain) == len(document) and set(map(str.lower, plain)) & _PAGING:
            raise NotGuessed(
                f'数组 {lists[0]} 外还有 {"、".join(plain)}: 请只留 {{"{lists[0]}": [...]}} 或数组本身',
                f"beside the list {lists[0]} there are {', '.join(plain)}: keep the list alone",
            )
    return Form(options, _read(options, value), ("application/json",), "JSON")


_PAGING: Final = frozenset({"total", "count", "page", "code", "msg", "message", "success", "size", "status"})


def _xml(value: bytes, text: str, charset: str) -> Form:
    told = _PROLOGUE.search(text[:200])
    encoding = told[1] if told else charset
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    if "<!DOCTYPE" in text[:4096]:
        raise NotGuessed("XML 不得含 DOCTYPE: 请删去", "a DOCTYPE is not allowed: remove it")
    try:
        root = etree.fromstring(value, parser)
    except (etree.XMLSyntaxError, ValueError, LookupError) as error:
        raise NotGuessed(f"XML 不能解析: {str(error)[:80]}", f"not XML: {str(error)[:80]}") from None
    names = Counter(str(child.tag) for child in root if isinstance(child.tag, str))
    if not names or not (root[0].attrib or len(root[0])):
        # the root is itself the one record
        record, outer = str(root.tag), f"{root.tag}s"
    else:
        record, outer = names.most_common(1)[0][0], str(root.tag)
        if len(names) > 1 and names.most_common(1)[0][1] == 1:
            record, outer = str(root.tag), f"{root.tag}s"
    options: dict[str, Any] = {"kind": "xml", "root": outer, "record": record}
    if encoding.upper() != "UTF-8":
        options["encoding"] = encoding.upper()
    types = ("application/xml", "text/xml")
    return Form(options, _read(options, value), types, f"XML,记录元素 {record}")


def _table(name: str, value: bytes, text: str, charset: str) -> Form:
    lines = text.removeprefix("\ufeff").splitlines()[:20]
    delimiter = max(_DELIMITERS, key=lines[0].count)
    if not lines[0].count(delimiter):
        later = next((at for at, line in enumerate(lines, 1) if any(line.count(each) >= 2 for each in _DELIMITERS)), 0)
        if later:
            raise NotGuessed(
                f"第 1 行不是表头,表头似在第 {later} 行: 请删去上面的行",
                f"line 1 is no header; line {later} seems to be: remove the lines above it",
            )
        raise NotGuessed("看不出是表格、JSON 还是 XML", "neither a table nor JSON nor XML can be seen in it")
    header = next(csv.reader(io.StringIO(lines[0]), delimiter=delimiter), [])
    if all(_NUMBERISH(cell) for cell in header):
        raise NotGuessed("第一行没有列名: 请补上表头", "the first line has no column names: add them")
    options: dict[str, Any] = {"kind": "tsv" if delimiter == "\t" else "csv"}
    options["charset"] = "utf-8" if charset.startswith("utf") else "gb18030"
    if delimiter not in (",", "\t"):
        options["delimiter"] = delimiter
    types = ("text/tab-separated-values",) if delimiter == "\t" else ("text/csv",)
    shown = charset.upper().replace("UTF-8-SIG", "UTF-8(带 BOM)")
    return Form(options, _read(options, value), types, f"{shown},分隔符 {delimiter!r}")


def _workbook(value: bytes) -> Form:
    """The column names stand in the fullest of the first rows that repeats no name and holds no number."""
    faults: list[NotGuessed] = []
    found: list[tuple[int, int, tuple[Record, ...]]] = []
    for row in range(1, _HEADER_ROWS + 1):
        options = {"kind": "xlsx", "header": row}
        try:
            records = _read(options, value)
        except NotGuessed as error:
            faults.append(error)
            continue
        names = list(dict.fromkeys(name for record in records for name in record))
        if any(_NUMBERISH(name) for name in names):
            break
        found.append((len(names), -row, records))
        if len(found) == 2:  # a table's second row is data; a title's second row may be the header
            break
    if not found:
        raise faults[0] if faults else NotGuessed("工作簿中没有表头", "no row of the workbook holds column names")
    best = max(found, key=lambda each: each[:2])
    options = {"kind": "xlsx"} | ({"header": -best[1]} if best[1] != -1 else {})
    types = ("text/csv", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")
    return Form(options, best[2], types, f"工作簿,表头在第 {-best[1]} 行")


def columns(records: Sequence[Record]) -> list[Column]:
    """Every field of *records*, however deep, in the order of first appearance."""
    values: dict[str, list[Any]] = {}
    for record in records:
        for path, value in _leaves(record, ""):
            if value is not None and value != "":
                values.setdefault(path, []).append(value)
            else:
                values.setdefault(path, [])
    return [Column(path, tuple(each), len(records)) for path, each in values.items()]


def _leaves(value: Any, at: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict) and value:
        for name, inner in value.items():
            yield from _leaves(inner, f"{at}.{name}" if at else str(name))
    elif isinstance(value, list):
        for inner in value:
            yield from _leaves(inner, f"{at}[]")
    else:
        yield at, value
