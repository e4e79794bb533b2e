"""JSON: one record, a list of records, or a list under one name.

The one rule: a document that two parsers could read differently (a name twice, NaN) is refused, never guessed; the wire
room's strict reader sees to that.
"""

from __future__ import annotations

from collections.abc import Sequence

import orjson

from connectors.formats import limits
from connectors.protocol import NotUnderstood, Record, Row
from hub.wire.strictjson import read_json
from hub.wire.unreadable import Unreadable

_BOM = b"\xef\xbb\xbf"


class JsonRecords:
    """*batch* is the name under which the peer sends several records; a bare list is taken too."""

    extension = "json"
    content_type = "application/json"

    def __init__(self, batch: str = "") -> None:
        self.batch = batch

    def decode(self, value: bytes) -> list[Row]:
        """The records of one document."""
        try:
            document = read_json(value.removeprefix(_BOM), largest=limits.JSON_BYTES)
        except Unreadable as error:
            raise NotUnderstood(error.detail, detail_en=error.detail_en) from None
        if self.batch and isinstance(document, dict) and document.keys() == {self.batch}:
            document = document[self.batch]
        if isinstance(document, dict):
            return [Row(1, document)]
        if isinstance(document, list):
            return [_row(number, record) for number, record in enumerate(document, 1)]
        raise NotUnderstood("JSON 报文须为对象或对象数组", detail_en="a JSON message is an object or a list of objects")

    def encode(self, records: Sequence[Record]) -> bytes:
        """One record as it is, several as a list (under the batch's name if there is one)."""
        if len(records) == 1:
            return orjson.dumps(records[0])
        return orjson.dumps({self.batch: list(records)} if self.batch else list(records))


def _row(number: int, record: object) -> Row:
    if isinstance(record, dict):
        return Row(number, record)
    return Row(
        number,
        None,
        NotUnderstood(f"第 {number} 条不是 JSON 对象", source=f"[{number - 1}]", detail_en="a record is an object"),
    )
