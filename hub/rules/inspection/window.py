"""Windows of days 检查窗口: closed ranges of dates.

The one rule: two windows meet only if they share a working day; planned inspections do not take place on off days (K3).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import msgspec

from hub.canonical.periods import ONE_DAY, Calendar


class Window(msgspec.Struct, frozen=True, order=True):
    """From *first* to *last*, both included."""

    first: date
    last: date

    @property
    def years(self) -> range:
        """Calendar years it touches."""
        return range(self.first.year, self.last.year + 1)

    def written(self) -> dict[str, str]:
        """As the contract writes it."""
        return {"from": self.first.isoformat(), "to": self.last.isoformat()}


def window_from(written: Mapping[str, str]) -> Window:
    """Read a window of the contract."""
    return Window(date.fromisoformat(written["from"]), date.fromisoformat(written["to"]))


def meet(one: Window, other: Window, calendar: Calendar) -> Window | None:
    """The days both share, None unless one of them is a working day."""
    if one.last < other.first or other.last < one.first:
        return None
    first, last = max(one.first, other.first), min(one.last, other.last)
    return Window(first, last) if calendar.has_working_day(first, last) else None


def overlapping(windows: Sequence[Window]) -> list[tuple[int, int]]:
    """Which two of *windows* share a day: their places, in the order of `itertools.combinations`.

    Only windows that lie together are looked at together: an enterprise may have many plans, few of them in one week.
    """
    places = sorted(range(len(windows)), key=windows.__getitem__)
    found = []
    for rank, one in enumerate(places):
        last = windows[one].last
        for place in range(rank + 1, len(places)):
            other = places[place]
            if windows[other].first > last:
                break
            found.append((one, other) if one < other else (other, one))
    return sorted(found)


def gap_days(earlier: Window, later: Window) -> int:
    """Days from the end of one to the beginning of the next, 0 if they overlap."""
    return max(0, (later.first - earlier.last).days)


def trim(window: Window, calendar: Calendar) -> Window:
    """*window* from its first to its last working day; unchanged if it holds none."""
    if not calendar.has_working_day(window.first, window.last):
        return window
    return Window(calendar.roll(window.first), calendar.working_day_before(window.last + ONE_DAY))
