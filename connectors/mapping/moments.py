"""Dates and times as systems write them ⇄ as the contract writes them.

The one rule: a pattern that would lose a second on the way out is refused when the mapping is compiled. Patterns use the
letters of `strptime` (``%-m`` = no leading zero) and are compiled to a regular expression once: strptime costs ten times that.
A form with a time that ends in ``Z`` is UTC, as everywhere else: taken for Beijing time it would shift every period by a day.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta, timezone
from typing import Final

from connectors.mapping.unfit import Unfit

EPOCH_MILLIS: Final = "epoch-millis"

#: The contract's own spelling, for systems that already use it.
ISO: Final = "%Y-%m-%dT%H:%M:%S+08:00"

#: A moment as its senders are shown it: they know no letters of `strptime`.
_EXAMPLE: Final = "2026-03-09T10:05:00+08:00"
_OFFSET: Final = timedelta(hours=8)
_SHANGHAI: Final = timezone(_OFFSET)
_TOKENS: Final = {
    "%Y": ("Y", r"(?P<Y>\d{4})"), "%m": ("m", r"(?P<m>\d{2})"), "%d": ("d", r"(?P<d>\d{2})"),
    "%H": ("H", r"(?P<H>\d{2})"), "%M": ("M", r"(?P<M>\d{2})"), "%S": ("S", r"(?P<S>\d{2})"),
    "%-m": ("m", r"(?P<m>\d{1,2})"), "%-d": ("d", r"(?P<d>\d{1,2})"), "%-H": ("H", r"(?P<H>\d{1,2})"),
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
_SPLIT: Final = re.compile(r"(%-?[YmdHMS])")


class Pattern:
    """One compiled pattern."""

    def __init__(self, text: str) -> None:
        pieces = _SPLIT.split(text)
        try:
            letters = [_TOKENS[piece][0] for piece in pieces[1::2]]
            expression = "".join(_TOKENS[piece][1] if n % 2 else re.escape(piece) for n, piece in enumerate(pieces))
        except KeyError as error:
            raise ValueError(f"{text}: {error.args[0]} is no part of a pattern") from None
        if len(set(letters)) != len(letters) or set("Ymd") - set(letters):
            raise ValueError(f"{text}: year, month and day once each")
        self.text = text
        self.has_time = "H" in letters
        self._utc = self.has_time and text.endswith("Z")
        self.lossless = set(letters) in ({*"Ymd"}, {*"YmdHMS"})
        # ASCII digits only: full-width ones are narrowed before, by the mapping that says so.
        self._match = re.compile(expression, re.ASCII).fullmatch
        self._pieces = [
            (piece, None, False) if not n % 2 else ("", _PLACES[_TOKENS[piece][0]], "-" in piece)
            for n, piece in enumerate(pieces)
        ]

    def read(self, text: str) -> str | None:
        """The contract's spelling; None if *text* is not of this pattern or no such moment exists."""
        found = self._match(text)
        if found is None:
            return None
        part = found.groupdict()
        year, month, day = int(part["Y"]), int(part["m"]), int(part["d"])
        try:
            if not self.has_time:
                date(year, month, day)
                return f"{year:04}-{month:02}-{day:02}"
            hour, minute, second = int(part["H"]), int(part.get("M", 0)), int(part.get("S", 0))
            moment = datetime(year, month, day, hour, minute, second)  # noqa: DTZ001 - asked whether it exists
            if self._utc:
                return (moment + _OFFSET).isoformat() + "+08:00"
        except (ValueError, OverflowError):
            return None
        return f"{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}+08:00"

    def write(self, canonical: str) -> str:
        """*canonical* in this pattern."""
        if self._utc:
            try:
                canonical = (datetime.fromisoformat(canonical[:19]) - _OFFSET).isoformat()
            except (ValueError, OverflowError):
                raise Unfit("该格式不能表示此时间", "the form cannot hold this moment") from None
        return "".join(
            piece if place is None else (canonical[place].lstrip("0") or "0" if bare else canonical[place])
            for piece, place, bare in self._pieces
        )


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
    by_length: dict[int, Callable[[str], object]] = {}
    for text in formats:
        if text == EPOCH_MILLIS:
            by_length.setdefault(len("2026-03-09T10:00:00+08:00"), _epoch_write)
            continue
        pattern = Pattern(text)
        if pattern.lossless:
            by_length.setdefault(25 if pattern.has_time else 10, pattern.write)

    def write(canonical: str) -> object:
        chosen = by_length.get(len(canonical))
        if chosen is None:
            raise Unfit("该格式不能表示此时间", "the form cannot hold this moment")
        return chosen(canonical)

    return write
