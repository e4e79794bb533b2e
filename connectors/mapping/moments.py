"""Dates and times as systems write them ⇄ as the contract writes them.

The one rule: a pattern that would lose a second, or a century, is never written. Patterns use the letters of `strptime`
(``%-m`` = no leading zero, ``%b`` = JAN, ``%y`` = two digits of 1950 to 2049, ``%OY`` ``%Om`` ``%Od`` = Chinese numerals, as POSIX
names them) and are compiled to a regular expression once: strptime costs ten times that.
A form with a time that ends in ``Z`` is UTC, as everywhere else: taken for Beijing time it would shift every period by a day.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta, timezone
from functools import lru_cache
from typing import Final

from connectors.mapping.numerals import TOKENS, Token
from connectors.mapping.unfit import Unfit

EPOCH_MILLIS: Final = "epoch-millis"

#: The contract's own spelling, for systems that already use it.
ISO: Final = "%Y-%m-%dT%H:%M:%S+08:00"

#: A moment as its senders are shown it: they know no letters of `strptime`.
_EXAMPLE: Final = "2026-03-09T10:05:00+08:00"
_OFFSET: Final = timedelta(hours=8)
_SHANGHAI: Final = timezone(_OFFSET)


def _as_it_is(digits: str) -> str:
    return digits


def _bare(digits: str) -> str:
    return digits.lstrip("0") or "0"


_TOKENS: Final[Mapping[str, Token]] = {
    "%Y": ("Y", r"\d{4}", int, _as_it_is), "%m": ("m", r"\d{2}", int, _as_it_is), "%d": ("d", r"\d{2}", int, _as_it_is),
    "%H": ("H", r"\d{2}", int, _as_it_is), "%M": ("M", r"\d{2}", int, _as_it_is), "%S": ("S", r"\d{2}", int, _as_it_is),
    "%-m": ("m", r"\d{1,2}", int, _bare), "%-d": ("d", r"\d{1,2}", int, _bare), "%-H": ("H", r"\d{1,2}", int, _bare),
    **TOKENS,
}  # fmt: skip
#: Where each part stands in ``YYYY-MM-DDTHH:MM:SS+08:00``.
_PLACES: Final = {
    "Y": slice(0, 4),
    "m": slice(5, 7),
    "d": slice(8, 10),
    "H": slice(11, 13),
    "M": slice(14, 16),
    "S": slice(17, 19),
}
#: Parts written in digits alone: such a text becomes the contract's by putting its parts in another order.
_DIGITS: Final = frozenset({"%Y", "%m", "%d", "%H", "%M", "%S", "%-m", "%-d", "%-H"})
_SPLIT: Final = re.compile(r"(%[-O]?[A-Za-z])")


class Pattern:
    """One compiled pattern."""

    def __init__(self, text: str) -> None:
        pieces = _SPLIT.split(text)
        unknown = [piece for piece in pieces[1::2] if piece not in _TOKENS]
        if unknown:
            raise ValueError(f"{text}: {unknown[0]} is no part of a pattern")
        tokens = [_TOKENS[piece] for piece in pieces[1::2]]
        letters = [letter for letter, *_ in tokens]
        if len(set(letters)) != len(letters) or set("Ymd") - set(letters):
            raise ValueError(f"{text}: year, month and day once each")
        self.text = text
        self.has_time = "H" in letters
        self._utc = self.has_time and text.endswith("Z")
        self.lossless = set(letters) in ({*"Ymd"}, {*"YmdHMS"})
        expression = "".join(
            f"(?P<{_TOKENS[piece][0]}>{_TOKENS[piece][1]})" if n % 2 else re.escape(piece)
            for n, piece in enumerate(pieces)
        )
        # ASCII digits only: full-width ones are narrowed before, by the mapping that says so.
        self._match = re.compile(expression, re.ASCII).fullmatch
        plain = self.lossless and not self._utc and _DIGITS.issuperset(pieces[1::2])
        self._plain = sorted(letters, key="YmdHMS".index) if plain else None
        self._reads = {letter: read for letter, _, read, _ in tokens}
        self._pieces = [(piece, None) if not n % 2 else ("", _TOKENS[piece]) for n, piece in enumerate(pieces)]

    def read(self, text: str) -> str | None:
        """The contract's spelling; None if *text* is not of this pattern or no such moment exists."""
        found = self._match(text)
        if found is None:
            return None
        if self._plain is not None:
            return _put(*found.group(*self._plain))
        part = {letter: self._reads[letter](piece) for letter, piece in found.groupdict().items()}
        year, month, day = part["Y"], part["m"], part["d"]
        try:
            if not self.has_time:
                date(year, month, day)
                return f"{year:04}-{month:02}-{day:02}"
            hour, minute, second = part["H"], part.get("M", 0), part.get("S", 0)
            moment = datetime(year, month, day, hour, minute, second)  # noqa: DTZ001 - asked whether it exists
            if self._utc:
                return (moment + _OFFSET).isoformat() + "+08:00"
        except (ValueError, OverflowError):
            return None
        return f"{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}+08:00"

    def write(self, canonical: str) -> str | None:
        """*canonical* in this pattern; None if it would be read back as another moment."""
        if self._utc:
            try:
                canonical = (datetime.fromisoformat(canonical[:19]) - _OFFSET).isoformat()
            except (ValueError, OverflowError):
                return None
        written = []
        for piece, token in self._pieces:
            text = piece if token is None else token[3](canonical[_PLACES[token[0]]])
            if text is None:
                return None
            written.append(text)
        return "".join(written)


