"""One value ⇄ one value: text, whole number, number with a unit, yes or no, credit code, moment, code of a table.

The one rule: an empty text is an absent value, in every dialect; nothing else is guessed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from connectors.mapping import moments, units
from connectors.mapping.tables import Table
from connectors.mapping.unfit import Unfit
from hub.canonical.identifiers import uscc_valid

_WHOLE: Final = re.compile(r"-?[0-9]{1,16}").fullmatch
_CLOCK: Final = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]").fullmatch
_HALF_WIDTH: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-:./,"
_FULL_WIDTH: Final = "".join(chr(ord(letter) + 0xFEE0) for letter in _HALF_WIDTH)
NARROW: Final = str.maketrans(_FULL_WIDTH, _HALF_WIDTH)
WIDE: Final = str.maketrans(_HALF_WIDTH, _FULL_WIDTH)


@dataclass(frozen=True, slots=True)
class Codec:
    """Both directions of one rule. `read` gives None for an absent value; both raise only `Unfit`.

    *known* are source texts whose value stands fixed, *pure* is for a reader that may be asked once for the same text:
    `swift` makes use of either, and what neither covers is asked of `read`.
    """

    read: Callable[[Any], Any]
    write: Callable[[Any], Any]
    known: Mapping[str, Any] | None = None
    pure: bool = False


@dataclass(frozen=True, slots=True)
class Style:
    """How one system writes values, wherever they stand."""

    datetimes: tuple[str, ...]
    dates: tuple[str, ...]
    typed: bool  #: numbers and booleans as such (JSON), not as texts
    wide: bool  #: digits of numbers, codes and moments are full-width
    by_hand: bool  #: people type the values: either width, and blanks around them
    yes_no: tuple[str, str] | None  #: its words for true and false


def make(kind: str, style: Style, *, table: Table | None = None, lenient: bool = False, remember: bool = True) -> Codec:
    """The codec of ``as: kind``; *table* for ``table``, *lenient* for ``else: keep``."""
    match kind:
        case "text":
            codec = Codec(read_text, _written_text)
        case "code":
            codec = _plain_code()
        case "int":
            codec = Codec(_read_int, _same if style.typed else str)
        case "bool":
            codec = _bool(style)
        case "uscc":
            codec = Codec(_read_uscc, _written_text)
        case "table" if table is not None:
            codec = _table(table, lenient)
        case "date" | "datetime" | "moment":
            forms = {"date": style.dates, "datetime": style.datetimes, "moment": (*style.datetimes, *style.dates)}[kind]
            # days come again and again, instants do not
            codec = Codec(moments.reader(forms), moments.writer(forms), pure=remember and kind == "date")
        case _:
            raise ValueError(f"as: {kind} is not known")
    if style.wide and kind != "text":
        return _full_width(codec, kind)
    return _by_hand(codec, prose=kind == "text") if style.by_hand else codec


def prefixed(codec: Codec, prefix: str) -> Codec:
    """*codec* whose canonical value carries *prefix*, which the system does not write."""

    def read(value: Any) -> Any:
        inner = codec.read(value)
        return None if inner is None else prefix + str(inner)

    def write(value: Any) -> Any:
        if not str(value).startswith(prefix):
            raise Unfit(f"值不以 {prefix} 开头", f"the value does not begin with {prefix}")
        return codec.write(str(value)[len(prefix) :])

    return Codec(read, write)


def timed(codec: Codec, kind: str, clock: str) -> Codec:
    """``at``: the hour of a moment of which the system keeps the day alone; *codec* is of that day."""
    if kind != "date" or not _CLOCK(clock):
        raise ValueError("at: goes with `as: date` and is a time of the day, HH:MM:SS")
    ending = f"T{clock}+08:00"

    def read(value: Any) -> str | None:
        day = codec.read(value)
        return None if day is None else f"{day}{ending}"

    def write(value: str) -> Any:
        if not value.endswith(ending):
            raise Unfit("该系统只记日期", "this system keeps the day alone")
        return codec.write(value.removesuffix(ending))

    return Codec(read, write, pure=codec.pure)


def _same(value: Any) -> Any:
    return value


def read_text(value: Any) -> str | None:
    """A text as it is."""
    if type(value) is str:
        return value or None
    raise Unfit("须为文本", "must be a text", "请以文本填写,代码和编号不要写成数字")


def _written_text(value: Any) -> str | None:
    return value or None


def _read_int(value: Any) -> int | None:
    if type(value) is int:
        return value
    if type(value) is str:
        text = value.strip()
        if not text:
            return None
        if _WHOLE(text):
            return int(text)
    raise Unfit("须为整数", "must be a whole number")


def counted(unit: str, times: int, style: Style) -> Codec:
    """The codec of ``unit``."""
    codec = Codec(units.reader(unit, times), units.writer(unit, times, typed=style.typed))
    if style.wide:
        return _full_width(codec, "unit")
    return _by_hand(codec, prose=False) if style.by_hand else codec


def _bool(style: Style) -> Codec:
    yes, no = style.yes_no or ("true", "false")
    found: Mapping[Any, bool] = {yes: True, no: False}

    def read(value: Any) -> bool | None:
        if type(value) is bool and style.typed:
            return value
        if value == "":
            return None
        known = found.get(value) if type(value) is str else None
        if known is None:
            raise Unfit(f"须为“{yes}”或“{no}”", f"must be {yes} or {no}")
        return known

    def write(value: bool) -> Any:
        return value if style.typed and style.yes_no is None else yes if value else no

    return Codec(read, write, known=found)


def _read_uscc(value: Any) -> str | None:
    if type(value) is str and uscc_valid(value):
        return value
    text = read_text(value)
    if text is None:
        return None
    text = text.strip().upper()
    if not uscc_valid(text):
        raise Unfit(
            "统一社会信用代码校验不符", "not a valid unified social credit code", "请核对营业执照上的统一社会信用代码"
        )
    return text


def _table(table: Table, lenient: bool) -> Codec:
    values, codes = table.values, table.codes

    def read(value: Any) -> str | None:
        text = read_text(value)
        if text is None:
            return None
        found = values.get(text)
        if found is None:
            if lenient:
                return text
            raise Unfit(f"代码不在码表 {table.field} 中", f"not a code of {table.field}", table.advice(text))
        return found

    def write(value: str) -> str:
        found = codes.get(value)
        # a kept value that is somebody else's code would come back as another value
        if found is None and not (lenient and value not in values):
            raise Unfit(f"码表 {table.field} 中没有对应代码", f"{table.field} has no code for it")
        return found or value

    return Codec(read, write, known=values)


def _plain_code() -> Codec:
    """Numbers and codes that name things: one thing has one spelling, whatever width its letters were typed in."""

    def read(value: Any) -> str | None:
        text = read_text(value)
        return text.translate(NARROW).strip() or None if text else None

    def write(value: str) -> str:
        if read(value) != value:
            raise Unfit("编号不能以半角无空格写出", "a code that is not written in half-width without blanks around it")
        return value

    return Codec(read, write)


def _by_hand(codec: Codec, *, prose: bool) -> Codec:
    inner_read, inner_write = codec.read, codec.write

    def read(value: Any) -> Any:
        if type(value) is str:
            value = value.strip() if prose else value.translate(NARROW).strip()
        return inner_read(value)

    def write(value: Any) -> Any:
        if value != value.strip():
            raise Unfit("首尾空格在手工表格中不能保留", "blanks around a text are not kept where people type")
        return inner_write(value)

    return Codec(read, write if prose else inner_write, pure=codec.pure)


def _full_width(codec: Codec, kind: str) -> Codec:
    inner_read, inner_write = codec.read, codec.write

    def read(value: Any) -> Any:
        return inner_read(value.translate(NARROW) if type(value) is str else value)

    def write(value: Any) -> Any:
        written = inner_write(value)
        return written.translate(WIDE) if type(written) is str else written

    # codes of a table and credit codes are written as the tables have them
    return Codec(read, write if kind in ("int", "unit", "date", "datetime", "moment") else inner_write, pure=codec.pure)
