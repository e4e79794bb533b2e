"""The work of the bench, in Python as its libraries' own experts write it: pydantic, orjson, fastavro, uuid.

The one rule: nothing here knows a message client or a clock. Every Python peer takes the work from this file, so that what
differs between them is the way of the records alone.
"""

from __future__ import annotations

import csv
import json
import re
from datetime import UTC, date, datetime, timedelta, timezone
from functools import lru_cache
from io import BytesIO
from operator import mul
from pathlib import Path
from typing import Annotated, Any, Final, Literal
from uuid import UUID, uuid5

import orjson
from fastavro import parse_schema, schemaless_writer
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

_REPOSITORY: Final = Path(__file__).resolve().parents[4]
_CODES: Final = _REPOSITORY / "tests" / "bench" / "work" / "brigade" / "tables" / "codes.csv"
_SCHEMA: Final = _REPOSITORY / "schemas" / "avro" / "inspection.plan.submitted.v1.avsc"

#: The brigade's units, and the bureau that each inspects for.
UNITS: Final = {
    "GY-ZD-DD2": "GY-YJJ",
    "GY-ZD-DD3": "GY-NYNCJ",
    "GY-ZD-DD4": "GY-RSJ",
    "GY-ZD-DD5": "GY-ZRGHJ",
    "GY-ZD-DD6": "GY-SWJ",
}
_NAMESPACE: Final = UUID("5b1f6a0e-6a3c-5f0e-9d55-3a52a1c0d751")
#: Whose connection the records come over.
_OWNER: Final = "GY-ZD"
_BEIJING: Final = timezone(timedelta(hours=8))
_AHEAD_SECONDS: Final = 600
#: The frame of Confluent's wire format: a zero byte and the schema's number, 1002.
_FRAME: Final = (1002).to_bytes(5)
_LONG: Final = 2**63

#: One accepted plan of an enterprise: id, planId, agency, first day, last day.
Accepted = list[str]


class Refused(Exception):
    """The record breaks a rule; the text says which."""


def _codes() -> dict[str, dict[str, str]]:
    tables: dict[str, dict[str, str]] = {}
    with _CODES.open(encoding="utf-8", newline="") as rows:
        for row in csv.DictReader(rows):
            tables.setdefault(row["field"], {})[row["code"]] = row["value"]
    return tables


_TABLES: Final = _codes()
_TYPE, _TRIGGER, _SUBJECT_TYPE = _TABLES["type"], _TABLES["trigger"], _TABLES["subjectType"]
_TIER, _MODE, _STATE, _POST = _TABLES["tier"], _TABLES["mode"], _TABLES["state"], _TABLES["post"]

_DAY: Final = re.compile("([0-9]{4})年([0-9]{1,2})月([0-9]{1,2})日").fullmatch
_USCC_ALPHABET: Final = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_USCC_VALUE: Final = {char: value for value, char in enumerate(_USCC_ALPHABET)}
_USCC_WEIGHTS: Final = tuple(pow(3, place, 31) for place in range(17))


# The same days and the same few thousand enterprises come again and again.
@lru_cache(maxsize=4_096)
def _day(text: str) -> str:
    found = _DAY(text)
    if found is None:
        raise ValueError("not written as 2026年3月2日")
    return date(int(found[1]), int(found[2]), int(found[3])).isoformat()


@lru_cache(maxsize=32_768)
def _uscc(text: str) -> str:
    try:
        total = sum(map(mul, _USCC_WEIGHTS, map(_USCC_VALUE.__getitem__, text[:17])))
        right = len(text) == 18 and text[17] == _USCC_ALPHABET[-total % 31]
    except KeyError:
        right = False
    if not right:
        raise ValueError("not a unified social credit code (GB 32100)")
    return text


def _moment(text: str) -> str:
    # What is written back as it came was exactly this pattern: fromisoformat alone reads many others.
    if datetime.fromisoformat(text).isoformat(" ") != text or len(text) != 19:
        raise ValueError("not written as 2026-03-02 08:00:00")
    return f"{text[:10]}T{text[11:]}+08:00"


Day = Annotated[str, AfterValidator(_day)]
Moment = Annotated[str, AfterValidator(_moment)]
Uscc = Annotated[str, AfterValidator(_uscc)]
YesNo = Literal["是", "否"]


class _Exact(BaseModel):
    """Exactly these fields, each of its type, under the sender's names."""

    model_config = ConfigDict(extra="forbid", strict=True)


