"""Numbers that a system counts in another unit than the contract: money in 万元, periods in weeks.

The one rule: a number is turned exactly or not at all. What the contract's unit cannot hold is refused, never rounded:
a fine that changes by a fen on its way is another fine.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from connectors.mapping.unfit import Unfit

#: Dimension -> unit -> how many of the contract's unit (fen, days) it is.
UNITS: Final[Mapping[str, Mapping[str, int]]] = {
    "money": {"分": 1, "角": 10, "元": 100, "千元": 100_000, "万元": 1_000_000, "百万元": 100_000_000},
    "days": {"日": 1, "天": 1, "周": 7},
}
YUAN: Final = "元"

_NUMBER: Final = re.compile(r"(-?)([0-9]{1,16})(?:\.([0-9]{1,8}))?").fullmatch
_LARGEST: Final = 10**16 - 1


def dimension(name: str) -> str:
    """What a field of the contract counts, by the ending of its name; empty if its number has no unit."""
    return "money" if name.endswith("Fen") else "days" if name.endswith("Days") else ""


def factor(name: str, unit: str) -> int:
    """How many of the contract's unit of the field *name* one *unit* is."""
    known = UNITS.get(dimension(name))
    if known is None:
        raise ValueError(f"unit: {name} counts neither money nor days")
    if unit not in known:
        raise ValueError(f"unit: {unit} is not known; there are {'、'.join(known)}")
    return known[unit]


def reader(unit: str, times: int) -> Callable[[Any], int | None]:
    """Read a number of *unit*. A float is taken by its shortest decimal text, which is what the sender typed."""

    def read(value: Any) -> int | None:
        if type(value) is str:
            text = value.strip().replace(",", "")
            if not text:
                return None
            text = text.removesuffix(unit).rstrip()
        else:
            text = repr(value).removesuffix(".0") if type(value) in (int, float) else ""
        found = _NUMBER(text)
        if found is not None:
            sign, whole, rest = found[1], found[2], found[3] or ""
            number, left = divmod(int(whole + rest) * times, int("1" + "0" * len(rest)))
            if not left and number <= _LARGEST:
                return -number if sign else number
        raise Unfit(
            f"须为以{unit}计的数,且折算后为整数",
            f"must be a number of {unit} that is whole in the contract's unit",
            f"请只写数字,以{unit}为单位,例如 1200.50" if times == 100 else f"请只写数字,以{unit}为单位",
        )

    return read


def writer(unit: str, times: int, *, typed: bool) -> Callable[[int], Any]:
    """Write a number in *unit*; *typed*: a whole number as such."""
    digits = len(str(times)) - 1 if set(str(times)) <= set("10") else 0

    def write(value: int) -> Any:
        whole, rest = divmod(abs(value), times)
        sign = "-" if value < 0 else ""
        if digits:
            text = f"{sign}{whole}.{rest:0{digits}}"
            return text if unit == YUAN else text.rstrip("0").rstrip(".")
        if rest:
            raise Unfit(f"不能以整{unit}表示", f"no whole number of {unit}")
        return int(f"{sign}{whole}") if typed else f"{sign}{whole}"

    return write
