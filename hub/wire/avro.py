"""Events as Avro with the Confluent header: ``0x00``, four bytes of schema id, the datum.

The one rule: `decode` gives back exactly the data that `encode` was given. Optional fields that were absent are absent
again, not null, and nothing is dropped or filled in silently.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from functools import cache
from typing import Any, Final

from hub.canonical.catalogue import Catalogue, EventType
from hub.wire import compiled
from hub.wire.guard import Guard
from hub.wire.unreadable import Unreadable
from hub.wire.view import DELIVERY_IDS, delivery_schema

_MAGIC: Final = 0
_HEADER: Final = struct.Struct(">bI")


class Codec:
    """One schema id: its schema, and the functions that write and read its datums."""

    __slots__ = ("_decode", "_encode", "_guard", "delivery", "event_type", "schema")

    def __init__(self, event_type: EventType, *, delivery: bool) -> None:
        self.event_type = event_type
        self.delivery = delivery
        self.schema: dict[str, Any] = delivery_schema(event_type.avro) if delivery else event_type.avro
        header = _HEADER.pack(_MAGIC, self.schema["x-id"])
        self._encode = compiled.encoder(event_type.record, header=header, everything=delivery)
        self._decode = compiled.decoder(event_type.record, everything=delivery)
        self._guard: Guard | None = None

    def encode(self, data: Mapping[str, Any]) -> bytes:
        """Wire bytes of *data*. A field the schema does not know is a fault, not something to leave out."""
        try:
            return self._encode(data)
        except compiled.FAULTS as error:
            # `from None`: the message may quote the datum, which may be anybody's name.
            what = type(error).__name__
            raise Unreadable("数据与其模式不符", f"{self.event_type.name}: the data do not fit: {what}") from None

    def decode(self, value: bytes) -> dict[str, Any]:
        """Data of wire bytes whose header has been read."""
        try:
            return self._decode(value, _HEADER.size)
        except compiled.FAULTS as error:
            what = type(error).__name__
            raise Unreadable("字节内容与其模式不符", f"{self.event_type.name}: the bytes do not fit: {what}") from None

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
