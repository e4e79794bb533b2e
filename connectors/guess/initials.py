"""Pinyin initials of Chinese titles: 检查计划编号 → jcjhbh, as older systems name their columns.

The one rule: the first level of GB 2312 is in the order of pinyin, so a character's code alone tells its letter; characters of
the second level are in the order of radicals and tell nothing.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import Final

#: The code of the first character of each letter in GB 2312; no word begins with i, u or v.
_FIRST: Final = (
    0xB0A1, 0xB0C5, 0xB2C1, 0xB4EE, 0xB6EA, 0xB7A2, 0xB8C1, 0xB9FE, 0xBBF7, 0xBFA6, 0xC0AC, 0xC2E8,
    0xC4C3, 0xC5B6, 0xC5BE, 0xC6DA, 0xC8BB, 0xC8F6, 0xCBFA, 0xCDDA, 0xCEF4, 0xD1B9, 0xD4D1,
)  # fmt: skip
_LETTERS: Final = "abcdefghjklmnopqrstwxyz"
_LAST: Final = 0xD7F9
#: Of these the code tells another reading than the one they have in titles.
_READ: Final = {
    "场": "c",
    "区": "q",
    "行": "x",
    "重": "z",
    "系": "x",
    "证": "z",
    "划": "h",
    "称": "c",
    "调": "d",
    "给": "g",
}


def initials(text: str) -> str:
    """The letters of *text*; empty if it has a character whose letter is not known."""
    found = []
    for char in text:
        if char.isascii():
            if char.isalnum():
                found.append(char.lower())
            continue
        letter = _READ.get(char) or _letter(char)
        if not letter:
            return ""
        found.append(letter)
    return "".join(found)


def _letter(char: str) -> str:
    try:
        code = int.from_bytes(char.encode("gb2312"), "big")
    except UnicodeEncodeError:
        return ""
    if not _FIRST[0] <= code <= _LAST:
        return ""
    return _LETTERS[bisect_right(_FIRST, code) - 1]