class Subject(_Exact):
    """检查对象."""

    subjectType: Literal[*_SUBJECT_TYPE] = Field(alias="主体类型")
    name: str = Field(alias="名称")
    uscc: Uscc = Field(alias="统一社会信用代码")
    idNo: str | None = Field(None, alias="身份证件号码")
    birthDate: Day | None = Field(None, alias="出生日期")
    isMinor: YesNo | None = Field(None, alias="是否未成年")
    address: str | None = Field(None, alias="地址")
    divisionCode: str | None = Field(None, alias="行政区划代码")
    streetCode: str | None = Field(None, alias="街道代码")
    phone: str | None = Field(None, alias="联系电话")


class Item(_Exact):
    """检查事项."""

    catalogue: str = Field(alias="事项目录")
    code: str = Field(alias="代码")
    tier: Literal[*_TIER] = Field(alias="事项层级")
    name: str | None = Field(None, alias="名称")
    basis: str | None = Field(None, alias="依据")
    remoteCapable: YesNo | None = Field(None, alias="可否非现场")


class Window(_Exact):
    """检查期限."""

    first: Day = Field(alias="起始日期")
    last: Day = Field(alias="截止日期")


class Approver(_Exact):
    """批准人."""

    name: str | None = Field(None, alias="名称")
    post: Literal[*_POST] = Field(alias="职务")
    approvedAt: Moment | None = Field(None, alias="批准时间")


class Officer(_Exact):
    """执法人员."""

    name: str = Field(alias="名称")
    certNo: str = Field(alias="执法证号")


class Body(_Exact):
    """内容."""

    planId: str = Field(alias="计划编号")
    submittedAt: Moment = Field(alias="报送时间")
    version: int = Field(alias="版本号", ge=-_LONG, lt=_LONG)
    agency: str = Field(alias="检查机关")
    type: Literal[*_TYPE] = Field(alias="检查类型")
    trigger: Literal[*_TRIGGER] | None = Field(None, alias="触发来源")
    deploymentNo: str | None = Field(None, alias="上级部署文号")
    subject: Subject = Field(alias="检查对象")
    siteCode: str = Field(alias="场所编号")
    items: list[Item] = Field(alias="事项清单")
    window: Window = Field(alias="检查期限")
    mode: Literal[*_MODE] = Field(alias="方式")
    state: Literal[*_STATE] = Field(alias="状态")
    approver: Approver | None = Field(None, alias="批准人")
    approvedAt: Moment | None = Field(None, alias="批准时间")
    unannounced: YesNo = Field(alias="是否不打招呼")
    officers: list[Officer] | None = Field(None, alias="执法人员")
    annualPlanRef: str | None = Field(None, alias="年度计划号")
    sourceRef: str | None = Field(None, alias="来源编号")


class Report(_Exact):
    """检查计划报送: the frame and its body."""

    kind: Literal["检查计划报送"] = Field(alias="报文类型")
    id: str = Field(alias="报文编号")
    unit: Literal[*UNITS] = Field(alias="执法单位")
    body: Body = Field(alias="内容")


class Plan:
    """A record that was read: what to decide with, and what to encode if it is news."""

    __slots__ = ("accepted", "body", "id", "unit", "uscc")

    def __init__(self, plan_id: str, unit: str, body: Body) -> None:
        self.id = plan_id
        self.unit = unit
        self.body = body
        self.uscc = body.subject.uscc
        self.accepted: Accepted = [plan_id, body.planId, body.agency, body.window.first, body.window.last]


_report: Final = Report.__pydantic_validator__.validate_json
_SECRET: Final = ("绝密★", "机密★", "秘密★")
_STAR: Final = "★".encode()


