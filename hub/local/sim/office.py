"""Office hours in a simulated city, and its clock: seconds since a Monday's midnight.

The one rule: this time only says when somebody acts. What a record says happened, happened at the real moment it was written,
because the hub refuses what lies in the future.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final

DAY: Final = 86_400.0
_HOUR: Final = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])").fullmatch
#: A simulation begins on a Monday morning.
MORNING: Final = 8 * 3600.0 + 1800.0


@dataclass(frozen=True, slots=True)
class Hours:
    """From when to when somebody is there, in seconds of the day; *weekend*: on Saturday and Sunday too."""

    first: float
    last: float
    weekend: bool = False

    @staticmethod
    def minutes(text: str) -> int:
        """Minutes since midnight of ``HH:MM``."""
        found = _HOUR(text)
        if found is None:
            raise ValueError(f"{text!r} is no time of day: HH:MM")
        return int(found[1]) * 60 + int(found[2])

    @staticmethod
    def read(value: Any) -> Any:
        """``08:30-17:30``, or ``always``."""
        if not isinstance(value, str):
            return value
        if value == "always":
            return Hours(0.0, DAY, weekend=True)
        first, _, last = value.partition("-")
        return Hours(Hours.minutes(first) * 60.0, Hours.minutes(last) * 60.0)

    def open_at(self, moment: float) -> float:
        """*moment*, or when somebody is there again."""
        day, second = divmod(moment, DAY)
        if second >= self.last:
            day, second = day + 1, self.first
        second = max(second, self.first)
        while not self.weekend and day % 7 >= 5:
            day, second = day + 1, self.first
        return day * DAY + second


def next_at(second: float, moment: float) -> float:
    """The next time after *moment* that it is *second* of the day."""
    day, now = divmod(moment, DAY)
    return (day + (now >= second)) * DAY + second
