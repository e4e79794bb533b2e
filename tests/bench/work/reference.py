"""What must come of each record, computed a second time and slowly, from the page's words alone.

The one rule: nothing of the hub is imported here. The schema, the mapping's words and the code table are read as the
documents they are; the rest is the standard library's and fastavro's.
"""

from __future__ import annotations

import csv
import json
import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from io import BytesIO
from pathlib import Path
from typing import Any, Final
from uuid import UUID, uuid5

import yaml
from fastavro import parse_schema, schemaless_writer

from tests.bench.work.plans import UNITS

_WORK: Final = Path(__file__).parent
_SCHEMAS: Final = _WORK.parents[2] / "schemas" / "avro"
_EVENT: Final = "inspection.plan.submitted"
_NAMESPACE: Final = UUID("5b1f6a0e-6a3c-5f0e-9d55-3a52a1c0d751")
#: Whose connection the records come over.
_OWNER: Final = "GY-ZD"
_BEIJING: Final = timezone(timedelta(hours=8))
_AHEAD: Final = timedelta(minutes=10)
_DATE: Final = re.compile(r"([0-9]{4})年([1-9][0-9]?)月([1-9][0-9]?)日")
_TIME: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}")
_SECRET: Final = ("绝密★", "机密★", "秘密★")
_ALPHABET: Final = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_FRAME: Final = {"报文类型", "报文编号", "执法单位", "内容"}


@dataclass(frozen=True, slots=True)
class Accepted:
    """A record of the output topic."""

    id: str
    key: bytes
    value: bytes
    headers: tuple[tuple[str, bytes], ...]  #: those that are asked for; others may stand beside them


@dataclass(frozen=True, slots=True)
class Repeated:
    """Nothing comes of it: its id was there already."""


@dataclass(frozen=True, slots=True)
class Refused:
    """A record of the refused topic."""

    reason: str


class Broken(ValueError):
    """The record breaks a rule; the text says which."""


class Reference:
    """All enterprises' state, and what comes of the next record. *appended* is the input's timestamp."""

    def __init__(self, appended: datetime) -> None:
        self._latest = appended + _AHEAD
        self._accepted: dict[str, list[tuple[str, str, str, str, str]]] = {}
        self._words: dict[str, str] = yaml.safe_load((_WORK / "brigade/mapping.yaml").read_text())["words"]
        with (_WORK / "brigade/tables/codes.csv").open(newline="") as table:
            self._codes = {(row["field"], row["code"]): row["value"] for row in csv.DictReader(table)}
        self._blocks: dict[str, Any] = {
            path.name.partition(".")[0]: json.loads(path.read_text()) for path in (_SCHEMAS / "blocks").glob("*.avsc")
        }
        self._schema: dict[str, Any] = json.loads((_SCHEMAS / f"{_EVENT}.v1.avsc").read_text())
        named: dict[str, Any] = {}
        for block in self._blocks.values():
            parse_schema(block, named)
        self._avro = parse_schema(self._schema, named)

    def next(self, value: bytes) -> Accepted | Repeated | Refused:
        """What comes of *value*, after all that came before."""
        try:
            unit, number, plan = self._plan(value)
        except Broken as broken:
            return Refused(str(broken))
        name = str(uuid5(_NAMESPACE, f"{_OWNER}\x1fce\x1f{number}"))
        uscc = plan["subject"]["uscc"]
        mine = (name, plan["planId"], plan["agency"], plan["window"]["from"], plan["window"]["to"])
        others = self._accepted.setdefault(uscc, [])
        if any(other[0] == name for other in others):
            return Repeated()
        met = [other[1] for other in others if _meet(mine, other)]
        others.append(mine)
        return Accepted(name, uscc.encode(), self._encode(plan), _headers(name, unit, plan, met))

    def _encode(self, plan: dict[str, Any]) -> bytes:
        written = BytesIO()
        schemaless_writer(written, self._avro, plan)
        return b"\x00\x00\x00\x03\xea" + written.getvalue()

    def _plan(self, value: bytes) -> tuple[str, str, dict[str, Any]]:
        """Unit, the sender's number, and the canonical plan. Raise `Broken`."""
        record = _parsed(value)
        if not isinstance(record, dict) or set(record) != _FRAME or record["报文类型"] != "检查计划报送":
            raise Broken("frame")
        unit, number = record["执法单位"], record["报文编号"]
        if not isinstance(unit, str) or not isinstance(number, str) or unit not in UNITS:
            raise Broken("frame")
        if any(mark in number for mark in _SECRET):
            raise Broken("secret")
        plan = self._record(self._schema, record["内容"])
        if plan["agency"] != UNITS[unit]:
            raise Broken("party")
        if datetime.fromisoformat(plan["submittedAt"]) > self._latest:
            raise Broken("future")
        if plan["window"]["from"] > plan["window"]["to"]:
            raise Broken("order")
        if not _uscc_right(plan["subject"]["uscc"]):
            raise Broken("uscc")
        return unit, number, plan

    def _record(self, schema: dict[str, Any], place: Any) -> dict[str, Any]:
        if not isinstance(place, dict):
            raise Broken("type")
        fields = {self._words[field["name"]]: field for field in schema["fields"]}
        if not place.keys() <= fields.keys():
            raise Broken("unknown")
        read: dict[str, Any] = {}
        for word, field in fields.items():
            optional = isinstance(field["type"], list)
            if word in place:
                read[field["name"]] = self._value(field["type"][1] if optional else field["type"], field, place[word])
            elif optional:
                read[field["name"]] = None
            else:
                raise Broken("missing")
        return read

    def _value(self, kind: Any, field: dict[str, Any], value: Any) -> Any:
        match kind:
            case {"type": "array", "items": items} if isinstance(value, list):
                return [self._record(self._blocks[items], each) for each in value]
            case "boolean" if value in ("是", "否"):
                return value == "是"
            case "long" if type(value) is int:
                return value
            case "string" if isinstance(value, str):
                return self._text(field, value)
            case str() if kind in self._blocks:
                return self._record(self._blocks[kind], value)
        raise Broken("type")

    def _text(self, field: dict[str, Any], value: str) -> str:
        if any(mark in value for mark in _SECRET):
            raise Broken("secret")
        if "x-enum" in field:
            if (field["name"], value) not in self._codes:
                raise Broken("code")
            return self._codes[field["name"], value]
        match field.get("x-form"):
            case "dt":
                return _moment(value)
            case "date":
                return _day(value)
        return value


