"""Bytes ⇄ records: one file per format. The one rule: whatever bytes come, only `NotUnderstood` goes out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from connectors.formats.csv_rows import CsvRows
from connectors.formats.json_records import JsonRecords
from connectors.formats.xml_records import XmlRecords
from connectors.protocol import Format

#: The word ``format.kind`` of a mapping -> the format, made from the other words beside it.
FORMATS: Final[Mapping[str, Callable[..., Format]]] = {"json": JsonRecords, "xml": XmlRecords, "csv": CsvRows}


def make(options: Mapping[str, Any]) -> Format:
    """The format that a mapping declares."""
    rest = {str(name): value for name, value in options.items() if name != "kind"}
    return FORMATS[options["kind"]](**rest)
