"""Moments that a file names from today: ``{t-3h}`` before now, ``{d-230}`` a day from today, ``{w+4}`` the 4th working day.

The one rule: nothing is read here but the text; now and the calendar are given.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any, Final

from hub.canonical.periods import Calendar

_MARK: Final = re.compile(r"\{([tdw])([+-]\d+)([hm]?)\}")


def dated(value: Any, now: datetime, calendar: Calendar) -> Any:
    """*value* with every mark of time written out. ``{w+0}``: today, or the next working day."""
    if isinstance(value, dict):
        return {name: dated(part, now, calendar) for name, part in value.items()}
    if isinstance(value, list):
        return [dated(part, now, calendar) for part in value]
    return _MARK.sub(lambda mark: _moment(mark, now, calendar), value) if isinstance(value, str) else value


def _moment(mark: re.Match[str], now: datetime, calendar: Calendar) -> str:
    count = int(mark[2])
    match mark[1]:
        case "t":
            moment = now + (timedelta(hours=count) if mark[3] == "h" else timedelta(minutes=count))
            return moment.isoformat(timespec="seconds")
        case "d":
            return (now.date() + timedelta(days=count)).isoformat()
        case _:
            return calendar.add_working_days(calendar.roll(now.date()), count).isoformat()
