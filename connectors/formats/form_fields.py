"""Web forms (``application/x-www-form-urlencoded``): one record a request, or several under one name.

The one rule: names in brackets (``plan[no]``, ``items[0][code]``) say one object and no other. A name twice, a gap in a list, a
field that is both a value and an object are refused: frameworks read such forms in ways that differ.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final
from urllib.parse import quote_plus

from connectors.formats import limits
from connectors.protocol import NotUnderstood, Record, Row

_NAME: Final = re.compile(r"[^\[\]]+(?:\[[^\[\]]+\])*(?:\[\])?").fullmatch
_KEY: Final = re.compile(r"[^\[\]]+").findall
_INDEX: Final = re.compile(r"0|[1-9][0-9]{0,3}").fullmatch
_TORN: Final = re.compile(rb"%(?![0-9A-Fa-f]{2})").search
_ESCAPED: Final = re.compile(rb"%([0-9A-Fa-f]{2})")

#: How an empty list is written; no other name ends in empty brackets.
_EMPTY: Final = "[]"


class FormFields:
    """*batch* is the name under which the peer sends several records: ``record[0][…]``, ``record[1][…]``."""

    extension = "form"
    content_type = "application/x-www-form-urlencoded"

    def __init__(self, batch: str = "") -> None:
        self.batch = batch

    def decode(self, value: bytes) -> list[Row]:
        """The records of one request."""
        limits.within(value, limits.FORM_BYTES)
        tree = _gathered(_fields(value.removeprefix(codecs.BOM_UTF8)))
        if not tree:
            raise NotUnderstood("表单没有字段", detail_en="a form without a field")
        document = {name: _settled(name, content) for name, content in tree.items()}
        several = document.get(self.batch) if self.batch and len(document) == 1 else None
        if type(several) is not list:
            return [Row(1, document)]
        return [_row(self.batch, number, record) for number, record in enumerate(several, 1)]

    def encode(self, records: Sequence[Record]) -> bytes:
        """One record by its own names, several under the batch's."""
        whole: Mapping[str, Any] = records[0] if len(records) == 1 else {self.batch or "record": list(records)}
        return "&".join(f"{quote_plus(name, safe='[]')}={quote_plus(text)}" for name, text in _flat(whole)).encode()


def _row(batch: str, number: int, record: object) -> Row:
    if isinstance(record, dict):
        return Row(number, record)
    place = f"{batch}[{number - 1}]"
    return Row(
        number, None, NotUnderstood(f"{place} 不是一条记录", source=place, detail_en="a record has named fields")
    )


def _fields(value: bytes) -> Iterator[tuple[str, str]]:
    """Names and texts, decoded once; counted before they are decoded."""
    body = value.strip(b"\r\n")
    if body.count(b"&") >= limits.FORM_FIELDS:
        raise limits.too_large("表单字段数", "number of form fields", limits.FORM_FIELDS)
    for pair in body.split(b"&") if body else ():
        name, sign, text = pair.partition(b"=")
        if not sign or not name:
            raise NotUnderstood(
                "表单字段须为 名=值", source=_shown(name), detail_en="a form field is name=value",
                suggestion="请以 application/x-www-form-urlencoded 编码整个表单",
            )  # fmt: skip
        decoded = _decoded(name, name)
        if len(decoded) > limits.FORM_NAME:
            raise limits.too_large("字段名长度", "length of a field's name", limits.FORM_NAME)
        yield decoded, _decoded(text, name)


def _decoded(raw: bytes, name: bytes) -> str:
    if _TORN(raw) is None:
        try:
            text = _ESCAPED.sub(lambda found: bytes([int(found[1], 16)]), raw.replace(b"+", b" ")).decode()
        except UnicodeDecodeError:
            pass
        else:
            if "\x00" not in text:
                return text
    raise NotUnderstood(
        "字段不是以 UTF-8 编码的表单文本", source=_shown(name), detail_en="not percent-encoded UTF-8, or a NUL in it",
        suggestion="请以 UTF-8 编码后再作百分号转义",
    )  # fmt: skip


def _shown(name: bytes) -> str:
    return name[:80].decode("ascii", "replace").replace("\ufffd", "?")


def _gathered(fields: Iterator[tuple[str, str]]) -> dict[str, Any]:
    """The names as a tree: objects are maps by name or number, values are texts."""
    tree: dict[str, Any] = {}
    for name, text in fields:
        if _NAME(name) is None:
            raise NotUnderstood(
                "字段名的方括号不成对", source=name[:80], detail_en="brackets in a name are not well formed",
                suggestion="请写作 items[0][code]",
            )  # fmt: skip
        keys = _KEY(name)
        if len(keys) > limits.FORM_DEPTH:
            raise limits.too_large("字段名层数", "depth of a field's name", limits.FORM_DEPTH)
        value: Any = text
        if name.endswith(_EMPTY):
            if text:
                raise NotUnderstood(
                    "列表项须带序号", source=name[:80], detail_en="an entry of a list has a number",
                    suggestion=f"请写作 {name[:60].removesuffix(_EMPTY)}[0]",
                )  # fmt: skip
            value = []
        place = tree
        for key in keys[:-1]:
            place = place.setdefault(key, {})
            if type(place) is not dict:
                raise _twice(name)
        if keys[-1] in place:
            raise _twice(name)
        place[keys[-1]] = value
    return tree


def _twice(name: str) -> NotUnderstood:
    return NotUnderstood(
        "字段重复,或同时是值又是对象", source=name[:80], detail_en="a field twice, or both a value and an object",
        suggestion="同名字段只能有一个;多项请编号,例如 items[0]、items[1]",
    )  # fmt: skip


def _settled(path: str, content: Any) -> Any:
    """*content* with maps by number turned into lists: 0, 1, 2 … without a gap."""
    if type(content) is not dict:
        return content
    numbers = sum(_INDEX(key) is not None for key in content)
    if not numbers:
        return {key: _settled(f"{path}[{key}]", each) for key, each in content.items()}
    if any(str(number) not in content for number in range(len(content))):
        raise NotUnderstood(
            "列表序号不连续,或序号与名称混用", source=path[:80], detail_en="the numbers of a list are 0, 1, 2 … without a gap",
            suggestion=f"请自 {path[:60]}[0] 起连续编号",
        )  # fmt: skip
    return [_settled(f"{path}[{number}]", content[str(number)]) for number in range(len(content))]


def _flat(content: Any, path: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(content, Mapping) and content:
        for name, each in content.items():
            yield from _flat(each, f"{path}[{name}]" if path else str(name))
    elif isinstance(content, list):
        if not content:
            yield f"{path}{_EMPTY}", ""
        for number, each in enumerate(content):
            yield from _flat(each, f"{path}[{number}]")
    else:
        # NUL travels in no form; an object with nothing in it is an empty value
        yield path, "" if isinstance(content, Mapping) else str(content).replace("\x00", "\ufffd")