def _put(year: str, month: str, day: str, hour: str = "", minute: str = "", second: str = "") -> str | None:
    """The contract's spelling of digits; None if there is no such moment."""
    written = f"{year}-{month:0>2}-{day:0>2}"
    if not _is_day(written):
        return None
    if not hour:
        return written
    hour = hour if len(hour) == 2 else "0" + hour
    return f"{written}T{hour}:{minute}:{second}+08:00" if hour < "24" and minute < "60" and second < "60" else None


@lru_cache(maxsize=4096)  # the same days come again and again
def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _epoch_read(value: object) -> str | None:
    # bounded to years of four digits, or `fromtimestamp` has its own opinion on every platform
    if type(value) is not int or not -2_208_988_800_000 <= value < 7_258_118_400_000 or value % 1000:
        return None
    return (datetime(1970, 1, 1, 8, tzinfo=_SHANGHAI) + timedelta(milliseconds=value)).isoformat()


def _epoch_write(canonical: str) -> int:
    return round(datetime.fromisoformat(canonical).timestamp()) * 1000


def reader(formats: Sequence[str]) -> Callable[[object], str | None]:
    """Read any of *formats*."""
    patterns = [Pattern(text) for text in formats if text != EPOCH_MILLIS]
    takes_epoch = EPOCH_MILLIS in formats
    example = formats[0]
    advice = f"请按 {patterns[0].write(_EXAMPLE) if patterns else _epoch_write(_EXAMPLE)} 的形式填写"

    def read_text(text: str) -> str:
        for pattern in patterns:
            moment = pattern.read(text)
            if moment is not None:
                return moment
        raise Unfit("日期时间不合格式", f"no such moment in the form {example}", advice)

    def read(value: object) -> str | None:
        if type(value) is str:
            text = value.strip()
            return read_text(text) if text else None
        moment = _epoch_read(value) if takes_epoch else None
        if moment is None:
            raise Unfit("日期时间不合格式", f"no such moment in the form {example}", advice)
        return moment

    return read


def writer(formats: Sequence[str]) -> Callable[[str], object]:
    """Write in the first of *formats* that keeps the value whole: dates by a date's, instants by an instant's."""
    by_length: dict[int, list[Callable[[str], object]]] = {}
    for text in formats:
        if text == EPOCH_MILLIS:
            by_length.setdefault(len("2026-03-09T10:00:00+08:00"), []).append(_epoch_write)
            continue
        pattern = Pattern(text)
        if pattern.lossless:
            by_length.setdefault(25 if pattern.has_time else 10, []).append(pattern.write)

    def write(canonical: str) -> object:
        for chosen in by_length.get(len(canonical), ()):
            written = chosen(canonical)
            if written is not None:
                return written
        raise Unfit("该格式不能表示此时间", "the form cannot hold this moment")

    return write
