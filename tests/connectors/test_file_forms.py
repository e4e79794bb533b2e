"""Every form a file may have: read alike, row by row, and harmless when made to harm."""

from __future__ import annotations

import hashlib
import io
import stat
import tempfile
import time
import tracemalloc
import zipfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import orjson
import pytest
from openpyxl import Workbook

from connectors import formats
from connectors.filedrop.parts import parted
from connectors.formats import archive, limits, make
from connectors.protocol import NotUnderstood, Row
from tests.connectors.log import Log, taking
from tests.connectors.test_filedrop import SAMPLE, dropped, left, names, until

PEOPLE = [{"名称": "筑城饭店", "代码": "0012"}, {"名称": "南明超市", "代码": "0013"}]
TABLE = "名称,代码\r\n筑城饭店,0012\r\n南明超市,0013\r\n"


@contextmanager
def on_disk(value: bytes) -> Iterator[Any]:
    with tempfile.TemporaryFile() as file:
        file.write(value)
        file.seek(0)
        yield file


def read(kind: dict[str, Any], name: str, value: bytes) -> list[Row]:
    with on_disk(value) as file:
        return list(formats.rows(formats.for_file(make(kind), name), file))


def packed(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for name, value in files.items():
            target.writestr(name, value)
    return out.getvalue()


def workbook(rows: list[list[Any]]) -> bytes:
    book = Workbook()
    for row in rows:
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


ROWS = 20_000
CSV, JSON = {"kind": "csv"}, {"kind": "json", "batch": "list"}
TABLES = {
    "GB18030": ("a.csv", TABLE.encode("gb18030")),
    "GB18030 with its mark": ("a.csv", ("\ufeff" + TABLE).encode("gb18030")),
    "UTF-8 with its mark": ("a.csv", ("\ufeff" + TABLE).encode()),
    "UTF-8 without a mark": ("a.csv", TABLE.encode()),
    "UTF-16, as spreadsheets save text": ("a.txt", TABLE.replace(",", "\t").encode("utf-16")),
    "TSV": ("a.TSV", TABLE.replace(",", "\t").encode("gb18030")),
    "XLSX": ("a.xlsx", make({"kind": "xlsx"}).encode(PEOPLE)),
}


@pytest.mark.parametrize("name", TABLES)
def test_a_table_is_the_same_in_every_form(name: str) -> None:
    file, value = TABLES[name]

    assert [(row.number, row.record) for row in read(CSV, file, value)] == list(enumerate(PEOPLE, 1))


def test_json_lines_are_the_records_of_json() -> None:
    lines = orjson.dumps(PEOPLE[0]) + b"\n\n{torn\n" + orjson.dumps(PEOPLE[1])

    assert [row.record for row in read(JSON, "a.jsonl", lines)] == [PEOPLE[0], None, PEOPLE[1]]
    assert [row.record for row in read({"kind": "jsonl"}, "a.json", orjson.dumps(PEOPLE))] == PEOPLE


class TestWorkbooks:
    def test_cells_are_told_as_a_person_sees_them(self) -> None:
        import datetime

        value = workbook(
            [
                ["甲", "乙", "丙", "丁"],
                [1200, 0.1, datetime.datetime(2026, 3, 9, 8, 30), True],
                [],
                ["x", None, None, 1],
            ]
        )

        rows = read(CSV, "a.xlsx", value)

        assert [row.record for row in rows] == [
            {"甲": "1200", "乙": "0.1", "丙": "2026-03-09 08:30:00", "丁": "TRUE"}, {"甲": "x", "丁": "1"},
        ]  # fmt: skip
        assert [row.number for row in rows] == [1, 3]

    def test_the_old_form_is_read_too(self) -> None:
        """XLS, as a spreadsheet of 2003 writes it."""
        rows = read(CSV, "a.xls", (Path(__file__).parent / "files/plans.xls").read_bytes())

        assert [row.record for row in rows] == [
            {"名称": "筑城饭店", "代码": "0012", "日期": "2026-03-09"}, {"名称": "南明超市", "代码": "13.5"},
        ]  # fmt: skip

    def test_a_formula_and_a_number_that_lost_digits_cost_their_rows(self) -> None:
        """What a formula gives is the spreadsheet's opinion; an 18-digit number has been rounded."""
        value = workbook([["号", "值"], ["a", "1"], ["b", "=1+1"], ["c", 520102199001011234], ["d", "2"]])

        rows = read(CSV, "a.xlsx", value)

        assert [row.record and row.record["号"] for row in rows] == ["a", None, None, "d"]
        assert "公式" in str(rows[1].error and rows[1].error.detail)
        assert "15" in str(rows[2].error and rows[2].error.detail)

    def test_what_is_written_is_text_and_the_same_bytes_again(self) -> None:
        form = make({"kind": "xlsx"})
        records = [{"a": "=cmd|' /C calc'!A0", "b": "-1"}]

        assert form.encode(records) == form.encode(records)
        assert form.decode(form.encode(records))[0].record == records[0]
        logged = formats.logged(form)
        assert form.decode(logged.encode(records))[0].record == records[0]

    def test_a_bomb_and_a_liar_are_refused_in_time(self) -> None:
        sheet = b"<worksheet>" + b"<c/>" * 20_000_000
        for value in (
            packed({"xl/workbook.xml": b"<workbook/>", "xl/worksheets/sheet1.xml": sheet}),
            b"PK\x03\x04junk",
            b"\xd0\xcf\x11\xe0" + b"\x00" * 600,
            packed({"[Content_Types].xml": b"<x/>"}),
        ):
            started = time.monotonic()
            with pytest.raises(NotUnderstood):
                read(CSV, "a.xls", value)
            assert time.monotonic() - started < 10


def symlink() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as target:
        link = zipfile.ZipInfo("a.csv")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        target.writestr(link, "/etc/passwd")
    return out.getvalue()


def lying() -> bytes:
    """An archive whose headers say ten bytes where there are three hundred million."""
    value = bytearray(packed({"a.csv": b"\x00" * 300_000_000}))
    at = value.rfind(b"PK\x01\x02")
    value[at + 24 : at + 28] = (10).to_bytes(4, "little")
    return bytes(value)


HOSTILE: dict[str, Callable[[], bytes]] = {
    "a name above": lambda: packed({"../../a.csv": b"a\n1\n"}),
    "a name from the root": lambda: packed({"/etc/a.csv": b"a\n1\n"}),
    "a name with backslashes": lambda: packed({"..\\a.csv": b"a\n1\n"}),
    "a drive": lambda: packed({"C:a.csv": b"a\n1\n"}),
    "a link": symlink,
    "a bomb": lambda: packed({"a.csv": b"a" * 300_000_000}),
    "a bomb that lies": lying,
    "an archive inside": lambda: packed({"b.zip": packed({"a.csv": b"a\n1\n"})}),
    "101 files": lambda: packed({f"{n}.csv": b"a\n1\n" for n in range(101)}),
    "nothing": lambda: packed({}),
    "no archive": lambda: b"PK\x03\x04",
    "another kind of file": lambda: packed({"a.exe": b"MZ"}),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_an_archive_made_to_harm_is_refused(name: str, tmp_path: Path) -> None:
    value = HOSTILE[name]()
    started = time.monotonic()

    with pytest.raises(NotUnderstood), on_disk(value) as file, ExitStack() as keep:
        parted(file, "a.zip", "d", make(CSV), tmp_path, keep)

    assert time.monotonic() - started < 10
    assert list(tmp_path.iterdir()) == []


def test_names_from_chinese_windows_are_read(tmp_path: Path) -> None:
    value = packed({"x" * 4 + ".csv": b"a\n1\n"}).replace(b"xxxx.csv", "计划".encode("gb18030") + b".csv")

    with on_disk(value) as file:
        [member] = archive.members(file, tmp_path)
    with member.file:
        assert member.name == "计划.csv"


class TestTheInbox:
    async def test_an_archive_is_its_files_and_each_row_has_its_report(self, tmp_path: Path) -> None:
        connector, producer = dropped(tmp_path), Log()
        lines = SAMPLE.read_bytes().split(b"\r\n")
        bad = b"\r\n".join([lines[0], b"torn,row", b""])
        (tmp_path / "inbox/jh.zip").write_bytes(packed({"jh/a.csv": SAMPLE.read_bytes(), "b.csv": bad}))

        async with taking(connector, producer):
            await until(lambda: "jh.zip" in names(tmp_path / "done"))

        assert len(producer.records) == 4
        [reason] = orjson.loads((tmp_path / "err/jh.zip.reason.json").read_bytes())["rows"]
        assert (reason["file"], reason["row"]) == ("b.csv", 1)
        assert names(tmp_path / ".work") == []

    async def test_a_file_must_be_what_its_manifest_says(self, tmp_path: Path) -> None:
        """Taken when it is, refused when it is not; the manifest goes where the file goes."""
        connector, producer = dropped(tmp_path), Log()
        digest = hashlib.sha256(SAMPLE.read_bytes()).hexdigest()
        said = {"file": "a.csv", "bytes": len(SAMPLE.read_bytes()), "sha256": digest}
        inbox = tmp_path / "inbox"
        (inbox / "a.csv.manifest.json").write_bytes(orjson.dumps(said))
        (inbox / "b.csv.manifest.json").write_bytes(orjson.dumps({**said, "file": "b.csv", "bytes": 1}))
        for name in ("a.csv", "b.csv"):
            (inbox / name).write_bytes(SAMPLE.read_bytes())

        async with taking(connector, producer):
            await until(lambda: names(inbox) == left(tmp_path / ".work") == [])

        assert len(producer.records) == 4
        assert names(tmp_path / "done") == ["a.csv", "a.csv.manifest.json", "a.csv.receipt.json"]
        assert names(tmp_path / "err") == ["b.csv", "b.csv.manifest.json", "b.csv.reason.json"]
        assert names(inbox) == []

    async def test_a_manifest_that_is_no_plain_file_is_not_read(self, tmp_path: Path) -> None:
        """A link, a folder: its file is refused, the others go on, and what lies there is left to its sender."""
        connector, producer = dropped(tmp_path), Log()
        inbox = tmp_path / "inbox"
        (tmp_path / "elsewhere").write_bytes(b"{}")
        (inbox / "a.csv.manifest.json").symlink_to(tmp_path / "elsewhere")
        (inbox / "b.csv.manifest.json").mkdir()
        for name in ("a.csv", "b.csv", "c.csv"):
            (inbox / name).write_bytes(SAMPLE.read_bytes())

        async with taking(connector, producer):
            await until(lambda: "c.csv" in names(tmp_path / "done"))

        assert names(tmp_path / "err") == ["a.csv", "a.csv.reason.json", "b.csv", "b.csv.reason.json"]
        assert len(producer.records) == 4
        assert (tmp_path / "elsewhere").read_bytes() == b"{}"

    async def test_a_row_that_is_not_in_the_charset_costs_only_itself(self, tmp_path: Path) -> None:
        connector, producer = dropped(tmp_path), Log()
        lines = SAMPLE.read_bytes().split(b"\r\n")
        lines[2] = lines[2][:-1] + b"\xff"
        (tmp_path / "inbox/jh.csv").write_bytes(b"\r\n".join(lines))

        async with taking(connector, producer):
            await until(lambda: "jh.csv" in names(tmp_path / "done"))

        assert len(producer.records) == 3


def test_a_line_without_end_is_refused() -> None:
    with pytest.raises(NotUnderstood):
        read(CSV, "a.csv", b"a\n" + b"x" * (limits.LINE_BYTES + 2))


async def test_a_long_file_is_never_held_in_memory(tmp_path: Path) -> None:
    """One file: every good row once, the broken ones cost only themselves, the file is never held in memory."""
    header, row = SAMPLE.read_bytes().split(b"\r\n")[:2]
    with (tmp_path / "rows.csv").open("wb") as file:
        file.write(header + b"\r\n")
        for number in range(ROWS):
            own = row.replace(b"RSJ0001", f"R{number:06}".encode())
            file.write((b"torn" if number % 200 == 7 else own) + b"\r\n")
    connector = dropped(tmp_path)
    (tmp_path / "rows.csv").rename(tmp_path / "inbox/rows.csv")
    seen: list[tuple[int, int]] = []
    connector.source._progress = lambda _, done, total: seen.append((done, total))  # type: ignore[union-attr]
    count = peak = 0

    tracemalloc.start()
    async for batch in connector.source.deliveries():  # type: ignore[union-attr]
        count += len(batch)
        for delivery in batch:
            await delivery.settle(None)
        peak = max(peak, tracemalloc.get_traced_memory()[1])
        if count == ROWS - 100:
            break
    tracemalloc.stop()

    assert (count, seen[-1][1]) == (ROWS - 100, ROWS)
    assert seen == sorted(seen)
    assert peak < 16 * 1024 * 1024
