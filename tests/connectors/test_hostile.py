"""Files made to do harm: each is refused with a reason, quickly."""

from __future__ import annotations

import time

import pytest

from connectors import registry
from connectors.formats import limits, make
from connectors.protocol import NotUnderstood

ENTITIES = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 12))
BOMB = f'<!DOCTYPE BWJ [<!ENTITY a0 "lol">{ENTITIES}]><BWJ><BW BWLX="&a11;">&a11;</BW></BWJ>'

HOSTILE = {
    "billion laughs": ("gongan-xml", BOMB.encode()),
    "billion laughs in UTF-16": ("gongan-xml", BOMB.encode("utf-16")),
    "external entity": (
        "gongan-xml",
        b'<!DOCTYPE BWJ [<!ENTITY x SYSTEM "file:///etc/passwd">]><BWJ><BW>&x;</BW></BWJ>',
    ),
    "external DTD": ("gongan-xml", b'<!DOCTYPE BWJ SYSTEM "http://127.0.0.1:1/x.dtd"><BWJ/>'),
    "deep XML": ("gongan-xml", b"<a>" * 100_000),
    "wide XML": ("swj-xml", b"<ShuJuBao>" + b"<YeWu/>" * 100_001 + b"</ShuJuBao>"),
    "another root": ("swj-xml", b"<html/>"),
    "no XML": ("swj-xml", b"\x00\x01"),
    "NUL in CSV": ("rsj-csv", b"BWLX,BWBH\r\nJCJH,\x00\r\n"),
    "huge cell": ("rsj-csv", b"BWLX\r\n" + b"x" * (limits.CSV_FIELD + 1) + b"\r\n"),
    "201 columns": ("rsj-csv", ",".join(f"c{n}" for n in range(201)).encode()),
    "column twice": ("rsj-csv", b"BWLX,BWLX\r\n1,2\r\n"),
    "not GB18030": ("rsj-csv", b"BWLX\r\n\xff\xff\r\n"),
    "empty CSV": ("rsj-csv", b""),
    "torn quotes": ("rsj-csv", b"BWLX\r\n" + b'"\r\n' * 20_000),
    "name twice": ("yjj-json", '{"报文类型":"a","报文类型":"b"}'.encode()),
    "NaN": ("yjj-json", b'{"a":NaN}'),
    "deep JSON": ("yjj-json", b"[" * 100_000),
    "deep object": ("yjj-json", b'{"a":' * 40 + b"1" + b"}" * 40),
    "large JSON": ("yjj-json", b'["' + b"x" * limits.JSON_BYTES + b'"]'),
    "lone surrogate": ("yjj-json", b'{"a":"\\ud800"}'),
    "number": ("yjj-json", b"1"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_it_is_refused_with_a_reason(name: str) -> None:
    dialect, value = HOSTILE[name]
    started = time.perf_counter()

    with pytest.raises(NotUnderstood) as caught:
        registry.read(dialect, value)

    assert caught.value.as_reason()["code"] == "INVALID_FIELD"
    assert time.perf_counter() - started < 3.0


def test_a_broken_row_costs_only_itself() -> None:
    """A torn quote and a missing cell do not take their neighbours with them."""
    rows = make({"kind": "csv"}).decode(b'a,b\r\n1,2\r\n"x,3\r\n4\r\n5,6\r\n')

    assert [row.record for row in rows] == [{"a": "1", "b": "2"}, None, None, {"a": "5", "b": "6"}]


def test_a_cell_that_a_spreadsheet_would_compute_is_written_harmless() -> None:
    """And comes back as it was."""
    form = make({"kind": "csv"})
    records = [{"a": "=cmd|' /C calc'!A0", "b": "-1", "c": "'=x", "d": "'x"}]

    value = form.encode(records)

    assert b"\r\n'=cmd" in value
    assert form.decode(value)[0].record == records[0]


def test_a_detail_without_its_record_is_its_own_error() -> None:
    form = registry.system("swj-xml").format

    rows = form.decode(b'<ShuJuBao><YeWu YeWuHao="1"/><MingXi YeWuHao="1" a="x"/><MingXi YeWuHao="2"/></ShuJuBao>')

    assert [row.record for row in rows] == [{"@YeWuHao": "1", "MingXi": [{"@a": "x"}]}, None]


def test_a_file_may_begin_with_the_mark_of_utf8() -> None:
    """Spreadsheets write it."""
    rows = make({"kind": "csv", "charset": "gb18030"}).decode("\ufeffa\r\n筑\r\n".encode())

    assert rows[0].record == {"a": "筑"}
