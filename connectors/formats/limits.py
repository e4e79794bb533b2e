"""How much a peer may send at once. The one rule: each limit is checked before the work it limits."""

from __future__ import annotations

from typing import Final

from connectors.protocol import NotUnderstood

RECORD_BYTES: Final = 256 * 1024  #: one record, whatever its format
JSON_BYTES: Final = 4 * 1024 * 1024
XML_BYTES: Final = 50 * 1024 * 1024
XML_DEPTH: Final = 64
XML_ELEMENTS: Final = 100_000
FORM_BYTES: Final = 1024 * 1024
FORM_FIELDS: Final = 1_000
FORM_NAME: Final = 256  #: characters of one name with its brackets
FORM_DEPTH: Final = 8
CSV_BYTES: Final = 50 * 1024 * 1024
LINE_BYTES: Final = 1024 * 1024  #: of a text file: no line without end is gathered in memory
CSV_COLUMNS: Final = 200
CSV_FIELD: Final = 64 * 1024
SHEET_ROWS: Final = 200_000
ZIP_ENTRIES: Final = 100
ZIP_BYTES: Final = 200 * 1024 * 1024  #: of all that is inside, counted while it is inflated: headers lie
ZIP_RATIO: Final = 50
BROKEN_ROWS: Final = 1_000  #: a file with more is not a file of ours; also bounds the work a torn quote can cause


def too_large(what: str, what_en: str, limit: int) -> NotUnderstood:
    """The refusal of something over its limit."""
    return NotUnderstood(
        f"{what}超过上限 {limit}", detail_en=f"{what_en} over the limit of {limit}", suggestion="请拆分后重新发送"
    )


def within(value: bytes, limit: int) -> None:
    """Raise if *value* has more than *limit* bytes."""
    if len(value) > limit:
        raise too_large("文件字节数", "size in bytes", limit)
