"""The process in which a workbook is opened: `python -m connectors.formats.sheet_child SHEET HEADER DATETIME DATE`.

The one rule: a workbook made to harm harms only this process. It has 512 MiB of address space and ten seconds of processor
time, writes no file and no core; its parent takes whatever death it dies as a refusal of the file.

In: the workbook on stdin. Out: JSON lines, `[row, [cell, …]]` or `[row, null, detail, detail_en, suggestion]`; row 0 is the
workbook itself.
"""

from __future__ import annotations

import datetime
import re
import resource
import sys
import zipfile
from collections.abc import Callable
from decimal import Decimal
from typing import Any, BinaryIO, Final

import orjson
import python_calamine as calamine
from lxml import etree

from connectors.formats import archive, limits
from connectors.protocol import NotUnderstood

_MEMORY: Final = 512 * 1024 * 1024
_SECONDS: Final = 10
_ZIP: Final = b"PK"
_DIGITS: Final = 10**15  #: a binary number carries fifteen decimal digits, and no more
_FORMULA: Final = re.compile(rb'<(?:\w+:)?c\b[^>]*?\br="[A-Z]{1,3}(\d{1,7})"[^>]*>\s*<(?:\w+:)?f[\s/>]')
_OVERLAP: Final = 512  #: a cell's opening tag may lie across two pieces
_RELATION: Final = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"


def main(sheet: str, header: int, moment: str, day: str) -> None:
    """Write every row from the *header* line on."""
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (_SECONDS, _SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        _write(sys.stdin.buffer, sheet, header, moment, day)
    except NotUnderstood as error:
        _say([0, None, error.detail, error.detail_en, error.suggestion])
    except calamine.PasswordError:
        _say([0, None, "工作簿已加密", "the workbook is encrypted", "请取消密码后保存"])
    except calamine.WorksheetNotFound:
        _say([0, None, f"没有工作表 {sheet[:40]}", "no sheet of that name", ""])
    except (calamine.CalamineError, etree.LxmlError, KeyError, ValueError, OSError):
        _say([0, None, "不是 Excel 文件或已损坏", "not a workbook, or a damaged one", "请另存为 XLSX"])


def _write(file: BinaryIO, sheet: str, header: int, moment: str, day: str) -> None:
    packed = file.read(2) == _ZIP
    file.seek(0)
    formulas = _Formulas()
    if packed:
        archive.inspect(file, formulas.look)
    book = calamine.load_workbook(file)
    names = book.sheet_names
    if not names:
        raise NotUnderstood("工作簿没有工作表", detail_en="a workbook without a sheet")
    name = sheet or names[0]
    found = book.get_sheet_by_name(name)
    if found.total_height > limits.SHEET_ROWS:
        raise limits.too_large("表格行数", "rows of the sheet", limits.SHEET_ROWS)
    if found.total_width > limits.CSV_COLUMNS:
        raise limits.too_large("列数", "number of columns", limits.CSV_COLUMNS)
    computed = formulas.rows.get(_member(file, name), set()) if packed else set()
    first = (found.start or (0, 0))[0] + 1
    text = _text(moment, day)
    for row, cells in enumerate(found.iter_rows(), first):
        if row < header:
            continue
        if row in computed:
            _say([row, None, "该行含公式单元格", "a cell of this row is a formula", "请复制后选择性粘贴为数值"])
            continue
        try:
            _say([row, [text(cell) for cell in cells]])
        except NotUnderstood as error:
            _say([row, None, error.detail, error.detail_en, error.suggestion])


class _Formulas:
    """Which rows of which member hold a formula: what it gives is another program's opinion, not the bureau's record."""

    def __init__(self) -> None:
        self.rows: dict[str, set[int]] = {}
        self._tail: dict[str, bytes] = {}

    def look(self, name: str, piece: bytes) -> None:
        """Search the next *piece* of the member *name*."""
        if not name.startswith("xl/worksheets/"):
            return
        piece = self._tail.get(name, b"") + piece
        self.rows.setdefault(name, set()).update(int(row) for row in _FORMULA.findall(piece))
        self._tail[name] = piece[-_OVERLAP:]


def _member(file: BinaryIO, sheet: str) -> str:
    """Where in the archive the cells of *sheet* are."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    file.seek(0)
    with zipfile.ZipFile(file) as book:
        sheets = etree.fromstring(book.read("xl/workbook.xml"), parser)
        targets = etree.fromstring(book.read("xl/_rels/workbook.xml.rels"), parser)
    ids = [each.get(_RELATION) for each in sheets.iter("{*}sheet") if each.get("name") == sheet]
    for each in targets.iter("{*}Relationship"):
        if each.get("Id") in ids:
            target = str(each.get("Target"))
            return target.lstrip("/") if target.startswith("/") else f"xl/{target}"
    raise NotUnderstood("工作簿目录不完整", detail_en="the workbook does not say where its sheet is")


def _text(moment: str, day: str) -> Callable[[Any], str]:
    """How a cell is told as text."""

    def text(cell: Any) -> str:
        match cell:
            case str():
                return cell
            case bool():
                return "TRUE" if cell else "FALSE"
            case int() | float():
                return _number(cell)
            case datetime.datetime():
                return cell.strftime(moment)
            case datetime.date():
                return cell.strftime(day)
            case _:
                return str(cell)

    return text


def _number(value: float) -> str:
    if abs(value) >= _DIGITS:
        raise NotUnderstood(
            "单元格是超过 15 位的数字,Excel 已丢失末位",
            detail_en="a number of more than 15 digits: the spreadsheet has already lost the last ones",
            suggestion="请将该列设为文本格式后重新填写",
        )
    return str(int(value)) if value == int(value) else format(Decimal(repr(value)), "f")


def _say(line: list[Any]) -> None:
    sys.stdout.buffer.write(orjson.dumps(line) + b"\n")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4])
