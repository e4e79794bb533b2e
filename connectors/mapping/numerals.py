"""Years, months and days that are not written in Arabic digits, or not in full: ``MAR``, ``26``, ``二〇二六``, ``三十一``.

The one rule: each spelling is read to one number and a number is written in one spelling, or not at all.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

_MONTHS: Final = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_DIGITS: Final = "〇一二三四五六七八九"
#: Written for 〇 where a keyboard or a font has none.
_ZEROES: Final = str.maketrans("零○", "〇〇")
#: Databases take two digits below 50 for the present century.
_PIVOT: Final = 50


def _spelt(number: int) -> str:
    tens, ones = divmod(number, 10)
    return ("" if not tens else "十" if tens == 1 else f"{_DIGITS[tens]}十") + (_DIGITS[ones] if ones else "")


_SPELT: Final[Mapping[int, str]] = {number: _spelt(number) for number in range(1, 32)}
_NUMBERS: Final[Mapping[str, int]] = {text: number for number, text in _SPELT.items()}


def _read_month(text: str) -> int:
    return _MONTHS.index(text.upper()) + 1


def _write_month(digits: str) -> str:
    return _MONTHS[int(digits) - 1]


def _read_short_year(text: str) -> int:
    return int(text) + (2000 if int(text) < _PIVOT else 1900)


def _write_short_year(digits: str) -> str | None:
    return digits[2:] if _read_short_year(digits[2:]) == int(digits) else None


def _read_spelt_year(text: str) -> int:
    return int("".join(str(_DIGITS.index(digit)) for digit in text.translate(_ZEROES)))


def _write_spelt_year(digits: str) -> str:
    return "".join(_DIGITS[int(digit)] for digit in digits)


#: Token of a pattern -> its letter, its regular expression, read, write (None: it would come back as another).
Token = tuple[str, str, Callable[[str], int], Callable[[str], str | None]]
TOKENS: Final[Mapping[str, Token]] = {
    "%b": ("m", "|".join(f"(?i:{name})" for name in _MONTHS), _read_month, _write_month),
    "%y": ("Y", r"\d{2}", _read_short_year, _write_short_year),
    "%OY": ("Y", f"[{_DIGITS}零○]{{4}}", _read_spelt_year, _write_spelt_year),
    "%Om": ("m", "|".join(sorted(_NUMBERS, key=len, reverse=True)), _NUMBERS.__getitem__, lambda digits: _SPELT[int(digits)]),
    "%Od": ("d", "|".join(sorted(_NUMBERS, key=len, reverse=True)), _NUMBERS.__getitem__, lambda digits: _SPELT[int(digits)]),
}  # fmt: skip
