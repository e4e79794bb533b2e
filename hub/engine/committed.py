"""Record batches as a reader of committed records sees them.

One rule: nothing of an aborted transaction is handed out, nor a marker, and no batch whose checksum is wrong. What was open when the
bytes were fetched is not among them: the broker gives a `read_committed` reader nothing beyond the first open transaction.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from typing import Any, Final

from aiokafka.errors import CorruptRecordException
from aiokafka.record.control_record import ABORT_MARKER, ControlRecord
from aiokafka.record.default_records import _DefaultRecordBatchPy
from aiokafka.record.memory_records import MemoryRecords

_FRAME: Final = struct.Struct(">qi")  # base offset, and length of what follows

#: Isolation level in the protocol.
READ_COMMITTED = 1


def batches(data: bytes) -> list[Any]:
    """The whole record batches in *data*, markers and aborted ones among them. Raise `CorruptRecordException`."""
    found: list[Any] = []
    records: Any = MemoryRecords(data)
    while records.has_next():
        batch = records.next_batch()
        if not batch.validate_crc():
            raise CorruptRecordException
        found.append(batch)
    return found


def committed(found: Sequence[Any], aborted: Sequence[tuple[int, int]]) -> Iterator[Any]:
    """Those of *found* whose records count. *aborted*: producer and first offset of each aborted transaction among them."""
    pending = sorted(aborted, key=lambda each: each[1], reverse=True)
    aborting: set[int] = set()  # producers whose records are of no account, until their marker comes
    for batch in found:
        while pending and pending[-1][1] <= batch.base_offset:
            aborting.add(pending.pop()[0])
        if batch.is_control_batch:
            if ControlRecord.parse(next(batch).key) == ABORT_MARKER:
                aborting.discard(batch.producer_id)
        elif not (batch.is_transactional and batch.producer_id in aborting):
            yield batch


def records_of(batch: Any, data: bytes) -> list[Any]:
    """The records of *batch*, one of those in *data*."""
    try:
        return list(batch)
    except UnicodeDecodeError:  # the broker lets any bytes be the name of a header
        again: Any = _DefaultRecordBatchPy(_frame(data, batch.base_offset))
        iter(again)  # uncompresses
        again._buffer = _Forgiving(again._buffer)  # noqa: SLF001 - held by tests/engine/test_private_names.py
        return list(again)


def _frame(data: bytes, base_offset: int) -> bytes:
    """The bytes of the batch that begins with *base_offset*."""
    at = 0
    while True:
        begins, length = _FRAME.unpack_from(data, at)
        end = at + _FRAME.size + length
        if begins == base_offset:
            return data[at:end]
        at = end


class _Forgiving(bytearray):
    """Bytes that are text in any case: what is no UTF-8 is spelt out, so that it can be written again."""

    def __getitem__(self, at: Any) -> Any:
        got = super().__getitem__(at)
        return _Forgiving(got) if isinstance(at, slice) else got

    def decode(self, *_: Any, **__: Any) -> str:
        return super().decode("utf-8", "backslashreplace")
