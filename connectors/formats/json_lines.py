"""JSON lines: one record a line.

The one rule: a line is a document of its own, read as strictly as any other; a broken one costs only itself.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from typing import BinaryIO

import orjson

from connectors.formats import limits
from connectors.formats.json_records import JsonRecords
from connectors.protocol import NotUnderstood, Record, Row

_BOM = b"\xef\xbb\xbf"


class JsonLines:
    """Also named NDJSON. Empty lines are no records."""

    extension = "jsonl"
    content_type = "application/x-ndjson"

    def __init__(self, batch: str = "") -> None:
        self.batch = batch
        self._one = JsonRecords(batch)

    def decode(self, value: bytes) -> list[Row]:
        """The records of one document."""
        limits.within(value, limits.CSV_BYTES)
        return list(self.stream(io.BytesIO(value)))

    def stream(self, file: BinaryIO) -> Iterator[Row]:
        """The records as they are read."""
        number = broken = 0
        while line := file.readline(limits.RECORD_BYTES + 3):
            line = line.removeprefix(_BOM) if number == 0 else line
            if len(line) > limits.RECORD_BYTES + 2:
                raise limits.too_large("单行字节数", "bytes of one line", limits.RECORD_BYTES)
            if not line.strip():
                continue
            number += 1
            try:
                found = self._one.decode(line)
            except NotUnderstood as error:
                broken += 1
                if broken > limits.BROKEN_ROWS:
                    raise limits.too_large("错误行数", "broken rows", limits.BROKEN_ROWS) from None
                yield Row(number, None, error)
                continue
            yield Row(number, found[0].record, found[0].error) if len(found) == 1 else Row(number, None, _several())

    def encode(self, records: Sequence[Record]) -> bytes:
        """A line for each."""
        return b"".join(orjson.dumps(record) + b"\n" for record in records)


def _several() -> NotUnderstood:
    return NotUnderstood("一行只能有一条记录", detail_en="a line holds exactly one record")
