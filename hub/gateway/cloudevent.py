"""One CloudEvent as a sender writes it: which attributes it may have and what they are worth.

The one rule: an attribute of the sender never says who the sender is or when the hub accepted the event. Those that the
hub itself sets are refused, not overwritten in silence.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final

import orjson

from hub.canonical.event import short_type
from hub.canonical.refused import Refused

STRUCTURED: Final = "application/cloudevents+json"
BATCH: Final = "application/cloudevents-batch+json"

_LONGEST: Final = 256  # characters of an attribute
_EXTENSION: Final = re.compile(r"[a-z0-9]{1,20}").fullmatch  # names as CloudEvents asks for them
_URN: Final = re.compile(r"urn:guiyang:([^:]+):.+", re.DOTALL).fullmatch
#: Said by the hub about an event (ARCHITECTURE.md, envelope).
_OURS: Final = frozenset(
    ("fromparty", "recordedtime", "sequence", "projection", "realm", "dataclassification", "causationid")
)
_TEXTS: Final = ("id", "type", "source", "subject", "time", "specversion", "datacontenttype", "dataschema")


@dataclass(frozen=True, slots=True)
class Sent:
    """What a sender says."""

    id: str  #: "" if it gave none
    type: str  #: short name
    party: str  #: whom ``source`` names, "" if it is not there
    subject: str
    data: dict[str, Any]


def read(content: Any) -> Sent:
    """The event of one parsed document, or `Refused` with a pointer into that document."""
    if type(content) is not dict:
        raise _invalid("", "事件须为 JSON 对象", "an event must be a JSON object")
    for name, value in content.items():
        if name == "data":
            continue
        if name in _TEXTS:
            if type(value) is not str or not 0 < len(value) <= _LONGEST:
                raise _invalid(
                    f"/{name}", f"须为 1–{_LONGEST} 个字符的字符串", f"must be a string of 1–{_LONGEST} characters"
                )
        else:
            _check_extension(name, value)
    if content.get("specversion", "1.0") != "1.0":
        raise _invalid("/specversion", "specversion 须为 1.0", "specversion must be 1.0")
    if "type" not in content:
        raise _invalid("/type", "缺少事件类型，请填写 type", "the event has no type: give it")
    data = content.get("data")
    if type(data) is not dict:
        raise _invalid("/data", "data 须为 JSON 对象", "data must be a JSON object")
    named = _URN(content["source"]) if "source" in content else None
    if named is None and "source" in content:
        raise _invalid(
            "/source", "source 须为 urn:guiyang:<单位代码>:<系统>", "source must be urn:guiyang:<party>:<system>"
        )
    return Sent(
        content.get("id", ""), short_type(content["type"]), named[1] if named else "", content.get("subject", ""), data
    )


def _check_extension(name: str, value: Any) -> None:
    if name == "data_base64":
        raise _invalid(
            "/data_base64", "请用 data 传送 JSON 对象", "the event comes as base64: send data, a JSON object"
        )
    pointer = f"/{name[:20].replace('~', '~0').replace('/', '~1')}"
    if name in _OURS:
        raise _invalid(pointer, "此属性由枢纽填写，请删去", "this attribute is the hub's to set: leave it out")
    if not _EXTENSION(name):
        raise _invalid(
            pointer, "属性名须为 1–20 个小写字母或数字", "attribute names must be 1–20 lower-case letters or digits"
        )
    if type(value) is not str or len(value) > _LONGEST:
        raise _invalid(
            pointer,
            f"扩展属性须为不超过 {_LONGEST} 个字符的字符串",
            f"an extension attribute must be a string of at most {_LONGEST} characters",
        )


def completed(raw: bytes, content: dict[str, Any], party: str, own_id: str) -> bytes:
    """*raw* as a whole CloudEvent: what a sender may leave out is put in front, the rest stays byte for byte."""
    missing = {
        name: value
        for name, value in (("specversion", "1.0"), ("id", own_id), ("source", f"urn:guiyang:{party}:gateway"))
        if name not in content
    }
    if not missing:
        return raw
    return orjson.dumps(missing)[:-1] + b"," + raw.lstrip(b" \t\r\n")[1:]


def _invalid(pointer: str, detail: str, detail_en: str) -> Refused:
    return Refused("INVALID_FIELD", detail, pointer=pointer, detail_en=detail_en)
