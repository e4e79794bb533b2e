"""What is tried out on the command line: switches, files of law and city, and a stretch of time.

The one rule: a word that means nothing is refused with what would mean something; a wrong switch never silently tries out nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from pathlib import Path
from typing import Any, Final

import yaml

from hub.canonical.event import SHANGHAI
from hub.canonical.periods import ONE_DAY
from hub.cli.exits import Exit, Failed
from hub.cli.language import say
from hub.reference import Reference, load
from hub.settings import Settings

#: Before and after everything the hub can have heard of.
_FIRST: Final = datetime(1900, 1, 1, tzinfo=SHANGHAI)
_LAST: Final = datetime(2200, 1, 1, tzinfo=SHANGHAI)


def switches(words: Sequence[str], reference: Reference) -> Mapping[str, Any]:
    """``caps.LOW=2`` and the like → changes of the policy, to be merged deep."""
    changes: dict[str, Any] = {}
    for word in words:
        path, mark, text = word.partition("=")
        if not mark:
            raise _unclear(word, "开关写作 KEY=VALUE", "a switch is written KEY=VALUE")
        *above, last = path.split(".")
        known: Any = reference.policy
        place = changes
        for part in above:
            known = known.get(part) if isinstance(known, Mapping) else None
            place = place.setdefault(part, {})
        if (above or [last])[0] not in reference.policy:
            names = ", ".join(sorted(reference.policy))
            raise _unclear(word, f"没有这个开关;有: {names}", f"no such switch; there are: {names}")
        value = _value(word, text)
        usual = known.get(last) if isinstance(known, Mapping) else None
        if (above and not isinstance(known, Mapping)) or (usual is not None and type(usual) is not type(value)):
            raise _unclear(word, f"此处现为 {usual if usual is not None else known!r}", f"what stands there is {usual if usual is not None else known!r}")  # fmt: skip
        place[last] = value
    return changes


def _value(word: str, text: str) -> Any:
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError:
        raise _unclear(word, "值不是 YAML", "the value is no YAML") from None


def files(directory: Path | None) -> Reference:
    """The reference data of *directory*, else those the hub is set to. Raises `ReferenceInvalid`."""
    return load(directory or Settings().reference_dir)


def stretch(text: str) -> tuple[datetime, datetime]:
    """``FROM..TO``: from the first instant up to the second, not included; a date as TO includes its day; either may be left out."""
    begin, mark, end = text.partition("..")
    if not mark:
        raise _unclear(text, "时段写作 FROM..TO,例如 2026-03-01..2026-03-31", "a stretch of time is FROM..TO, e.g. 2026-03-01..2026-03-31")  # fmt: skip
    since = _moment(text, begin, whole_day=False) if begin else _FIRST
    until = _moment(text, end, whole_day=True) if end else _LAST
    if since >= until:
        raise _unclear(text, "FROM 须早于 TO", "FROM must be before TO")
    return since, until


def _moment(text: str, part: str, *, whole_day: bool) -> datetime:
    try:
        if len(part) == 10:
            return datetime.combine(date.fromisoformat(part) + ONE_DAY * whole_day, time(), SHANGHAI)
        moment = datetime.fromisoformat(part)
    except (ValueError, OverflowError):
        raise _unclear(text, f"不是日期或时间: {part}", f"no date or time: {part}") from None
    return moment.replace(tzinfo=SHANGHAI) if moment.tzinfo is None else moment


def _unclear(word: str, zh: str, en: str) -> Failed:
    return Failed(Exit.USAGE, f"{word}: {say(zh, en)}")
