"""The walk over hostile bytes: each refused with the one typed error, quickly, and nothing good refused."""

from __future__ import annotations

import io
import time
from typing import Any

import fastavro
import pytest

from hub.wire.guard import DEEPEST, Guard, registration_faults
from hub.wire.unreadable import Unreadable


def varint(number: int) -> bytes:
    number = (number << 1) ^ (number >> 63)
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


NODE: Any = {"type": "record", "name": "Node", "fields": [{"name": "next", "type": ["null", "Node"]}]}
SELF: Any = {"type": "record", "name": "Self", "fields": [{"name": "all", "type": {"type": "array", "items": "Self"}}]}
EMPTY: Any = {"type": "array", "items": {"type": "record", "name": "Empty", "fields": []}}
NULLS: Any = {"type": "array", "items": "null"}
DECIMAL: Any = {"type": "bytes", "logicalType": "decimal", "precision": 38, "scale": 2}
ENUM: Any = {"type": "enum", "name": "E", "symbols": ["A", "B"]}
LONGS: Any = {"type": "array", "items": "long"}
STRINGS: Any = {"type": "map", "values": "string"}
NESTED: Any = "long"
for _ in range(DEEPEST + 1):
    NESTED = {"type": "array", "items": NESTED}

HOSTILE: list[tuple[str, Any, bytes]] = [
    ("recursive record, depth 1e5", NODE, b"\x02" * 100_000 + b"\x00"),
    ("recursive array, depth 1e5", SELF, b"\x02" * 100_000 + b"\x00" * 100_001),
    ("nested arrays", NESTED, b"\x02" * (DEEPEST + 2)),
    ("array of null, 1e8", NULLS, varint(100_000_000) + b"\x00"),
    ("array of null, 2^40", NULLS, varint(2**40) + b"\x00"),
    ("array of null, 10 001", NULLS, varint(10_001) + b"\x00"),
    ("array of null in blocks", NULLS, varint(6_000) * 2 + b"\x00"),
    ("array of empty records, 3e7", EMPTY, varint(30_000_000) + b"\x00"),
    ("decimal of 5 MB", DECIMAL, varint(5_000_000) + b"\x7f" * 5_000_000),
    ("decimal of 65 bytes", DECIMAL, varint(65) + b"\x7f" * 65),
    ("enum index -1", ENUM, varint(-1)),
    ("enum index 2", ENUM, varint(2)),
    ("union index -1", ["null", "string"], varint(-1)),
    ("union index 2", ["null", "string"], varint(2)),
    ("trailing bytes", "long", b"\x02" + b"\x00" * 4_000),
    ("string of 2^62", "string", varint(2**62)),
    ("string of 3 GiB", "string", varint(3 * 2**30)),
    ("string of -1", "string", varint(-1)),
    ("string of 64 KiB + 1", "string", varint(65_537) + b"a" * 65_537),
    ("bytes of 64 KiB + 1", "bytes", varint(65_537) + b"a" * 65_537),
    ("no UTF-8", "string", varint(2) + b"\xc3\x28"),
    ("lone surrogate", "string", varint(3) + b"\xed\xa0\x80"),
    ("endless varint", "long", b"\xff" * 100_000),
    ("varint of 11 bytes", "long", b"\x80" * 10 + b"\x00"),
    ("varint over 64 bits", "long", b"\xff" * 9 + b"\x7f"),
    ("truncated varint", "long", b"\x80"),
    ("no bytes", "long", b""),
    ("int over 32 bits", "int", varint(2**31)),
    ("boolean 2", "boolean", b"\x02"),
    ("short double", "double", b"\x00" * 7),
    ("more longs than bytes", LONGS, varint(9_000) + b"\x02" * 100),
    ("block longer than bytes", LONGS, varint(-1) + varint(2**40) + b"\x02\x00"),
    ("block of the wrong size", LONGS, varint(-1) + varint(2) + b"\x02\x00"),
    ("map with a bad key", STRINGS, varint(1) + varint(1) + b"\xff" + varint(0) + b"\x00"),
    ("1 MiB and more", "bytes", b"\x00" * (1024 * 1024 + 1)),
]


@pytest.mark.parametrize(("schema", "data"), [case[1:] for case in HOSTILE], ids=[case[0] for case in HOSTILE])
def test_hostile_bytes_are_refused_at_once(schema: Any, data: bytes) -> None:
    walk = Guard(schema)
    before = time.perf_counter()

    with pytest.raises(Unreadable):
        walk(data)

    assert time.perf_counter() - before <= 0.25


ALL: Any = {
    "type": "record",
    "name": "All",
    "namespace": "n",
    "fields": [
        {"name": "a", "type": {"type": "enum", "name": "E", "symbols": ["A", "B"]}},
        {"name": "b", "type": ["null", "E", {"type": "fixed", "name": "F", "size": 3}]},
        {"name": "c", "type": {"type": "map", "values": {"type": "array", "items": ["null", "double"]}}},
        {"name": "d", "type": DECIMAL},
        {"name": "e", "type": "n.F"},
        {"name": "f", "type": "float"},
        {"name": "g", "type": {"type": "string"}},
        {"name": "h", "type": "int"},
    ],
}


def test_good_bytes_of_every_kind_of_type_pass() -> None:
    from decimal import Decimal

    datum = {
        "a": "B",
        "b": b"abc",
        "c": {"中": [None, 1.5], "": []},
        "d": Decimal("-12.34"),
        "e": b"xyz",
        "f": 0.5,
        "g": "长" * 9_000,
        "h": -(2**31),
    }
    out = io.BytesIO()
    fastavro.schemaless_writer(out, fastavro.parse_schema(ALL), datum)

    Guard(ALL)(out.getvalue())


def test_blocks_that_say_their_size_pass() -> None:
    Guard(LONGS)(varint(-2) + varint(2) + b"\x02\x04" + varint(1) + b"\x06" + b"\x00")


def test_a_list_as_long_as_may_be_passes() -> None:
    Guard(LONGS)(varint(10_000) + b"\x02" * 10_000 + b"\x00")


def test_a_recursive_schema_passes_as_deep_as_may_be() -> None:
    Guard(NODE)(b"\x02" * (DEEPEST - 1) + b"\x00")


@pytest.mark.parametrize(
    ("schema", "fault"),
    [
        (NODE, "inside itself"),
        (SELF, "inside itself"),
        (NULLS, "take no bytes"),
        (EMPTY, "take no bytes"),
        (NESTED, "deeper"),
        ({**DECIMAL, "precision": 39}, "digits"),
        ("Unheard", "not defined"),
        (
            {"type": "record", "name": "R", "fields": [{"name": f"f{i}", "type": "long"} for i in range(501)]},
            "500 fields",
        ),
    ],
)
def test_what_the_walk_could_not_make_safe_is_not_registered(schema: Any, fault: str) -> None:
    assert any(fault in found for found in registration_faults(schema))


def test_ordinary_schemas_are_registered() -> None:
    assert registration_faults(ALL) == []
    assert registration_faults(LONGS) == []
