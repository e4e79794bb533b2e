"""The work that the Python peers share, against the rules of the bench's page: a wrong peer would make every ratio wrong.

The one rule: expectations are computed here from the sender's own record, never by the code under test.
"""

from __future__ import annotations

import io
import json
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

import fastavro
import pytest

from tests.bench.peers.python import work
from tests.bench.work.plans import BREAKS, UNITS, Sent, plans

#: 2026-11-22 08:00:00 in Beijing: after every plan that the bench sends.
TAKEN_MS = 1_795_305_600_000
AVRO = Path("schemas/avro")
NAMESPACE = UUID("5b1f6a0e-6a3c-5f0e-9d55-3a52a1c0d751")


@pytest.fixture(scope="module")
def sent() -> list[Sent]:
    return list(plans(20_000, enterprises=500))


def record(**changes: Any) -> dict[str, Any]:
    """A faultless record, with *changes* to its body."""
    first = next(one for one in plans(10) if not one.breaks)
    plan = json.loads(first.value)
    plan["内容"] |= changes
    return plan


def written(plan: dict[str, Any]) -> bytes:
    return json.dumps(plan, ensure_ascii=False).encode()


def decoded(value: bytes) -> dict[str, Any]:
    """The event in *value*, read with the schema as the repository has it."""
    named: dict[str, Any] = {}
    for block in ("Officer", "Approver", "Item", "Subject", "Window"):
        fastavro.parse_schema(json.loads((AVRO / "blocks" / f"{block}.v1.avsc").read_text()), named)
    schema = fastavro.parse_schema(json.loads((AVRO / "inspection.plan.submitted.v1.avsc").read_text()), named)
    assert value[:5] == b"\x00\x00\x00\x03\xea"
    event = fastavro.schemaless_reader(io.BytesIO(value[5:]), schema)
    assert isinstance(event, dict)
    return event


def test_units_are_those_of_the_plans() -> None:
    assert work.UNITS == UNITS


def test_every_way_of_breaking_a_rule_is_refused_and_nothing_else_is(sent: list[Sent]) -> None:
    refused = set()
    for one in sent:
        try:
            work.read(one.value, TAKEN_MS)
        except work.Refused:
            assert one.breaks
            refused.add(one.breaks)
        else:
            assert not one.breaks
    assert refused == set(BREAKS)


@pytest.mark.parametrize(
    "changes",
    [
        {"版本号": True},
        {"版本号": 1.0},
        {"版本号": 2**63},
        {"版本号": "1"},
        {"报送时间": "2026-02-30 08:00:00"},
        {"报送时间": "2026-02-01T08:00:00"},
        {"报送时间": "2026-02-01 08:00"},
        {"报送时间": "2026-W05-1 08:00:00"},
        {"是否不打招呼": True},
        {"是否不打招呼": "yes"},
        {"计划编号": None},
        {"计划编号": 7},
        {"事项清单": [{"事项目录": "AQSC", "代码": "AQ-1", "事项层级": "省级"}]},
        {"事项清单": [{"事项目录": "AQSC", "代码": "AQ-1", "事项层级": "市级", "备注": ""}]},
        {"检查期限": {"起始日期": "2026-03-02", "截止日期": "2026年3月9日"}},
        {"场所编号": "机密★"},
    ],
    ids=str,
)
def test_what_is_not_exactly_the_dialect_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(work.Refused):
        work.read(written(record(**changes)), TAKEN_MS)


def test_a_marking_written_with_escapes_is_found() -> None:
    escaped = json.dumps(record(场所编号="绝密★"), ensure_ascii=True).encode()

    assert b"\\u2605" in escaped
    with pytest.raises(work.Refused, match="marking"):
        work.read(escaped, TAKEN_MS)


def test_a_plan_may_be_ten_minutes_ahead_and_no_second_more() -> None:
    at = 1_795_305_600_000  # 2026-11-22 08:00:00 in Beijing

    assert (
        work.read(written(record(报送时间="2026-11-22 08:10:00")), at).body.submittedAt == "2026-11-22T08:10:00+08:00"
    )
    with pytest.raises(work.Refused, match="future"):
        work.read(written(record(报送时间="2026-11-22 08:10:01")), at + 999)


