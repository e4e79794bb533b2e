"""A decoder of our own for Avro with the Confluent header, from the schema files.

One rule: all bytes are used. A value that is cut short or has something behind it is `Unreadable`.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

_DELIVERY = 100_000  #: a delivery's id is its event's plus this; every field of it may be absent
Read = Callable[[bytes, int], tuple[Any, int]]


class Unreadable(ValueError):
    """The bytes do not follow the schema they name."""


class Decoder:
    """Reads values by the id in their header."""

    def __init__(self, folder: Path) -> None:
        self._schemas: dict[int, dict[str, Any]] = {}
        self._blocks: dict[str, dict[str, Any]] = {}
        self._readers: dict[int, Read] = {}
        for path in (*folder.glob("*.avsc"), *folder.glob("blocks/*.avsc")):
            schema = json.loads(path.read_text())
            if "x-id" in schema:
                self._schemas[schema["x-id"]] = schema
            else:
                self._blocks[schema["name"]] = schema

    def __call__(self, value: bytes) -> tuple[str, dict[str, Any]]:
        """Short type and data."""
        if len(value) < 5 or value[0] != 0:
            raise Unreadable("no header")
        (number,) = struct.unpack_from(">I", value, 1)
        schema = self._schemas.get(number if number < _DELIVERY else number - _DELIVERY)
        if schema is None:
            raise Unreadable(f"schema {number} is unknown")
        reader = self._readers.get(number)
        if reader is None:
            reader = self._readers[number] = self._reader(schema, number > _DELIVERY)
        try:
            data, end = reader(value, 5)
        except (IndexError, UnicodeDecodeError, struct.error) as error:
            raise Unreadable(str(error)) from None
        if end != len(value):
            raise Unreadable(f"{len(value) - end} bytes left over")
        return schema["x-type"], data

    def _reader(self, schema: Any, optional: bool) -> Read:
        if isinstance(schema, str):
            return _PRIMITIVES[schema] if schema in _PRIMITIVES else self._reader(self._blocks[schema], optional)
        if isinstance(schema, list):
            return _union([self._reader(branch, optional) for branch in schema])
        if schema["type"] == "array":
            return _array(self._reader(schema["items"], optional))
        if schema["type"] == "record":
            return _record([(each["name"], self._field(each["type"], optional)) for each in schema["fields"]])
        return self._reader(schema["type"], optional)

    def _field(self, schema: Any, optional: bool) -> Read:
        reader = self._reader(schema, optional)
        return reader if isinstance(schema, list) or not optional else _union([_null, reader])


def _null(data: bytes, at: int) -> tuple[None, int]:
    return None, at


def _long(data: bytes, at: int) -> tuple[int, int]:
    shift = result = 0
    while True:
        byte = data[at]
        at += 1
        result |= (byte & 0x7F) << shift
        if byte < 0x80:
            return (result >> 1) ^ -(result & 1), at
        shift += 7


def _boolean(data: bytes, at: int) -> tuple[bool, int]:
    return data[at] == 1, at + 1


def _string(data: bytes, at: int) -> tuple[str, int]:
    size, at = _long(data, at)
    if size < 0 or at + size > len(data):
        raise Unreadable("a text is longer than the value")
    return data[at : at + size].decode(), at + size


_PRIMITIVES: dict[str, Read] = {"null": _null, "long": _long, "int": _long, "boolean": _boolean, "string": _string}


def _union(branches: list[Read]) -> Read:
    def read(data: bytes, at: int) -> tuple[Any, int]:
        branch, at = _long(data, at)
        if not 0 <= branch < len(branches):
            raise Unreadable("no such branch")
        return branches[branch](data, at)

    return read


def _array(item: Read) -> Read:
    def read(data: bytes, at: int) -> tuple[list[Any], int]:
        found: list[Any] = []
        while True:
            count, at = _long(data, at)
            if count == 0:
                return found, at
            if count < 0:
                count = -count
                _, at = _long(data, at)
            for _ in range(count):
                one, at = item(data, at)
                found.append(one)

    return read


def _record(fields: list[tuple[str, Read]]) -> Read:
    def read(data: bytes, at: int) -> tuple[dict[str, Any], int]:
        found: dict[str, Any] = {}
        for name, reader in fields:
            value, at = reader(data, at)
            if value is not None:
                found[name] = value
        return found, at

    return read
