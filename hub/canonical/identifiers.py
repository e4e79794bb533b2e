"""The two numbers that name an enterprise and a person, and how to tell a mistyped one.

The one rule: an identifier is judged by its standard alone (GB 32100, GB 11643), never by asking anybody.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from operator import mul
from typing import Final

#: GB 32100-2015 leaves out I, O, S, V and Z, which are misread as digits or as each other.
_USCC_ALPHABET: Final = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_USCC_VALUE: Final[Mapping[str, int]] = {char: value for value, char in enumerate(_USCC_ALPHABET)}
_USCC_WEIGHTS: Final = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)

_ID_WEIGHTS: Final = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
#: GB 11643-1999: the check character for each remainder of the weighted sum by 11.
_ID_CHECK: Final = "10X98765432"
_DIGITS: Final = frozenset("0123456789")


def uscc_check_char(first17: str) -> str:
    """Check character of the first seventeen characters. Raise ValueError if they cannot begin a USCC."""
    if len(first17) != 17:
        raise ValueError("a unified social credit code has 17 characters before its check character")
    try:
        total = sum(map(mul, _USCC_WEIGHTS, map(_USCC_VALUE.__getitem__, first17)))
    except KeyError:
        raise ValueError("a character outside the alphabet of GB 32100") from None
    return _USCC_ALPHABET[-total % 31]


# The same enterprises come again and again, and their codes are public: worth remembering.
@lru_cache(maxsize=32_768)
def uscc_valid(text: str) -> bool:
    """True for a unified social credit code 统一社会信用代码 whose check character is right (GB 32100)."""
    if len(text) != 18:
        return False
    try:
        return uscc_check_char(text[:17]) == text[17]
    except ValueError:
        return False


# A person's number is never remembered: a cache would be a list of citizens in memory.
def id_number_valid(text: str) -> bool:
    """True for a citizen's number 公民身份号码 with a date that exists and the right check character (GB 11643)."""
    if len(text) != 18 or not _DIGITS.issuperset(text[:17]):
        return False
    total = sum(map(mul, _ID_WEIGHTS, map(int, text[:17])))
    if _ID_CHECK[total % 11] != text[17]:
        return False
    try:
        birth_date(text)
    except ValueError:
        return False
    return True


def birth_date(id_number: str) -> date:
    """Date of birth inside a citizen's number. Raise ValueError if there is no such day."""
    return date(int(id_number[6:10]), int(id_number[10:12]), int(id_number[12:14]))
