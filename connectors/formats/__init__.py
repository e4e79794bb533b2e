"""Bytes ⇄ records: one file per format. The one rule: whatever bytes come, only `NotUnderstood` goes out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, BinaryIO, Final, Protocol, runtime_checkable

from connectors.formats import limits
from connectors.formats.csv_rows import CsvRows
from connectors.formats.form_fields import FormFields
from connectors.formats.json_lines import JsonLines
from connectors.formats.json_records import JsonRecords
from connectors.formats.sheet_rows import SheetRows
from connectors.formats.xml_records import XmlRecords
from connectors.protocol import Format, NotUnderstood, Row


def _tsv(**options: Any) -> Format:
    return CsvRows(**{"delimiter": "\t", **options})


#: The word ``format.kind`` of a mapping -> the format, made from the other words beside it.
FORMATS: Final[Mapping[str, Callable[..., Format]]] = {
    "json": JsonRecords, "jsonl": JsonLines, "xml": XmlRecords, "csv": CsvRows, "tsv": _tsv, "xlsx": SheetRows,
    "form": FormFields,
}  # fmt: skip

_TABLES: Final = (CsvRows, SheetRows)
_TREES: Final = (JsonRecords, JsonLines)


@runtime_checkable
class Streamed(Protocol):
    """A format whose files are read without being held in memory."""

    def stream(self, file: BinaryIO) -> Iterator[Row]:
        """As `Format.decode`, one row at a time."""


def make(options: Mapping[str, Any]) -> Format:
    """The format that a mapping declares."""
    rest = {str(name): value for name, value in options.items() if name != "kind"}
    return FORMATS[options["kind"]](**rest)


def for_file(declared: Format, name: str) -> Format:
    """The format of a file called *name* from a peer whose own is *declared*.

    Whoever sends tables may send them in any form of a table, and so with JSON: its records are the same. Raise
    `NotUnderstood` for a file of another kind.
    """
    suffix = name.rpartition(".")[2].lower()
    if suffix == declared.extension:
        return declared
    found: Format | None = None
    if isinstance(declared, _TABLES):
        charset = declared.charset if isinstance(declared, CsvRows) else "gb18030"
        sheets = declared if isinstance(declared, SheetRows) else SheetRows()
        tables: Mapping[str, Format] = {
            "csv": CsvRows(charset), "txt": CsvRows(charset, "\t"), "tsv": CsvRows(charset, "\t"),
            "xlsx": sheets, "xlsm": sheets, "xls": sheets,
        }  # fmt: skip
        found = tables.get(suffix)
    elif isinstance(declared, _TREES) and suffix in {"json", "jsonl", "ndjson"}:
        found = JsonRecords(declared.batch) if suffix == "json" else JsonLines(declared.batch)
    if found is None:
        raise NotUnderstood(
            f"不接收此类文件: .{suffix[:20]}",
            detail_en=f"files of this kind are not taken; this system sends .{declared.extension}",
            suggestion=f"请以 .{declared.extension} 重新导出",
        )
    return found


def logged(declared: Format) -> Format:
    """The form in which single records of that peer lie in the log."""
    return declared.logged if isinstance(declared, SheetRows) else declared


def rows(form: Format, file: BinaryIO) -> Iterator[Row]:
    """The rows of a whole *file*, from its beginning. Raise `NotUnderstood`, at any row, if the whole is not to be read."""
    file.seek(0)
    if isinstance(form, Streamed):
        yield from form.stream(file)
        return
    value = file.read(limits.XML_BYTES + 1)
    yield from form.decode(value)