def read(value: bytes, timestamp_ms: int) -> Plan:
    """The plan in a record that the broker took at *timestamp_ms*. Raise `Refused` if it breaks a rule."""
    try:
        report = _report(value)
    except ValidationError as error:
        raise Refused(_why(error)) from None
    body = report.body
    if body.submittedAt > _latest(timestamp_ms // 1000):
        raise Refused("报送时间 lies in the future")
    if body.window.first > body.window.last:
        raise Refused("起始日期 is after 截止日期")
    if UNITS[report.unit] != body.agency:
        raise Refused("检查机关 is not the bureau the unit inspects for")
    # A marking needs a star, as itself or as an escape; hardly any record has either.
    if (_STAR in value or b"\\u" in value) and _marked(value):
        raise Refused("a text carries a marking of secrecy")
    return Plan(str(uuid5(_NAMESPACE, f"{_OWNER}\x1fce\x1f{report.id}")), report.unit, body)


def _why(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    return f"{'.'.join(map(str, first['loc']))}: {first['msg']}"


@lru_cache(maxsize=64)
def _latest(second: int) -> str:
    """The latest time of submission for a record taken in *second*; times written alike compare as text."""
    return datetime.fromtimestamp(second + _AHEAD_SECONDS, UTC).astimezone(_BEIJING).isoformat()


def _marked(value: bytes) -> bool:
    text = orjson.dumps(orjson.loads(value)).decode()
    return any(marking in text for marking in _SECRET)


def decide(plan: Plan, accepted: list[Accepted]) -> list[str] | None:
    """Add *plan* to what its enterprise has; the planIds it overlaps, or None for a repeat, which changes nothing."""
    mine = plan.accepted
    name, _, agency, first, last = mine
    overlaps = []
    for other_name, other_plan, other_agency, other_first, other_last in accepted:
        if other_name == name:
            return None
        if other_first <= last and first <= other_last and other_agency != agency:
            overlaps.append(other_plan)
    accepted.append(mine)
    return overlaps


def _named_types() -> Any:
    """The event's schema with its blocks spelt out where each is first named."""
    seen: set[str] = set()

    def spelt(part: Any) -> Any:
        if isinstance(part, dict):
            return {key: spelt(inner) if key in {"type", "items", "fields"} else inner for key, inner in part.items()}
        if isinstance(part, list):
            return [spelt(inner) for inner in part]
        block = _SCHEMA.parent / "blocks" / f"{part}.v1.avsc"
        if part in seen or not block.exists():
            return part
        seen.add(part)
        return spelt(json.loads(block.read_text(encoding="utf-8")))

    return spelt(json.loads(_SCHEMA.read_text(encoding="utf-8")))


_AVRO: Final = parse_schema(_named_types())


def encode(plan: Plan) -> bytes:
    """The canonical event, in Avro, with Confluent's header."""
    out = BytesIO()
    out.write(_FRAME)
    schemaless_writer(out, _AVRO, canonical(plan.body))
    return out.getvalue()


def canonical(body: Body) -> dict[str, Any]:
    """The canonical event's fields. A validated model's own dictionary is what a writer of Avro reads fastest."""
    event = body.__dict__.copy()
    event["type"] = _TYPE[body.type]
    event["mode"] = _MODE[body.mode]
    event["state"] = _STATE[body.state]
    event["unannounced"] = body.unannounced == "是"
    event["subject"] = _subject(body.subject)
    event["items"] = [_item(item) for item in body.items]
    event["window"] = {"from": body.window.first, "to": body.window.last}
    if body.trigger is not None:
        event["trigger"] = _TRIGGER[body.trigger]
    if body.approver is not None:
        event["approver"] = {**body.approver.__dict__, "post": _POST[body.approver.post]}
    if body.officers is not None:
        event["officers"] = [officer.__dict__ for officer in body.officers]
    return event


def _subject(subject: Subject) -> dict[str, Any]:
    event = subject.__dict__.copy()
    event["subjectType"] = _SUBJECT_TYPE[subject.subjectType]
    if subject.isMinor is not None:
        event["isMinor"] = subject.isMinor == "是"
    return event


def _item(item: Item) -> dict[str, Any]:
    event = item.__dict__.copy()
    event["tier"] = _TIER[item.tier]
    if item.remoteCapable is not None:
        event["remoteCapable"] = item.remoteCapable == "是"
    return event


#: Where each unit's events come from, as the header says it.
_SOURCES: Final = {unit: f"urn:guiyang:{unit}:brigade-json" for unit in UNITS}


def headers(plan: Plan, overlaps: list[str]) -> dict[str, str]:
    """The event's headers, in their order."""
    told = {
        "ce_specversion": "1.0",
        "content-type": "application/avro",
        "ce_id": plan.id,
        "ce_source": _SOURCES[plan.unit],
        "ce_type": "cn.guiyang.hub.inspection.plan.submitted.v1",
        "ce_time": plan.body.submittedAt,
        "ce_subject": plan.uscc,
    }
    if overlaps:
        told["overlaps"] = ",".join(overlaps)
    return told


def written_headers(plan: Plan, overlaps: list[str]) -> list[tuple[str, bytes]]:
    """The same, as the clients of Kafka take them."""
    told = [
        ("ce_specversion", b"1.0"),
        ("content-type", b"application/avro"),
        ("ce_id", plan.id.encode()),
        ("ce_source", _SOURCES[plan.unit].encode()),
        ("ce_type", b"cn.guiyang.hub.inspection.plan.submitted.v1"),
        ("ce_time", plan.body.submittedAt.encode()),
        ("ce_subject", plan.uscc.encode()),
    ]
    if overlaps:
        told.append(("overlaps", ",".join(overlaps).encode()))
    return told