def test_the_canonical_event_says_what_the_record_said(sent: list[Sent]) -> None:
    for one in [one for one in sent if not one.breaks][:50]:
        plan = json.loads(one.value)
        body, subject, item = plan["内容"], plan["内容"]["检查对象"], plan["内容"]["事项清单"][0]
        read = work.read(one.value, TAKEN_MS)
        event = decoded(work.encode(read))

        assert read.id == str(uuid5(NAMESPACE, f"GY-ZD\x1fce\x1f{plan['报文编号']}"))
        assert {name: said for name, said in event.items() if said is not None} == {
            "planId": body["计划编号"],
            "submittedAt": body["报送时间"].replace(" ", "T") + "+08:00",
            "version": 1,
            "agency": body["检查机关"],
            "type": {"日常检查": "DAILY", "例行检查": "DAILY", "专项检查": "SPECIAL"}[body["检查类型"]],
            "subject": event["subject"],
            "siteCode": body["场所编号"],
            "items": event["items"],
            "window": {"from": iso(body["检查期限"]["起始日期"]), "to": iso(body["检查期限"]["截止日期"])},
            "mode": "ONSITE",
            "state": "SUBMITTED",
            "unannounced": body["是否不打招呼"] == "是",
        }
        assert {name: said for name, said in event["subject"].items() if said is not None} == {
            "subjectType": "ENT",
            "name": subject["名称"],
            "uscc": one.key.decode(),
            "divisionCode": subject["行政区划代码"],
        }
        assert [{name: said for name, said in each.items() if said is not None} for each in event["items"]] == [
            {"catalogue": item["事项目录"], "code": item["代码"], "tier": "CITY"}
        ]


def test_the_fields_that_the_bench_never_sends_are_mapped_as_well() -> None:
    plan = record(
        触发来源="双随机",
        批准人={"名称": "张某", "职务": "副职负责人", "批准时间": "2026-02-01 09:00:00"},
        批准时间="2026-02-01 09:30:00",
        执法人员=[{"名称": "李某", "执法证号": "GZ-1"}],
    )
    plan["内容"]["检查对象"] |= {"是否未成年": "否", "出生日期": "2001年2月3日", "身份证件号码": "1"}
    plan["内容"]["事项清单"][0] |= {"可否非现场": "是", "依据": "第八条"}
    event = decoded(work.encode(work.read(written(plan), TAKEN_MS)))

    assert event["trigger"] == "RANDOM"
    assert event["approver"] == {"name": "张某", "post": "DEPUTY", "approvedAt": "2026-02-01T09:00:00+08:00"}
    assert event["approvedAt"] == "2026-02-01T09:30:00+08:00"
    assert event["officers"] == [{"name": "李某", "certNo": "GZ-1"}]
    assert (event["subject"]["isMinor"], event["subject"]["birthDate"]) == (False, "2001-02-03")
    assert (event["items"][0]["remoteCapable"], event["items"][0]["basis"]) == (True, "第八条")


def test_repeats_are_dropped_and_overlaps_named_in_the_order_of_acceptance(sent: list[Sent]) -> None:
    kept: dict[str, list[work.Accepted]] = {}
    days: dict[bytes, list[tuple[str, str, str, date, date]]] = {}
    dropped = overlapping = 0
    for one in sent:
        if one.breaks:
            continue
        plan = work.read(one.value, TAKEN_MS)
        said = json.loads(one.value)
        body = said["内容"]
        first, last = (date.fromisoformat(iso(body["检查期限"][name])) for name in ("起始日期", "截止日期"))
        before = days.setdefault(one.key, [])
        overlaps = work.decide(plan, kept.setdefault(plan.uscc, []))

        if any(name == said["报文编号"] and agency == body["检查机关"] for name, _, agency, _, _ in before):
            assert overlaps is None
            dropped += 1
            continue
        expected = [
            number
            for _, number, agency, begins, ends in before
            if agency != body["检查机关"] and not (ends < first or last < begins)
        ]
        assert overlaps == expected
        overlapping += bool(expected)
        before.append((said["报文编号"], body["计划编号"], body["检查机关"], first, last))
    assert dropped > 300
    assert overlapping > 300


def test_headers_are_those_of_the_page() -> None:
    plan = record(报送时间="2026-02-01 08:00:00")
    read = work.read(written(plan), TAKEN_MS)
    unit, uscc = plan["执法单位"], plan["内容"]["检查对象"]["统一社会信用代码"]
    expected = {
        "ce_specversion": "1.0",
        "content-type": "application/avro",
        "ce_id": str(uuid5(NAMESPACE, f"GY-ZD\x1fce\x1f{plan['报文编号']}")),
        "ce_source": f"urn:guiyang:{unit}:brigade-json",
        "ce_type": "cn.guiyang.hub.inspection.plan.submitted.v1",
        "ce_time": "2026-02-01T08:00:00+08:00",
        "ce_subject": uscc,
    }

    assert dict(work.written_headers(read, [])) == {name: said.encode() for name, said in expected.items()}
    assert work.headers(read, ["JH-1", "JH-2"]) == expected | {"overlaps": "JH-1,JH-2"}
    assert dict(work.written_headers(read, ["JH-1", "JH-2"]))["overlaps"] == b"JH-1,JH-2"


def iso(text: str) -> str:
    """2026年3月2日 as 2026-03-02."""
    year, rest = text.split("年")
    month, day = rest.rstrip("日").split("月")
    return f"{int(year):04}-{int(month):02}-{int(day):02}"
