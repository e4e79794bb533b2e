"""Lists inside one cell: ``GF:101:CITY;GF:102:DISTRICT``. For formats that know only texts.

The one rule: a separator inside a value is written ``%3B`` (as in an address of the web), so that what is joined can be
parted again. A cell holding the separator alone is the empty list. Where people type the cells, the full-width ``；`` and ``：``
of a Chinese keyboard part as well.
"""

from __future__ import annotations

import re
from typing import Any, Final

from connectors.mapping.scalars import Codec
from connectors.mapping.unfit import Unfit

_ESCAPED: Final = re.compile("%(25|3B|3A|2C|FF1B|FF1A)")
_TEXTS: Final = {"25": "%", "3B": ";", "3A": ":", "2C": ",", "FF1B": "；", "FF1A": "："}
_SPECIAL: Final = re.compile("[%;:,]")
_SPECIAL_BY_HAND: Final = re.compile("[%;:,；：]")
_TYPED: Final = str.maketrans("；：", ";:")


def escape(text: str, *, by_hand: bool = False) -> str:
    """*text* without a character that parts."""
    special = _SPECIAL_BY_HAND if by_hand else _SPECIAL
    return special.sub(lambda found: f"%{ord(found[0]):02X}", text) if special.search(text) else text


def unescape(text: str) -> str:
    """The text as it was."""
    return _ESCAPED.sub(lambda found: _TEXTS[found[1]], text) if "%" in text else text


def part(cell: str, separator: str) -> list[str]:
    """The pieces of *cell*, still escaped."""
    return [] if cell == separator else cell.split(separator)


def join(pieces: list[str], separator: str) -> str:
    """One cell of escaped *pieces*."""
    return separator.join(pieces) if pieces else separator


def cell_list(codec: Codec, separator: str, *, by_hand: bool = False) -> Codec:
    """A list of values of *codec* in one cell."""

    def read(cell: Any) -> list[Any] | None:
        if type(cell) is not str:
            raise Unfit("须为文本", "must be a text")
        if by_hand:
            cell = cell.translate(_TYPED).strip()
            if not cell:
                return None
        values: list[Any] = []
        for piece in part(cell, separator):
            try:
                value = codec.read(piece)
                if value is None:
                    raise Unfit("列表中有空项", "an empty entry in a list")
                values.append(value)
            except Unfit as error:
                error.value = piece if error.value is None else error.value
                error.path.append(f"[{len(values)}]")
                raise
        return values

    return Codec(read, lambda values: join([codec.write(value) for value in values], separator))
