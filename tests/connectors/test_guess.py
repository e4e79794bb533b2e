"""The guess behind `hub connector new`: pure, explained, and never a traceback, whatever file it is given."""

from __future__ import annotations

import csv
import io
from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.guess import NotGuessed, Sketch, sketch
from connectors.guess.evidence import Setting
from connectors.guess.form import form_of
from connectors.guess.initials import initials
from connectors.guess.shapes import days, moments
from connectors.newcomer import NotMade, Wish, make, shipped_lexicon
from hub.canonical.catalogue import Catalogue
from hub.canonical.identifiers import uscc_check_char
from hub.reference import load

SAMPLES = Path(__file__).parents[1] / "cli/newcomers"
HEADINGS = (
    "序号", "检查编号", "企业名称", "统一社会信用代码", "检查日期", "检查结果", "是否立案", "整改期限", "案号", "案由", "罚款金额(万元)",
    "jcbh", "tyshxydm", "endTime", "result", "A.B", "报文类型", "", " ", "区县", "'=1", "{}", "检查人员", "执法证号", "备注",
)  # fmt: skip
CELLS = (
    "", "1", "2026-03-02", "2026/3/2 9:00", "合格", "不合格", "是", "否", "01", "张某、李某", "52010101、52010102", "A;B", "0.5", "=1+1",
    "91520102MA6TE5T17M", "GY-YJJ", "应急管理局", "贵阳市示例路1号", "\\", '"', "#", "𠮷", "520102", "x" * 70,
)  # fmt: skip


@cache
def setting() -> Setting:
    directory = load().directory
    return Setting(shipped_lexicon(), "GY-SCJGJ", {code: directory[code].name for code in directory.codes()})


@cache
def events() -> tuple[str, ...]:
    return tuple(name for name, rule in load().events.items() if rule.senders != ("HUB",) and name in Catalogue.load())


def guessed(name: str, value: bytes, event: str = "") -> Sketch:
    return sketch(name, value, setting(), events(), event)


def table(*rows: str, charset: str = "utf-8") -> bytes:
    return "\r\n".join(rows).encode(charset)


CODE = "91520102MA6TE5T17"
CODE += uscc_check_char(CODE)
RESULT = ("检查编号,统一社会信用代码,检查日期,检查事项编码,检查结果", f"JC-1,{CODE},2026-03-02,A-1,合格")


@pytest.mark.parametrize(
    ("title", "letters"),
    [
        ("检查计划编号", "jcjhbh"),
        ("统一社会信用代码", "tyshxydm"),
        ("场所编码", "csbm"),
        ("行政区划代码", "xzqhdm"),
        ("龘", ""),
    ],
)
def test_initials_are_those_that_systems_use(title: str, letters: str) -> None:
    assert initials(title) == letters


@pytest.mark.parametrize(
    ("value", "options"),
    [
        (table(*RESULT), {"kind": "csv", "charset": "utf-8"}),
        (b"\xef\xbb\xbf" + table(*RESULT), {"kind": "csv", "charset": "utf-8"}),
        (table(*RESULT, charset="gb18030"), {"kind": "csv", "charset": "gb18030"}),
        (table(*(row.replace(",", "\t") for row in RESULT)), {"kind": "tsv", "charset": "utf-8"}),
        (table(*(row.replace(",", ";") for row in RESULT)), {"kind": "csv", "charset": "utf-8", "delimiter": ";"}),
        (b'{"rows": [{"a": 1}, {"a": 2}]}', {"kind": "json", "batch": "rows"}),
        (b'[{"a": 1}]', {"kind": "json"}),
        (b'{"a": 1}\n{"a": 2}\n', {"kind": "jsonl"}),
        (b"<jcs><jc><bh>1</bh></jc><jc><bh>2</bh></jc></jcs>", {"kind": "xml", "root": "jcs", "record": "jc"}),
        ((SAMPLES / "入企登记表.xlsx").read_bytes(), {"kind": "xlsx", "header": 2}),
    ],
)
def test_the_form_is_told_from_the_bytes(value: bytes, options: dict[str, object]) -> None:
    assert form_of("x", value).options == options


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (b"", "空"),
        (b"\x00\x01\x02\xff", "不是文本"),
        (b"x" * (1024 * 1024 + 1), "KiB"),
        (table("检查结果汇总表", *RESULT), "第 2 行"),
        (table("1,2,3", "4,5,6"), "列名"),
        (b'{"total": 1, "data": [{"a": 1}]}', "total"),
        (b'{"a": 1, "a": 2}', "JSON"),
        (b'<!DOCTYPE a [<!ENTITY b "c">]><a><b>&b;</b></a>', "DOCTYPE"),
        (b"<a><b>", "XML"),
        (b"hello", "看不出"),
        (table("甲,乙,丙", "一,二,三"), "--event"),
    ],
)
def test_what_is_no_sample_is_refused_with_what_to_do(value: bytes, told: str) -> None:
    with pytest.raises(NotGuessed, match=told) as raised:
        guessed("x.csv", value)
    assert raised.value.en


