"""The reference against cases written by hand, and against each rule that the input breaks. One rule: Avro is read by another library."""

from __future__ import annotations

import hashlib
import json
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import UUID

import avro.io
import avro.schema
import pytest

from tests.bench.work.plans import BREAKS, plans
from tests.bench.work.reference import Accepted, Reference, Refused, Repeated

_NOW = datetime(2026, 6, 1, tzinfo=UTC)
_SCHEMAS = Path(__file__).parents[2] / "schemas/avro"
_PLAN: dict[str, Any] = {
    "报文类型": "检查计划报送",
    "报文编号": "ZD-2026-0000001",
    "执法单位": "GY-ZD-DD2",
    "内容": {
        "计划编号": "JH-2026-0000001",
        "报送时间": "2026-02-03 09:08:07",
        "版本号": 1,
        "检查机关": "GY-YJJ",
        "检查类型": "例行检查",
        "检查对象": {
            "主体类型": "企业",
            "名称": "贵阳贵黔化工有限公司",
            "统一社会信用代码": "91520100MA0000000M",
            "行政区划代码": "520102",
        },
        "场所编号": "S1",
        "事项清单": [{"事项目录": "AQSC", "代码": "AQ-101", "事项层级": "市级"}],
        "检查期限": {"起始日期": "2026年3月2日", "截止日期": "2026年3月11日"},
        "方式": "现场",
        "状态": "已报送",
        "是否不打招呼": "是",
    },
}
_UNITS = {"GY-ZD-DD2": "GY-YJJ", "GY-ZD-DD3": "GY-NYNCJ"}


def _record(number: int, unit: str = "GY-ZD-DD2", window: tuple[str, str] = ("2026年3月2日", "2026年3月11日")) -> bytes:
    record = deepcopy(_PLAN)
    record |= {"报文编号": f"ZD-2026-{number:07}", "执法单位": unit}
    record["内容"] |= {"计划编号": f"JH-2026-{number:07}", "检查机关": _UNITS[unit]}
    record["内容"]["检查期限"] = dict(zip(("起始日期", "截止日期"), window, strict=True))
    return json.dumps(record, ensure_ascii=False).encode()


def _accepted(reference: Reference, value: bytes) -> Accepted:
    outcome = reference.next(value)
    assert isinstance(outcome, Accepted), outcome
    return outcome


def _decoded(value: bytes) -> Any:
    """By the Apache library, with the blocks spelt out where they first stand."""
    blocks = {path.name.partition(".")[0]: json.loads(path.read_text()) for path in (_SCHEMAS / "blocks").iterdir()}

    def spelt(kind: Any) -> Any:
        if isinstance(kind, str) and kind in blocks:
            return spelt(blocks.pop(kind))
        if isinstance(kind, list):
            return [spelt(each) for each in kind]
        if isinstance(kind, dict):
            return {key: spelt(each) if key in ("type", "items", "fields") else each for key, each in kind.items()}
        return kind

    schema = spelt(json.loads((_SCHEMAS / "inspection.plan.submitted.v1.avsc").read_text()))
    parsed = avro.schema.make_avsc_object(schema)
    stream = BytesIO(value)
    read = avro.io.DatumReader(parsed).read(avro.io.BinaryDecoder(stream))
    assert stream.read() == b"", "bytes behind the datum"
    return read


