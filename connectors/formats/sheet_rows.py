"""Workbooks (XLSX, XLS): one sheet, one header row, one record a row.

The one rule: no workbook is opened in this process; `sheet_child` does it, under limits, and whatever becomes of that
process is an answer. In the hub's log a row lies as CSV in UTF-8, so a workbook is read once only.
"""

from __future__ import annotations

import io
import re
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, BinaryIO, Final

import orjson

from connectors.formats import limits
from connectors.formats.csv_rows import CsvRows, checked_header, columns_differ
from connectors.protocol import NotUnderstood, Record, Row

_WORKBOOKS: Final = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
_EPOCH: Final = datetime(1980, 1, 1)  # noqa: DTZ001 - the first day that ZIP knows; no moment is meant
#: Characters that no workbook carries.
_UNFIT: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_CHILD: Final = "connectors.formats.sheet_child"


class SheetRows:
    """*sheet* is its name (empty: the first), *header* the row of the column names, *datetime* and *date* how real dates are told."""

    extension = "xlsx"
    content_type = "text/csv; charset=utf-8"

    def __init__(
        self, sheet: str = "", header: int = 1, datetime: str = "%Y-%m-%d %H:%M:%S", date: str = "%Y-%m-%d"
    ) -> None:
        self._arguments = [sheet, str(header), datetime, date]
        self.logged = CsvRows("utf-8")

    def decode(self, value: bytes) -> list[Row]:
        """The rows of a workbook, or of what `logged` wrote."""
        if not value.startswith(_WORKBOOKS):
            return self.logged.decode(value)
        limits.within(value, limits.CSV_BYTES)
        with tempfile.TemporaryFile() as file:
            file.write(value)
            return list(self.stream(file))

    def stream(self, file: BinaryIO) -> Iterator[Row]:
        """The rows of a workbook; *file* is a real one, for the other process reads it itself."""
        file.seek(0)
        command = [sys.executable, "-m", _CHILD, *self._arguments]
        # Our own interpreter and module; nothing of a peer's stands in the command.
        with subprocess.Popen(command, stdin=file, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as child:  # noqa: S603
            try:
                yield from _rows(_told(child))
            finally:
                child.kill()  # of no effect on one that has ended

    def encode(self, records: Sequence[Record]) -> bytes:
        """A workbook of text cells, the same bytes for the same records."""
        from openpyxl import Workbook  # noqa: PLC0415 - 200 ms that only a peer with workbooks pays
        from openpyxl.cell import WriteOnlyCell  # noqa: PLC0415

        book = Workbook(write_only=True)
        book.properties.created = book.properties.modified = _EPOCH
        sheet = book.create_sheet("Sheet1")
        columns = list(dict.fromkeys(name for record in records for name in record))

        def cell(value: object) -> Any:
            made = WriteOnlyCell(sheet, _UNFIT.sub("\ufffd", str(value)))
            made.data_type = "s"  # a text beginning with = stays a text
            return made

        sheet.append([cell(name) for name in columns])
        for record in records:
            sheet.append([cell(record.get(name, "")) for name in columns])
        out = io.BytesIO()
        book.save(out)
        return _dateless(out)


def _told(child: subprocess.Popen[bytes]) -> Iterator[list[Any]]:
    """What the other process says. One that did not end of itself is a refusal, whatever it had said before."""
    assert child.stdout is not None
    for line in child.stdout:
        if not line.endswith(b"\n"):
            break
        yield orjson.loads(line)
    if child.wait() != 0:
        raise NotUnderstood(
            "工作簿超出可读取的内存或时间,或已损坏",
            detail_en="a workbook that cannot be read within the limits of memory and time",
            suggestion="请拆分或另存为 CSV 后重新发送",
        )


def _rows(lines: Iterator[list[Any]]) -> Iterator[Row]:
    header: list[str] | None = None
    top = broken = 0
    for at, cells, *fault in lines:
        error = NotUnderstood(fault[0], detail_en=fault[1], suggestion=fault[2]) if fault else None
        if error is not None and (at == 0 or header is None):
            raise error
        if header is None:
            top, header = at, checked_header(_trimmed(cells))
        elif error is not None:
            broken += 1
            if broken > limits.BROKEN_ROWS:
                raise limits.too_large("错误行数", "broken rows", limits.BROKEN_ROWS)
            yield Row(at - top, None, error)
        elif used := _trimmed(cells):
            if len(used) > len(header):
                yield Row(at - top, None, columns_differ(len(used), len(header)))
            else:
                yield Row(at - top, {name: text for name, text in zip(header, used, strict=False) if text})
    if header is None:
        raise NotUnderstood("工作表是空的", detail_en="an empty sheet")


def _trimmed(cells: list[str]) -> list[str]:
    """Without the empty cells at its end: a sheet is as wide as its widest row."""
    end = len(cells)
    while end and not cells[end - 1]:
        end -= 1
    return cells[:end]


def _dateless(book: io.BytesIO) -> bytes:
    """The archive with no time in it but the first that ZIP knows."""
    out = io.BytesIO()
    with zipfile.ZipFile(book) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            target.writestr(zipfile.ZipInfo(name), source.read(name), zipfile.ZIP_DEFLATED)
    return out.getvalue()
