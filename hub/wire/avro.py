"""Events as Avro with the Confluent header: ``0x00``, four bytes of schema id, the datum.

The one rule: `decode` gives back exactly the data that `encode` was given. Optional fields that were absent are absent
again, not null, and nothing is dropped or filled in silently.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from functools import cache
from io import BytesIO
from typing import Any, Final

import fastavro

from hub.canonical.catalogue import Catalogue, EventType, Record
from hub.wire.guard import Guard
from hub.wire.unreadable import Unreadable
from hub.wire.view import DELIVERY_IDS, delivery_schema

_MAGIC: Final = 0
_HEADER: Final = struct.Struct(">bI")

#: What fastavro raises for a datum or bytes that do not fit.
_FAULTS: Final = (ValueError, TypeError, KeyError, IndexError, AttributeError, EOFError, OverflowError, MemoryError)


class Codec:
    """One schema id: its parsed schema, and what a decoded datum needs to become the data again."""

    __slots__ = ("_guard", "_header", "_parsed", "_strip", "delivery", "event_type", "schema")

    def __init__(self, event_type: EventType, *, delivery: bool) -> None:
        self.event_type = event_type
        self.delivery = delivery
        self.schema: dict[str, Any] = delivery_schema(event_type.avro) if delivery else event_type.avro
        self._header = _HEADER.pack(_MAGIC, self.schema["x-id"])
        self._parsed = fastavro.parse_schema(self.schema)
        self._strip = _stripper(event_type.record, everything=delivery)
        self._guard: Guard | None = None

    def encode(self, data: Mapping[str, Any]) -> bytes:
        """Wire bytes of *data*. A field the schema does not know is a fault, not something to leave out."""
        out = BytesIO()
        out.write(self._header)
        try:
            fastavro.schemaless_writer(out, self._parsed, data, strict_allow_default=True)
        except _FAULTS as error:
            # `from None`: the library's message may quote the datum, which may be anybody's name.
            what = type(error).__name__
            raise Unreadable("数据与其模式不符", f"{self.event_type.name}: the data do not fit: {what}") from None
        return out.getvalue()

    def decode(self, value: bytes) -> dict[str, Any]:
        """Data of wire bytes whose header has been read."""
        source = BytesIO(value)
        source.seek(_HEADER.size)
        try:
            data: Any = fastavro.schemaless_reader(source, self._parsed, None)
        except _FAULTS as error:
            what = type(error).__name__
            raise Unreadable("字节内容与其模式不符", f"{self.event_type.name}: the bytes do not fit: {what}") from None
        if source.tell() != len(value):
            raise Unreadable("字节内容之后有多余字节", f"{self.event_type.name}: bytes are left over")
        self._strip(data)
        return data  # type: ignore[no-any-return]

    def guard(self, value: bytes) -> None:
        """Walk foreign bytes before they are decoded."""
        if self._guard is None:
            self._guard = Guard(self.schema)
        self._guard(value, _HEADER.size)


def encode(event_type: str, data: Mapping[str, Any]) -> bytes:
    """Wire bytes of an event's data."""
    return _codec_of(event_type, False).encode(data)


def encode_delivery(event_type: str, data: Mapping[str, Any]) -> bytes:
    """Wire bytes of a projected copy, in which any field may be missing."""
    return _codec_of(event_type, True).encode(data)


def decode(value: bytes) -> tuple[str, dict[str, Any]]:
    """Short type and data of wire bytes from one of the hub's own topics: an event or a delivery."""
    codec = codec_for(value)
    return codec.event_type.name, codec.decode(value)


def decode_foreign(value: bytes) -> tuple[str, dict[str, Any]]:
    """The same for bytes from outside: walked first, and never a delivery."""
    codec = codec_for(value)
    if codec.delivery:
        raise Unreadable("不接受投递视图的模式编号", "the schema id is that of a delivery, not of an event")
    codec.guard(value)
    return codec.event_type.name, codec.decode(value)


def is_delivery(value: bytes) -> bool:
    """True if wire bytes hold a party's copy and not an event."""
    return codec_for(value).delivery


def codec_for(value: bytes) -> Codec:
    """The codec that the header of *value* asks for."""
    if len(value) < _HEADER.size:
        raise Unreadable("字节内容过短", "the value is shorter than its header")
    magic, schema_id = _HEADER.unpack_from(value)
    if magic != _MAGIC:
        raise Unreadable("未知的消息格式标志", "the value does not begin with the magic byte 0")
    return _codec_by_id(schema_id)


@cache
def _codec(event_type: EventType, delivery: bool) -> Codec:
    return Codec(event_type, delivery=delivery)


@cache
def _codec_of(name: str, delivery: bool) -> Codec:
    try:
        return _codec(Catalogue.load()[name], delivery)
    except KeyError:
        raise Unreadable("目录中没有此事件类型", "the catalogue has no such event type") from None


# Filled by ids that exist only: a stream of made-up ids must not grow it.
_BY_ID: Final[dict[int, Codec]] = {}


def _codec_by_id(schema_id: int) -> Codec:
    codec = _BY_ID.get(schema_id)
    if codec is None:
        delivery = schema_id > DELIVERY_IDS
        event_type = Catalogue.load().by_id.get(schema_id - DELIVERY_IDS if delivery else schema_id)
        if event_type is None:
            raise Unreadable("未知的模式编号", "the schema id is not one of ours")
        codec = _BY_ID[schema_id] = _codec(event_type, delivery)
    return codec


def _nothing(data: dict[str, Any]) -> None:
    """For a record in which nothing is optional."""


def _stripper(record: Record, *, everything: bool) -> Callable[[dict[str, Any]], None]:
    """Takes the nulls of absent fields out of a decoded record, at every depth. No event holds a null of its own."""
    optional = tuple(field.name for field in record.fields if everything or not field.mandatory)
    nested = tuple(
        (field.name, field.many, inner)
        for field in record.fields
        if field.record is not None and (inner := _stripper(field.record, everything=everything)) is not _nothing
    )
    if not optional and not nested:
        return _nothing

    def strip(data: dict[str, Any]) -> None:
        for name in optional:
            if data[name] is None:
                del data[name]
        for name, many, inner in nested:
            part = data.get(name)
            if part is None:
                continue
            for one in part if many else (part,):
                inner(one)

    return strip
