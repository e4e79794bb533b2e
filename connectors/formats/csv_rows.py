"""CSV: one header line, one record a line, an empty cell is an absent field.

The one rule: cells are texts and nothing else; what a spreadsheet could take for a formula is written with a leading
apostrophe, and that apostrophe is taken away again when read.
"""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Final

from connectors.formats import limits
from connectors.protocol import NotUnderstood, Record, Row

_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "'")

# The csv module knows only one limit for the whole process; nothing else of ours reads CSV.
csv.field_size_limit(limits.CSV_FIELD)


class CsvRows:
    """*charset* is what the peer writes and reads; a UTF-8 byte order mark overrides it on the way in."""

    extension = "csv"

    def __init__(self, charset: str = "gb18030", delimiter: str = ",") -> None:
        self._charset, self._delimiter = charset, delimiter
        self.content_type = f"text/csv; charset={charset}"

    def decode(self, value: bytes) -> list[Row]:
        """The rows of one file; the header is line 1, so the first record is row 1."""
        limits.within(value, limits.CSV_BYTES)
        lines = io.StringIO(self._text(value), newline="").readlines()
        header, start = self._header(lines)
        rows: list[Row] = []
        broken = 0
        for number, cells in enumerate(self._cells(lines, start), 1):
            if isinstance(cells, NotUnderstood):
                broken += 1
                if broken > limits.BROKEN_ROWS:
                    raise limits.too_large("错误行数", "broken rows", limits.BROKEN_ROWS)
                rows.append(Row(number, None, cells))
            elif len(cells) != len(header):
                rows.append(Row(number, None, _columns(len(cells), len(header))))
            else:
                rows.append(Row(number, {name: _plain(cell) for name, cell in zip(header, cells, strict=True) if cell}))
        return rows

    def encode(self, records: Sequence[Record]) -> bytes:
        """All *records* under the union of their columns, in order of first appearance."""
        columns = list(dict.fromkeys(name for record in records for name in record))
        out = io.StringIO(newline="")
        writer = csv.writer(out, delimiter=self._delimiter, lineterminator="\r\n")
        writer.writerow(columns)
        for record in records:
            writer.writerow([_guarded(str(record.get(name, ""))) for name in columns])
        return out.getvalue().encode(self._charset)

    def _text(self, value: bytes) -> str:
        if b"\x00" in value:
            raise NotUnderstood("CSV 文件含 NUL 字符", detail_en="a NUL byte in a CSV file")
        charset = "utf-8-sig" if value.startswith(codecs.BOM_UTF8) else self._charset
        try:
            return value.decode(charset)
        except UnicodeDecodeError as error:
            raise NotUnderstood(
                f"文件不是 {charset} 编码(第 {error.start + 1} 字节)",
                detail_en=f"not {charset} at byte {error.start + 1}",
                suggestion=f"请以 {self._charset} 或带 BOM 的 UTF-8 保存",
            ) from None

    def _header(self, lines: list[str]) -> tuple[list[str], int]:
        reader = csv.reader(iter(lines), delimiter=self._delimiter, strict=True)
        try:
            header = next(reader)
        except (csv.Error, StopIteration):
            raise NotUnderstood("CSV 文件没有表头", detail_en="a CSV file without a header") from None
        if len(header) > limits.CSV_COLUMNS:
            raise limits.too_large("CSV 列数", "number of columns", limits.CSV_COLUMNS)
        header = [name.strip() for name in header]
        if "" in header or len(set(header)) != len(header):
            raise NotUnderstood("CSV 表头有空列名或重复列名", detail_en="an empty or repeated column name")
        return header, reader.line_num

    def _cells(self, lines: list[str], at: int) -> Iterator[list[str] | NotUnderstood]:
        """Each record's cells. A torn quote costs its own line: the next attempt begins at the line after it."""
        while at < len(lines):
            reader = csv.reader(islice(lines, at, None), delimiter=self._delimiter, strict=True)
            try:
                cells = next(reader)
            except csv.Error:
                at += 1
                yield NotUnderstood(f"第 {at} 行不是合法的 CSV", source=f"line {at}", detail_en=f"line {at} is not CSV")
                continue
            at += reader.line_num
            if cells:
                yield cells


def _columns(found: int, wanted: int) -> NotUnderstood:
    return NotUnderstood(f"该行有 {found} 列,表头有 {wanted} 列", detail_en=f"{found} cells under {wanted} columns")


def _guarded(cell: str) -> str:
    cell = cell.replace("\x00", "\ufffd")
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def _plain(cell: str) -> str:
    return cell[1:] if cell[0] == "'" and cell[1:].startswith(_FORMULA) else cell
