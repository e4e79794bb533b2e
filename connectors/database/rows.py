"""A row of the peer's table as a record. Pure. The one rule: one row, one record, one id that never changes."""

from __future__ import annotations

import codecs
import re
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from connectors.formats import limits
from connectors.formats.csv_rows import CsvRows
from connectors.formats.xml_records import XmlRecords
from connectors.protocol import Format, NotUnderstood, Record
from hub.canonical.event import SHANGHAI

_DECLARED: Final = re.compile(r"^\ufeff?\s*<\?xml[^>]*\?>")
_UUID_BYTES: Final = 16
DETAIL: Final = 500  #: characters that ``result_detail`` has room for


def id_of(value: Any) -> str:
    """The row's id as text. Raise `NotUnderstood` if it has none."""
    text = str(UUID(bytes=value)) if isinstance(value, bytes) and len(value) == _UUID_BYTES else cell(value)
    if not text:
        raise NotUnderstood("该行没有 id", source="id", detail_en="the row has no id", suggestion="请为每行写入唯一 id")
    return text


def payload_record(value: Any, form: Format) -> Record:
    """The record that a payload holds in the peer's format. Raise `NotUnderstood`."""
    if value is None or not value:
        raise NotUnderstood("payload 为空", source="payload", detail_en="the payload is empty")
    encoded = bytes(value) if isinstance(value, (bytes, bytearray, memoryview)) else _encoded(str(value), form)
    if len(encoded) > limits.RECORD_BYTES:
        raise limits.too_large("payload 字节数", "size of the payload", limits.RECORD_BYTES)
    rows = form.decode(encoded)
    if len(rows) != 1:
        raise NotUnderstood(
            f"一行须为一条记录,payload 中有 {len(rows)} 条", source="payload", detail_en="one row is one record"
        )
    row = rows[0]
    if row.error is not None:
        raise row.error
    assert row.record is not None
    return row.record


def flat_record(columns: Sequence[str], values: Sequence[Any]) -> Record:
    """The record that the columns of a flat table are: texts, as in a CSV file; NULL is an absent field."""
    return {name: text for name, value in zip(columns, values, strict=True) if (text := cell(value))}


def cell(value: Any) -> str:
    """A value as a cell of a table would show it. Blanks at the end are what CHAR columns are filled with."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case datetime():
            return str(value.astimezone(SHANGHAI) if value.tzinfo else value)
        case date():
            return value.isoformat()
        case Decimal():
            return format(value, "f")
        case bytes() | bytearray() | memoryview():
            return bytes(value).hex()
    return str(value).rstrip(" ")


def why(error: NotUnderstood) -> str:
    """What the bureau reads beside its row: where, what, what to do; never the value, which may be personal."""
    told = " / ".join(filter(None, (error.detail, error.detail_en, error.suggestion)))
    return f"{error.source}: {told}"[:DETAIL] if error.source else told[:DETAIL]


def text_of(record: Record, form: Format) -> str:
    """*record* in the peer's format, as a text column holds it: a declared encoding would be a lie there."""
    encoded = form.encode([_carried(record)])
    if isinstance(form, CsvRows):
        return encoded.decode(form.charset)
    if not isinstance(form, XmlRecords):
        return encoded.decode()
    declared = re.match(rb"""<\?xml[^>]*encoding=['"]([\w-]+)""", encoded)
    return _DECLARED.sub("", encoded.decode(declared[1].decode() if declared else "utf-8")).lstrip()


def _encoded(text: str, form: Format) -> bytes:
    """*text* as the bytes that the format reads as UTF-8; what the text itself says of an encoding no longer holds."""
    if isinstance(form, XmlRecords):
        return _DECLARED.sub("", text).encode("utf-8", "replace")
    return codecs.BOM_UTF8 + text.encode("utf-8", "replace")


def _carried(value: Any) -> Any:
    """*value* without NUL, which no text column takes: one such character would stop all that follows."""
    match value:
        case str():
            return value.replace("\x00", "\ufffd")
        case dict():
            return {name: _carried(each) for name, each in value.items()}
        case list() | tuple():
            return [_carried(each) for each in value]
    return value