def test_a_column_is_known_by_its_values_alone() -> None:
    value = table(RESULT[0].replace("统一社会信用代码", "甲乙丙"), RESULT[1])
    [part] = guessed("检查结果.csv", value).parts
    found = part.reading.match("uscc")
    assert found is not None
    assert found.column.path == "甲乙丙"
    assert "校验" in found.reason


def test_values_that_do_not_fit_overrule_a_name() -> None:
    """A wrong check digit would be refused for ever after: better asked than mapped."""
    made = guessed("检查结果.csv", table(RESULT[0], RESULT[1].replace(CODE, CODE[:-1] + "?")))
    assert made.parts[0].reading.match("uscc") is None
    assert "统一社会信用代码" in made.undecided


def test_codes_without_words_are_never_given_a_meaning() -> None:
    made = guessed("检查结果.csv", table(RESULT[0], RESULT[1].replace("合格", "1")))
    match = made.parts[0].reading.match("itemResults.result")
    assert match is not None
    assert not match.sure or "不认得" in match.reason


@pytest.mark.parametrize(
    ("texts", "patterns"),
    [
        (["2026-03-02"], ("%Y-%m-%d",)),
        (["2026/3/2", "2026/12/31"], ("%Y/%-m/%-d",)),
        (["20260302"], ("%Y%m%d",)),
        (["2026-03-02", "2026.3.2"], ("%Y.%-m.%-d", "%Y-%m-%d")),
        (["2026-02-30"], ()),
    ],
)
def test_patterns_read_every_day_or_none(texts: list[str], patterns: tuple[str, ...]) -> None:
    assert set(days(texts)) == set(patterns)


def test_instants_may_be_numbers() -> None:
    assert moments([1_772_413_200_000]) == ("epoch-millis",)
    assert moments(["2026年3月2日 9:05"]) == ("%Y年%-m月%-d日 %-H:%M",)


def made_or_refused(folder: Path, name: str, value: bytes, event: str = "") -> None:
    """The property: a connector whose mapping compiles, or a refusal that a person can read."""
    sample = folder / name
    sample.write_bytes(value)
    own = folder / "own"
    wish = Wish("x", "file", "GY-SCJGJ", "x", sample, event)
    refusal = None
    try:
        make(own, wish, setting().parties, events())
    except (NotGuessed, NotMade) as error:
        refusal = error
    try:
        assert (own / "x" / "mapping.yaml").is_file() != (refusal is not None)
        assert refusal is None or (refusal.zh and refusal.en)
    finally:
        for path in sorted(own.rglob("*"), reverse=True) if own.exists() else []:
            path.rmdir() if path.is_dir() else path.unlink()


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    header=st.lists(st.sampled_from(HEADINGS) | st.text(max_size=8), min_size=1, max_size=9),
    rows=st.lists(st.lists(st.sampled_from(CELLS), min_size=1, max_size=9), max_size=4),
    delimiter=st.sampled_from(",\t;|"),
    charset=st.sampled_from(["utf-8", "utf-8-sig", "gb18030", "utf-16"]),
    event=st.sampled_from(["", "inspection.result.recorded", "matter.decision.made", "inspection.plan.submitted"]),
)
def test_any_table_is_made_a_connector_or_refused(
    tmp_path: Path, header: list[str], rows: list[list[str]], delimiter: str, charset: str, event: str
) -> None:
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter)
    writer.writerow(header)
    writer.writerows((row * 9)[: len(header)] for row in rows)
    made_or_refused(tmp_path, "x.csv", out.getvalue().encode(charset, "replace"), event)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**40), 2**40) | st.sampled_from(CELLS),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(HEADINGS), inner, max_size=5),
    max_leaves=12,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(value=JSON | st.binary(max_size=200), event=st.sampled_from(["", "inspection.result.recorded"]))
def test_any_document_and_any_bytes_are_made_a_connector_or_refused(tmp_path: Path, value: object, event: str) -> None:
    import orjson

    made_or_refused(tmp_path, "x.json", value if isinstance(value, bytes) else orjson.dumps(value), event)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(at=st.integers(0, 4000), byte=st.integers(0, 255), sample=st.sampled_from(sorted(SAMPLES.iterdir())))
def test_a_damaged_sample_is_made_a_connector_or_refused(tmp_path: Path, at: int, byte: int, sample: Path) -> None:
    value = bytearray(sample.read_bytes())
    value[at % len(value)] = byte
    made_or_refused(tmp_path, sample.name, bytes(value))
