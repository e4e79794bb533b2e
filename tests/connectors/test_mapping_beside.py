"""Tables with one row for everything: no kind, lists beside their record, days without an hour; in both directions."""

from __future__ import annotations

from pathlib import Path

import pytest

from connectors.mapping import MappedDialect, MappingInvalid, compiled
from connectors.mapping.document import parse
from connectors.mapping.journey import journey
from connectors.protocol import Envelope, NotUnderstood

MAPPING = """
mapping: x@1
format: {kind: FORM}
frame: {kind: 类别, default: 入企, id: 编号}
shape: {flat: true}
formats: {date: ["%Y/%-m/%-d"]}
messages:
  inspection.visit.recorded:
    kind: 入企
    fields:
      uscc: 代码
      visitId: 编号
      startedAt: {from: 日期, as: date, at: '09:00:00'}
      agency: {const: GY-WJW}
      siteCode: {const: S1}
      purpose: {const: INSPECTION}
      officers: {each: '', part: 、}
      officers.name: 人员
      officers.certNo: 证号
    leave: [jointId, planId, endedAt, scannedAt, lateEntryReason, caseNo]
  '*': {kind: 通知, type: 类型, title: 名称, data: 内容}
"""
RECORD = {"编号": "R-1", "代码": "91520102MA6TE5T17M", "日期": "2026/3/2", "人员": "周某一、吴某二", "证号": "1、2"}
EVENT = {
    "uscc": "91520102MA6TE5T17M",
    "visitId": "R-1",
    "startedAt": "2026-03-02T09:00:00+08:00",
    "agency": "GY-WJW",
    "siteCode": "S1",
    "purpose": "INSPECTION",
    "officers": [{"name": "周某一", "certNo": "1"}, {"name": "吴某二", "certNo": "2"}],
}


def dialect(text: str = MAPPING, form: str = "csv") -> MappedDialect:
    path = Path("x/mapping.yaml")
    return compiled(parse(text.replace("FORM", form), path), path, "x")


@pytest.mark.parametrize("form", ["csv", "tsv", "xlsx"])
def test_a_row_without_a_kind_is_of_the_usual_one(form: str) -> None:
    [draft] = dialect(form=form).read(RECORD)
    assert (draft.type, draft.own_id, draft.data) == ("inspection.visit.recorded", "R-1", EVENT)


def test_what_is_written_is_read_again() -> None:
    spoken = dialect()
    record = spoken.write("inspection.visit.recorded", EVENT, Envelope("R-1", "GY-WJW"))
    assert record == {"类别": "入企", **RECORD}
    assert spoken.read(record)[0].data == EVENT


@pytest.mark.parametrize(
    "change",
    [
        {"startedAt": "2026-03-02T09:00:01+08:00"},
        {"officers": [{"name": "周、某", "certNo": "1"}, {"name": "吴某二", "certNo": "2"}]},
        {"officers": []},
    ],
)
def test_what_a_row_cannot_say_goes_out_as_a_notice(change: dict[str, object]) -> None:
    record = dialect().write("inspection.visit.recorded", EVENT | change, Envelope("R-1", "GY-WJW"))
    assert record is not None
    assert record["类别"] == "通知"
    assert dialect().read(record)[0].data == EVENT | change


def test_pieces_that_do_not_pair_are_not_understood() -> None:
    with pytest.raises(NotUnderstood, match="different numbers") as raised:
        dialect().read(RECORD | {"证号": "1"})
    assert raised.value.source in ("人员", "证号")


def test_one_entry_needs_no_separator() -> None:
    [draft] = dialect().read(RECORD | {"人员": "周某一", "证号": "1"})
    assert draft.data["officers"] == [{"name": "周某一", "certNo": "1"}]
    assert "officers" not in dialect().read({key: RECORD[key] for key in ("编号", "代码", "日期")})[0].data


def test_the_way_of_such_a_field_is_told() -> None:
    legs = {leg.source: leg.field for leg in journey(dialect(), RECORD) if leg.source}
    assert legs["日期"] == "startedAt"
    assert legs["人员"] == "officers[0].name"


@pytest.mark.parametrize("rule", ["{from: 日期, at: '09:00:00'}", "{from: 日期, as: date, at: '25:00:00'}"])
def test_an_hour_belongs_to_a_day(rule: str) -> None:
    with pytest.raises(MappingInvalid, match="at:"):
        dialect(MAPPING.replace("{from: 日期, as: date, at: '09:00:00'}", rule))


def test_a_column_is_still_taken_once() -> None:
    with pytest.raises(MappingInvalid, match="already taken"):
        dialect(MAPPING.replace("officers.certNo: 证号", "officers.certNo: 代码"))
