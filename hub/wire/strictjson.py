"""JSON from outside, read strictly.

The one rule: whatever two readers could understand differently is refused: duplicate keys, NaN, lone surrogates,
nesting without end.

orjson is fast and strict but keeps the last of duplicate keys. A colon outside strings stands for one member, so in
JSON that orjson has found valid, more colons than members mean that a key came twice. Counting ``":`` is five times
cheaper than taking the strings out and can only count too many where no colon stands apart from its quote and nothing
is escaped: if it counts no more than the members there are, there is no duplicate. Cheaper still, and enough for most that
machines write: text that is written again byte for byte from its value has said nothing twice.
"""

from __future__ import annotations

import re
from typing import Any, Final

import orjson

from hub.wire.unreadable import Unreadable

#: Bytes of one event or record.
LARGEST_JSON: Final = 256 * 1024
#: Objects and arrays inside each other.
DEEPEST_JSON: Final = 32

_STRING: Final = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"', re.DOTALL)
_APART: Final = (b"\\", b" :", b"\t:", b"\n:", b"\r:")


def read_json(text: bytes, *, largest: int = LARGEST_JSON) -> Any:
    """The value of *text*. Raise `Unreadable` if it is not strict JSON of at most *largest* bytes."""
    if len(text) > largest:
        raise Unreadable(f"JSON 超过 {largest} 字节", f"the JSON is larger than {largest} bytes")
    try:
        value = orjson.loads(text)
    except ValueError:
        raise Unreadable("不是合法的 JSON", "this is not valid JSON") from None
    # Not more brackets than levels allowed: it cannot be nested too deep.
    if text.count(b"{") + text.count(b"[") <= DEEPEST_JSON and orjson.dumps(value) == text:
        return value
    members = _members(value)
    plain = text.count(b'":') == members and not any(mark in text for mark in _APART)
    if not plain and _STRING.sub(b"", text).count(b":") != members:
        raise Unreadable("JSON 含重复的键", "a key of the JSON comes twice")
    return value


def _members(value: Any) -> int:
    """Members of all objects in *value*."""
    members = 0
    level = [value]
    for _ in range(DEEPEST_JSON):
        deeper: list[Any] = []
        for each in level:
            if type(each) is dict:
                members += len(each)
                deeper.extend(each.values())
            elif type(each) is list:
                deeper.extend(each)
        if not deeper:
            return members
        level = deeper
    if any(type(each) in (dict, list) for each in level):
        raise Unreadable(f"JSON 嵌套超过 {DEEPEST_JSON} 层", f"the JSON is nested deeper than {DEEPEST_JSON}")
    return members
