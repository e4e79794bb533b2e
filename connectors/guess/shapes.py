"""What the values of a column look like, whatever it is called.

The one rule: a shape holds only if every value has it; a single exception would be refused once the connector runs.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from connectors.mapping.moments import EPOCH_MILLIS, Pattern
from hub.canonical.identifiers import id_number_valid, uscc_valid

_DAYS: Final = (
    "%Y-%m-%d", "%Y-%-m-%-d", "%Y/%m/%d", "%Y/%-m/%-d", "%Y.%m.%d", "%Y.%-m.%-d", "%Y年%m月%d日", "%Y年%-m月%-d日", "%Y%m%d",
)  # fmt: skip
_TIMES: Final = (
    " %H:%M:%S", " %-H:%M:%S", " %H:%M", " %-H:%M", "T%H:%M:%S", "T%H:%M:%S+08:00", "%H%M%S", " %H时%M分%S秒", " %H时%M分",
    "%H时%M分", " %H%M%S",
)  # fmt: skip
_DATES: Final = tuple(Pattern(day) for day in _DAYS)
_DATETIMES: Final = tuple(Pattern(day + time) for day in _DAYS for time in _TIMES)
_MIDNIGHTS: Final = tuple(Pattern(f"{day} 00:00:00") for day in _DAYS[:4])

YES_NO: Final = (
    ("是", "否"), ("1", "0"), ("Y", "N"), ("y", "n"), ("true", "false"), ("TRUE", "FALSE"), ("有", "无"), ("已", "未"),
    ("T", "F"), ("√", "×"), ("yes", "no"),
)  # fmt: skip

_WHOLE: Final = re.compile(r"-?[0-9]{1,15}").fullmatch
_MONEY: Final = re.compile(r"[0-9]{1,13}(\.[0-9]{1,2})?").fullmatch
_DIVISION: Final = re.compile(r"[1-6][0-9]{5}([0-9]{3})?").fullmatch
_PHONE: Final = re.compile(r"1[3-9][0-9]{9}|0[0-9]{2,3}-?[0-9]{7,8}|[0-9]{7,8}").fullmatch
_EPOCH: Final = (946_684_800_000, 4_102_444_800_000)  #: of the years 2000 to 2099


@dataclass(frozen=True, slots=True)
class Column:
    """One field of the sample's records: its path (``a.b``, ``list[].c``) and its values in the order of the records."""

    path: str
    values: tuple[Any, ...]
    records: int  #: how many records there are

    @property
    def name(self) -> str:
        """The last name of the path."""
        return self.path.rpartition(".")[2].removesuffix("[]").removeprefix("@")

    @property
    def inside(self) -> str:
        """The list it stands in; empty if in none."""
        return self.path.rpartition("[].")[0]

    def texts(self) -> list[str]:
        """Its values as texts, each once."""
        return list(dict.fromkeys(str(value).strip() for value in self.values))

    def is_text(self) -> bool:
        """Are all of them texts, as codes and numbers of things must be?"""
        return all(isinstance(value, str) for value in self.values)

    def unique(self) -> bool:
        """Does each record have one, and each another?"""
        return len(self.values) == self.records == len(self.texts())


def credit_code(texts: Sequence[str]) -> bool:
    """Unified social credit codes with the right check character."""
    return bool(texts) and all(uscc_valid(text.upper()) for text in texts)


def citizens_number(texts: Sequence[str]) -> bool:
    """Citizens' numbers with the right check character."""
    return bool(texts) and all(map(id_number_valid, texts))


def whole(texts: Sequence[str]) -> bool:
    """Whole numbers."""
    return bool(texts) and all(map(_WHOLE, texts))


def money(texts: Sequence[str]) -> bool:
    """Amounts with at most two decimals."""
    return bool(texts) and all(map(_MONEY, texts))


def division(texts: Sequence[str]) -> bool:
    """Codes of divisions (GB/T 2260), streets included."""
    return bool(texts) and all(map(_DIVISION, texts))


def phone(texts: Sequence[str]) -> bool:
    """Telephone numbers."""
    return bool(texts) and all(map(_PHONE, texts))


def yes_no(texts: Sequence[str]) -> tuple[str, str] | None:
    """The pair of words that all of *texts* belong to."""
    return next((pair for pair in YES_NO if texts and set(texts) <= set(pair)), None)


def days(texts: Sequence[str]) -> tuple[str, ...]:
    """Patterns that read every one as a day; empty if there are none."""
    return _cover(texts, (*_DATES, *_MIDNIGHTS))


def moments(values: Sequence[Any]) -> tuple[str, ...]:
    """Patterns that read every one as an instant; empty if there are none."""
    if values and all(type(value) is int and _EPOCH[0] <= value < _EPOCH[1] and value % 1000 == 0 for value in values):
        return (EPOCH_MILLIS,)
    return _cover([str(value).strip() for value in values], _DATETIMES)


def _cover(texts: Sequence[str], patterns: Sequence[Pattern]) -> tuple[str, ...]:
    """The fewest patterns, the strict ones first, that together read all of *texts*."""
    rest, found = set(texts), list[str]()
    while rest:
        read, best = max(
            ((sum(pattern.read(text) is not None for text in rest), -at) for at, pattern in enumerate(patterns))
        )
        if not read:
            return ()
        chosen = patterns[-best]
        found.append(chosen.text)
        rest = {text for text in rest if chosen.read(text) is None}
    return tuple(found)