def test_a_plan_is_mapped_named_and_encoded() -> None:
    accepted = _accepted(Reference(_NOW), _record(1))

    name = UUID("5b1f6a0e-6a3c-5f0e-9d55-3a52a1c0d751").bytes + b"GY-ZD\x1fce\x1fZD-2026-0000001"
    assert accepted.id == str(UUID(bytes=hashlib.sha1(name).digest()[:16], version=5))
    assert accepted.key == b"91520100MA0000000M"
    assert accepted.value[:5] == bytes.fromhex("00000003ea")
    assert {key: value for key, value in _decoded(accepted.value[5:]).items() if value is not None} == {
        "planId": "JH-2026-0000001",
        "submittedAt": "2026-02-03T09:08:07+08:00",
        "version": 1,
        "agency": "GY-YJJ",
        "type": "DAILY",
        "subject": {
            "subjectType": "ENT",
            "name": "贵阳贵黔化工有限公司",
            "uscc": "91520100MA0000000M",
            "idNo": None,
            "birthDate": None,
            "isMinor": None,
            "address": None,
            "divisionCode": "520102",
            "streetCode": None,
            "phone": None,
        },
        "siteCode": "S1",
        "items": [
            {"catalogue": "AQSC", "code": "AQ-101", "tier": "CITY", "name": None, "basis": None, "remoteCapable": None}
        ],
        "window": {"from": "2026-03-02", "to": "2026-03-11"},
        "mode": "ONSITE",
        "state": "SUBMITTED",
        "unannounced": True,
    }
    assert dict(accepted.headers) == {
        "ce_specversion": b"1.0",
        "content-type": b"application/avro",
        "ce_id": accepted.id.encode(),
        "ce_source": b"urn:guiyang:GY-ZD-DD2:brigade-json",
        "ce_type": b"cn.guiyang.hub.inspection.plan.submitted.v1",
        "ce_time": b"2026-02-03T09:08:07+08:00",
        "ce_subject": b"91520100MA0000000M",
    }


def test_overlaps_are_other_agencies_plans_that_share_a_day_in_the_order_of_acceptance() -> None:
    reference = Reference(_NOW)
    _accepted(reference, _record(1, "GY-ZD-DD3", ("2026年3月11日", "2026年3月20日")))  # shares the last day
    _accepted(reference, _record(2, "GY-ZD-DD3", ("2026年2月20日", "2026年3月2日")))  # shares the first
    _accepted(reference, _record(3, "GY-ZD-DD3", ("2026年3月12日", "2026年3月20日")))  # the day after
    _accepted(reference, _record(4))  # shares the agency
    assert isinstance(reference.next(_record(2, "GY-ZD-DD3", ("2026年2月20日", "2026年3月2日"))), Repeated)

    fifth = _accepted(reference, _record(5))

    assert dict(fifth.headers)["overlaps"] == b"JH-2026-0000001,JH-2026-0000002"


@pytest.mark.parametrize("rule", BREAKS)
def test_each_broken_rule_is_refused_for_its_own_reason(rule: str) -> None:
    reference = Reference(_NOW)

    assert reference.next(BREAKS[rule](_PLAN)) == Refused(rule)
    assert isinstance(reference.next(_record(1)), Accepted), "a refused record leaves no trace"


def test_the_future_begins_ten_minutes_after_the_record() -> None:
    submitted = datetime(2026, 2, 3, 1, 8, 7, tzinfo=UTC)

    assert isinstance(Reference(submitted - timedelta(minutes=10)).next(_record(1)), Accepted)
    assert Reference(submitted - timedelta(minutes=10, seconds=1)).next(_record(1)) == Refused("future")


@pytest.mark.parametrize(
    ("uscc", "right"), [("91440300708461136T", True), ("91440300708461136R", False), ("9144030070846113", False)]
)
def test_the_check_character_of_a_code_that_everybody_can_look_up(uscc: str, right: bool) -> None:
    value = _record(1).replace(b"91520100MA0000000M", uscc.encode())

    assert isinstance(Reference(_NOW).next(value), Accepted if right else Refused)


@pytest.mark.parametrize("value", [b'{"a": 1, "a": 1}', b"\xff", b'{"a": NaN}', b"[]", b""])
def test_json_is_strict(value: bytes) -> None:
    assert isinstance(Reference(_NOW).next(value), Refused)


def test_what_the_input_says_of_itself_is_what_comes() -> None:
    reference = Reference(_NOW)
    for sent in plans(3_000, enterprises=200):
        outcome = reference.next(sent.value)
        if sent.repeats:
            assert isinstance(outcome, Repeated)
        elif sent.breaks:
            assert outcome == Refused(sent.breaks)
        else:
            assert isinstance(outcome, Accepted)
            assert outcome.key == sent.key