def _parsed(value: bytes) -> Any:
    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        read = dict(pairs)
        if len(read) != len(pairs):
            raise Broken("json")
        return read

    def never(word: str) -> Any:
        raise Broken("json")

    try:
        return json.loads(value.decode(), object_pairs_hook=once, parse_constant=never)
    except (UnicodeDecodeError, json.JSONDecodeError):
        raise Broken("json") from None


def _moment(value: str) -> str:
    if not _TIME.fullmatch(value):
        raise Broken("date")
    try:
        return datetime.fromisoformat(value).replace(tzinfo=_BEIJING).isoformat()
    except ValueError:
        raise Broken("date") from None


def _day(value: str) -> str:
    written = _DATE.fullmatch(value)
    if written is None:
        raise Broken("date")
    year, month, day = map(int, written.groups())
    try:
        return date(year, month, day).isoformat()
    except ValueError:
        raise Broken("date") from None


def _uscc_right(text: str | None) -> bool:
    """GB 32100: the weights are the powers of three modulo 31."""
    if text is None or len(text) != 18 or not set(text) <= set(_ALPHABET):
        return False
    total = sum(_ALPHABET.index(char) * pow(3, place, 31) for place, char in enumerate(text[:17]))
    return _ALPHABET[-total % 31] == text[17]


def _meet(mine: tuple[str, ...], other: tuple[str, ...]) -> bool:
    """Whether another agency's window has a day of this one's."""
    return mine[2] != other[2] and mine[3] <= other[4] and other[3] <= mine[4]


def _headers(name: str, unit: str, plan: dict[str, Any], met: list[str]) -> tuple[tuple[str, bytes], ...]:
    headers = {
        "ce_specversion": "1.0",
        "content-type": "application/avro",
        "ce_id": name,
        "ce_source": f"urn:guiyang:{unit}:brigade-json",
        "ce_type": f"cn.guiyang.hub.{_EVENT}.v1",
        "ce_time": plan["submittedAt"],
        "ce_subject": plan["subject"]["uscc"],
        **({"overlaps": ",".join(met)} if met else {}),
    }
    return tuple((header, text.encode()) for header, text in headers.items())
