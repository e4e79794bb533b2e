"""Is this event well formed? One compiled function per event type, made from the catalogue.

The one rule: whatever passes `check` can be encoded, and is read without further care by every rule behind it. The
functions are generated as Python source once, because walking a description of the fields for every event costs several
times what the questions themselves cost.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from functools import cache, lru_cache
from typing import Any, Final

import orjson

from hub.canonical.catalogue import EventType, Field, Record
from hub.canonical.conditions import FEWEST, OF_BLOCKS, OF_EVENTS, invalid
from hub.canonical.identifiers import id_number_valid, uscc_valid
from hub.canonical.refused import Refused

#: Raises `Refused` if the data of an event is not well formed.
Checker = Callable[[Mapping[str, Any]], None]

#: Integers stay exact in JSON readers that know only doubles.
LARGEST_INT: Final = 2**53 - 1

# Years are bounded so that no period added to a date and no walk over its days can run out of the calendar.
_DATE: Final = r"(?:19|2[01])[0-9]{2}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])"
_is_date: Final = re.compile(_DATE).fullmatch
_is_dt: Final = re.compile(_DATE + r"T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]\+08:00").fullmatch

_MARKS: Final = ("绝密★", "机密★", "秘密★")
_STAR: Final = "★".encode()


def check(event_type: EventType, data: Mapping[str, Any]) -> None:
    """Raise `Refused` INVALID_FIELD if *data* is not what the contract says of *event_type*."""
    checker(event_type)(data)


@cache
def checker(event_type: EventType) -> Checker:
    """The compiled `check` of one event type, for those who see many of them."""
    functions: dict[str, Checker] = {}
    body = _compile(event_type.record, functions, OF_EVENTS.get(event_type.name))

    def check_event(data: Mapping[str, Any]) -> None:
        if not isinstance(data, Mapping):
            raise _wrong("", "dict")
        body(data if type(data) is dict else dict(data))
        if not event_type.key_of(data):
            raise invalid("", "缺少关联主键，请填写", "the aggregate key is missing or empty: give it")

    return check_event


def check_secrecy(data: Mapping[str, Any]) -> None:
    """Raise `Refused` SECRET_MARKED if any string of well-formed *data* holds a mark of state secrecy."""
    # Written as one text the data are looked through at once; only what holds the star is walked.
    if _STAR not in orjson.dumps(data, default=dict):
        return
    values: list[Any] = [data]
    for value in values:  # grows while it is walked
        if type(value) is str:
            if any(mark in value for mark in _MARKS):
                raise Refused(
                    "SECRET_MARKED",
                    "内容含国家秘密标志，不得经本枢纽传输，请通过涉密渠道办理",
                    pointer=_place(data, value),
                    detail_en="the text bears a mark of state secrecy and must not travel on this hub: use the classified channel",
                )
        elif type(value) is list:
            values.extend(value)
        elif isinstance(value, dict):
            values.extend(value.values())


def _place(data: Any, sought: str) -> str:
    """JSON Pointer of the first string equal to *sought* below *data*."""
    inside = data.items() if isinstance(data, Mapping) else enumerate(data) if isinstance(data, list) else ()
    for name, value in inside:
        if value is sought:
            return f"/{name}"
        if found := _place(value, sought):
            return f"/{name}{found}"
    return ""


def dt_valid(text: str) -> bool:
    """True for ``YYYY-MM-DDTHH:MM:SS+08:00`` that is a real instant."""
    return _is_dt(text) is not None and (text[8:10] < "29" or _day_exists(text))


@lru_cache(maxsize=4096)  # the same days come again and again
def date_valid(text: str) -> bool:
    """True for ``YYYY-MM-DD`` that is a real day."""
    return _is_date(text) is not None and (text[8:10] < "29" or _day_exists(text))


def date_or_dt_valid(text: str) -> bool:
    """True for a real day or a real instant."""
    return dt_valid(text) or date_valid(text)


def _day_exists(text: str) -> bool:
    try:
        date(int(text[:4]), int(text[5:7]), int(text[8:10]))
    except ValueError:
        return False
    return True


#: By form: the question, and what to answer when it is not met. Party codes are the rules' business: another refusal.
_FORMS: Final[Mapping[str, tuple[Callable[[str], bool], str, str]]] = {
    "dt": (dt_valid, "须为 YYYY-MM-DDTHH:MM:SS+08:00 的真实时刻", "must be a real instant YYYY-MM-DDTHH:MM:SS+08:00"),
    "date": (date_valid, "须为 YYYY-MM-DD 的真实日期", "must be a real day YYYY-MM-DD"),
    "dateOrDt": (date_or_dt_valid, "须为日期或带 +08:00 的时刻", "must be a day, or an instant with +08:00"),
    "uscc": (
        uscc_valid,
        "统一社会信用代码校验不符（GB 32100），请核对",
        "not a valid unified social credit code (GB 32100): check it",
    ),
    "idNo": (
        id_number_valid,
        "公民身份号码校验不符（GB 11643），请核对",
        "not a valid citizen's number (GB 11643): check it",
    ),
}
_WORDS: Final[Mapping[str, tuple[str, str]]] = {
    "str": ("须为字符串", "must be a string"),
    "int": ("须为整数，且绝对值小于 2^53", "must be an integer below 2^53 in size"),
    "bool": ("须为布尔值", "must be a boolean"),
    "list": ("须为数组", "must be a list"),
    "dict": ("须为对象", "must be an object"),
}
_PYTHON: Final[Mapping[str, str]] = {"string": "str", "int": "int", "bool": "bool", "record": "dict"}


def _compile(record: Record, functions: dict[str, Checker], condition: Checker | None = None) -> Checker:
    """The checker of one object. *functions* holds those of the blocks already compiled."""
    names: dict[str, Any] = {
        "wrong": _wrong,
        "missing": _missing,
        "unknown": _unknown,
        "under": _under,
        "condition": condition,
        "Refused": Refused,
    }
    for each in record.fields:
        names[f"enum_{each.name}"] = frozenset(each.enum)
        names[f"field_{each.name}"] = each
        if each.form in _FORMS:
            names[f"form_{each.form}"] = _FORMS[each.form][0]
        if each.record is not None:
            inner = each.record.name
            if inner not in functions:
                functions[inner] = _compile(each.record, functions, OF_BLOCKS.get(inner))
            names[f"check_{inner}"] = functions[inner]
    names["allowed"] = frozenset(each.name for each in record.fields)
    source = "\n".join(_source(record, condition is not None))
    exec(compile(source, f"<check of {record.name}>", "exec"), names)  # noqa: S102 - our own words, from our own files
    made: Checker = names["check_object"]
    return made


def _source(record: Record, has_condition: bool) -> Iterator[str]:
    mandatory = [each for each in record.fields if each.mandatory]
    yield "def check_object(d):"
    yield f" n = {len(mandatory)}"
    yield " try:"
    for each in mandatory:
        yield f"  v = d[{each.name!r}]"
        yield from (f"  {line}" for line in _questions(each))
    yield "  pass"
    yield " except KeyError as error:"
    yield "  raise missing(error.args[0]) from None"
    for each in record.fields:
        if not each.mandatory:
            yield f" if {each.name!r} in d:"
            yield "  n += 1"
            yield f"  v = d[{each.name!r}]"
            yield from (f"  {line}" for line in _questions(each))
    yield " if len(d) != n:"
    yield "  raise unknown(d, allowed)"
    if has_condition:
        yield " condition(d)"


def _questions(field: Field) -> Iterator[str]:
    where = f"'/{field.name}'"
    if not field.many:
        yield from _question(field, where)
        return
    yield f"if type(v) is not list: raise wrong({where}, 'list')"
    fewest = FEWEST.get(field.record.name, 0) if field.record is not None else 0
    if fewest:
        yield f"if len(v) < {fewest}: raise wrong({where}, 'fewest', {fewest})"
    yield "i = 0"
    if field.kind == "record":
        yield "try:"
        yield " for v in v:"
        yield "  if type(v) is not dict: raise wrong('', 'dict')"
        yield f"  check_{field.record.name if field.record else ''}(v)"
        yield "  i += 1"
        yield "except Refused as error:"
        yield f" raise under(error, f'/{field.name}/{{i}}') from None"
    else:
        yield "for v in v:"
        yield from (f" {line}" for line in _question(field, f"f'/{field.name}/{{i}}'"))
        yield " i += 1"


def _question(field: Field, where: str) -> Iterator[str]:
    python = _PYTHON[field.kind]
    yield f"if type(v) is not {python}: raise wrong({where}, {python!r})"
    if field.kind == "int":
        yield f"if not {-LARGEST_INT} <= v <= {LARGEST_INT}: raise wrong({where}, 'int')"
    if field.enum:
        yield f"if v not in enum_{field.name}: raise wrong({where}, 'enum', field_{field.name}.enum)"
    if field.form in _FORMS:
        yield f"if not form_{field.form}(v): raise wrong({where}, {field.form!r})"
    if field.record is not None:
        yield "try:"
        yield f" check_{field.record.name}(v)"
        yield "except Refused as error:"
        yield f" raise under(error, {where}) from None"


def _wrong(pointer: str, why: str, more: Any = None) -> Refused:
    if why == "enum":
        return invalid(pointer, "须为以下之一：" + "、".join(more), "must be one of " + ", ".join(more))
    if why == "fewest":
        return invalid(pointer, f"不得少于 {more} 人，请补齐", f"must name at least {more} persons")
    if why in _FORMS:
        return invalid(pointer, *_FORMS[why][1:])
    return invalid(pointer, *_WORDS[why])


def _missing(name: str) -> Refused:
    return invalid(f"/{name}", "缺少必填字段，请填写", "this mandatory field is missing: give it")


def _unknown(data: Mapping[Any, Any], allowed: frozenset[str]) -> Refused:
    name = min((str(each) for each in data if each not in allowed), default="")
    # The name is the sender's own text: long ones are cut, and RFC 6901 wants ~ and / escaped.
    pointer = name[:64].replace("~", "~0").replace("/", "~1")
    return invalid(
        f"/{pointer}",
        "目录中没有此字段，请核对字段名或删去",
        "the catalogue has no such field: check its name or leave it out",
    )


def _under(refused: Refused, prefix: str) -> Refused:
    """The same refusal as seen from the object around."""
    return Refused(refused.code, refused.detail, pointer=prefix + refused.pointer, detail_en=refused.detail_en)
