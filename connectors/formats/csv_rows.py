"""CSV and TSV: one header line, one record a line, an empty cell is an absent field.

The one rule: cells are texts and nothing else; what a spreadsheet could take for a formula is written with a leading
apostrophe, and that apostrophe is taken away again when read. A file is read line by line, so its size costs no memory.
"""

from __future__ import annotations

import codecs
import csv
import io
from collections import deque
from collections.abc import Iterator, Sequence
from typing import BinaryIO, Final

from connectors.formats import limits
from connectors.formats.charset import charset_of, decoded_lines
from connectors.protocol import NotUnderstood, Record, Row

_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "'")

# The csv module knows only one limit for the whole process; nothing else of ours reads CSV.
csv.field_size_limit(limits.CSV_FIELD)


class CsvRows:
    """*charset* is what the peer writes and reads; a byte order mark overrides it on the way in."""

    def __init__(self, charset: str = "gb18030", delimiter: str = ",") -> None:
        self.charset, self._delimiter = charset, delimiter
        self.extension = "tsv" if delimiter == "\t" else "csv"
        kind = "tab-separated-values" if delimiter == "\t" else "csv"
        self.content_type = f"text/{kind}; charset={charset}"

    def decode(self, value: bytes) -> list[Row]:
        """The rows of one file; the header is line 1, so the first record is row 1."""
        limits.within(value, limits.CSV_BYTES)
        marked = value.startswith(codecs.BOM_UTF8)
        return list(self._rows(io.BytesIO(value), "utf-8-sig" if marked else self.charset))

    def stream(self, file: BinaryIO) -> Iterator[Row]:
        """The rows of a file as they are read. A whole file, unlike one record, also tells its own charset."""
        return self._rows(file, charset_of(file, self.charset))

    def encode(self, records: Sequence[Record]) -> bytes:
        """All *records* under the union of their columns, in order of first appearance."""
        columns = list(dict.fromkeys(name for record in records for name in record))
        out = io.StringIO(newline="")
        writer = csv.writer(out, delimiter=self._delimiter, lineterminator="\r\n")
        writer.writerow(columns)
        for record in records:
            writer.writerow([_guarded(str(record.get(name, ""))) for name in columns])
        return out.getvalue().encode(self.charset)

    def _rows(self, file: BinaryIO, charset: str) -> Iterator[Row]:
        lines = _Lines(decoded_lines(file, charset))
        header = self._header(lines)
        broken = 0
        for number, cells in enumerate(self._cells(lines), 1):
            if isinstance(cells, NotUnderstood):
                broken += 1
                if broken > limits.BROKEN_ROWS:
                    raise limits.too_large("错误行数", "broken rows", limits.BROKEN_ROWS)
                yield Row(number, None, cells)
            elif len(cells) != len(header):
                yield Row(number, None, columns_differ(len(cells), len(header)))
            else:
                yield Row(number, {name: _plain(cell) for name, cell in zip(header, cells, strict=True) if cell})

    def _header(self, lines: _Lines) -> list[str]:
        try:
            header = next(csv.reader(lines, delimiter=self._delimiter, strict=True))
        except (csv.Error, StopIteration):
            raise NotUnderstood("CSV 文件没有表头", detail_en="a CSV file without a header") from None
        lines.settle()
        return checked_header(header)

    def _cells(self, lines: _Lines) -> Iterator[list[str] | NotUnderstood]:
        """Each record's cells. A torn quote costs its own line: the next attempt begins at the line after it."""
        while True:
            reader = csv.reader(lines, delimiter=self._delimiter, strict=True)
            try:
                for cells in reader:
                    lines.settle()
                    if cells:
                        yield cells
            except csv.Error:
                at = lines.restart()
                yield NotUnderstood(f"第 {at} 行不是合法的 CSV", source=f"line {at}", detail_en=f"line {at} is not CSV")
            except NotUnderstood as error:  # a line that is not in the file's charset
                if not error.source:
                    raise
                lines.settle()
                yield error
            else:
                return


class _Lines:
    """Lines that can be gone back to: those since the last whole record, at most what one cell may hold."""

    def __init__(self, source: Iterator[str | NotUnderstood]) -> None:
        self._source = source
        self._again: deque[str] = deque()
        self._taken: list[str] = []
        self._settled = 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._again.popleft() if self._again else next(self._source)
        if isinstance(line, NotUnderstood):
            if self._taken:  # inside an open quote: that quote is the first fault, this line comes again as its own
                self._source = _before(line, self._source)
                raise csv.Error
            self._taken.append("")
            raise line
        self._taken.append(line)
        return line

    def settle(self) -> None:
        """The lines taken so far have become a record."""
        self._settled += len(self._taken)
        self._taken.clear()

    def restart(self) -> int:
        """Give back all lines taken since but the first; its number."""
        self._settled += 1
        self._again.extendleft(reversed(self._taken[1:]))
        self._taken.clear()
        return self._settled


def _before(first: NotUnderstood, rest: Iterator[str | NotUnderstood]) -> Iterator[str | NotUnderstood]:
    yield first
    yield from rest


def checked_header(names: Sequence[str]) -> list[str]:
    """The column names, trimmed. Raise `NotUnderstood` if they cannot name cells."""
    if len(names) > limits.CSV_COLUMNS:
        raise limits.too_large("列数", "number of columns", limits.CSV_COLUMNS)
    header = [name.strip() for name in names]
    if not header:
        raise NotUnderstood("表格没有表头", detail_en="a table without a header")
    if "" in header or len(set(header)) != len(header):
        raise NotUnderstood("表头有空列名或重复列名", detail_en="an empty or repeated column name")
    return header


def columns_differ(found: int, wanted: int) -> NotUnderstood:
    """The error of a row with too many or too few cells."""
    return NotUnderstood(f"该行有 {found} 列,表头有 {wanted} 列", detail_en=f"{found} cells under {wanted} columns")


def _guarded(cell: str) -> str:
    cell = cell.replace("\x00", "\ufffd")
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def _plain(cell: str) -> str:
    return cell[1:] if cell[0] == "'" and cell[1:].startswith(_FORMULA) else cell
