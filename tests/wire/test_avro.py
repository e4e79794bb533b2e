"""The same bytes as Apache Avro and fastavro, and back to the same data, for every event type."""

from __future__ import annotations

import io
import struct
from functools import cache
from typing import Any

import avro.io
import avro.schema
import fastavro
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub.canonical.catalogue import Catalogue
from hub.canonical.refused import Refused
from hub.wire.avro import codec_for, decode, decode_foreign, encode, encode_delivery, is_delivery
from hub.wire.registry import schema_text
from hub.wire.unreadable import Unreadable
from hub.wire.view import delivery_schema
from tests.wire.samples import DT, USCC, data_of

CATALOGUE = Catalogue.load()
FEW = settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck), database=None)
CASES = settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck), database=None)


@cache
def apache(name: str, delivery: bool) -> Any:
    schema = CATALOGUE[name].avro
    return avro.schema.parse(schema_text(delivery_schema(schema) if delivery else schema))


def apache_reads(name: str, value: bytes, *, delivery: bool = False) -> Any:
    schema = apache(name, delivery)
    source = io.BytesIO(value[5:])
    data = avro.io.DatumReader(schema, schema).read(avro.io.BinaryDecoder(source))
    assert source.read() == b""
    return without_nulls(data)


def apache_writes(name: str, data: dict[str, Any]) -> bytes:
    out = io.BytesIO()
    avro.io.DatumWriter(apache(name, False)).write(data, avro.io.BinaryEncoder(out))
    return struct.pack(">bI", 0, CATALOGUE[name].schema_id) + out.getvalue()


def without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: without_nulls(each) for name, each in value.items() if each is not None}
    return [without_nulls(each) for each in value] if isinstance(value, list) else value


@pytest.mark.parametrize("name", CATALOGUE)
def test_apache_avro_reads_what_is_written_here_and_the_other_way_round(name: str) -> None:
    @FEW
    @given(data_of(CATALOGUE[name]))
    def both_ways(data: dict[str, Any]) -> None:
        value = encode(name, data)

        assert apache_reads(name, value) == data
        assert decode(value) == (name, data)
        assert decode_foreign(apache_writes(name, data)) == (name, data)

    both_ways()


@CASES
@given(st.data())
def test_fastavro_writes_the_same_bytes(draw: Any) -> None:
    name = draw.draw(st.sampled_from(sorted(CATALOGUE)))
    data = draw.draw(data_of(CATALOGUE[name]))
    out = io.BytesIO()
    fastavro.schemaless_writer(out, fastavro.parse_schema(CATALOGUE[name].avro), data)

    assert encode(name, data)[5:] == out.getvalue()


def torn(data: Any, draw: Any) -> Any:
    """*data* with some fields left out at every depth, as a projection leaves it."""
    if isinstance(data, dict):
        return {name: torn(value, draw) for name, value in data.items() if draw.draw(st.booleans())}
    return [torn(value, draw) for value in data] if isinstance(data, list) else data


@CASES
@given(st.data())
def test_a_delivery_keeps_whatever_the_projection_left(draw: Any) -> None:
    name = draw.draw(st.sampled_from(sorted(CATALOGUE)))
    data = torn(draw.draw(data_of(CATALOGUE[name])), draw)
    value = encode_delivery(name, data)

    assert int.from_bytes(value[1:5], "big") == CATALOGUE[name].schema_id + 100_000
    assert is_delivery(value)
    assert decode(value) == (name, data)
    assert apache_reads(name, value, delivery=True) == data


def test_the_wire_format_byte_by_byte() -> None:
    value = encode("inspection.code.requested", {"uscc": USCC, "planId": "P1", "requestedAt": DT})

    assert (
        value
        == (
            b"\x00" + b"\x00\x00\x03\xef"  # magic, id 1007
            b"\x24" + USCC.encode() + b"\x00"  # no jointId
            b"\x02\x04P1"  # the second branch: planId
            b"\x32" + DT.encode()
        )
    )


def test_absent_and_null_are_written_alike_and_read_as_absent() -> None:
    with_null = {"uscc": USCC, "jointId": None, "planId": "P1", "requestedAt": DT}

    assert "jointId" not in decode(encode("inspection.code.requested", with_null))[1]


@pytest.mark.parametrize(
    "data",
    [
        {"uscc": USCC, "planId": "P1"},
        {"uscc": USCC, "planId": "P1", "requestedAt": DT, "mystery": 1},
        {"uscc": USCC, "planId": 7, "requestedAt": DT},
        {"uscc": USCC, "planId": "\ud800", "requestedAt": DT},
    ],
)
def test_data_that_do_not_fit_are_a_typed_error(data: dict[str, Any]) -> None:
    with pytest.raises(Unreadable):
        encode("inspection.code.requested", data)


GOOD = encode(
    "matter.evidence.held", {"correlationId": "M", "caseNo": "C", "heldAt": DT, "items": [{"name": "n", "qty": 1}]}
)


@pytest.mark.parametrize(
    "value",
    [
        b"",
        b"\x00\x00\x00",
        GOOD[:5],
        GOOD + b"\x00",
        b"\x01" + GOOD[1:],
        b"\x00\xff\xff\xff\xff" + GOOD[5:],
        b"\x00\x00\x00\x00\x00" + GOOD[5:],
        *(GOOD[:cut] for cut in range(5, len(GOOD))),
    ],
)
def test_bytes_that_are_not_what_they_claim_are_one_typed_error(value: bytes) -> None:
    for read in (decode, decode_foreign):
        with pytest.raises(Unreadable) as refused:
            read(value)

        assert isinstance(refused.value, Refused)
        assert refused.value.code == "INVALID_FIELD"


def test_a_party_may_not_send_a_delivery() -> None:
    with pytest.raises(Unreadable, match="delivery"):
        decode_foreign(encode_delivery("matter.evidence.held", {}))


def test_made_up_ids_are_not_remembered() -> None:
    for number in range(2_000, 2_200):
        with pytest.raises(Unreadable):
            codec_for(struct.pack(">bI", 0, number))


@CASES
@given(st.data())
def test_any_bytes_are_data_or_one_typed_error(draw: Any) -> None:
    event_type = CATALOGUE[draw.draw(st.sampled_from(sorted(CATALOGUE)))]
    header = struct.pack(">bI", 0, event_type.schema_id)
    value = bytearray(encode(event_type.name, draw.draw(data_of(event_type))))
    for _ in range(draw.draw(st.integers(1, 4))):
        value[draw.draw(st.integers(5, len(value) - 1))] = draw.draw(st.integers(0, 255))
    for bad in (bytes(value), header + draw.draw(st.binary(max_size=200))):
        try:
            name, data = decode_foreign(bad)
        except Unreadable:
            continue
        assert decode(encode(name, data)) == (name, data)
