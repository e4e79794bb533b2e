"""What is usual for a system, learned from its counts per hour: how many records, and how often it said nothing at all.

The one rule: what is learned is whether an hour or a stretch of hours was empty, not how much it held. A system sends files of
a thousand rows as well as single records; its records are no independent events, its sendings nearly are. And a burst, be it of
a million records, makes one hour not empty: nothing that is concluded from here moves by it. The count that is shown as usual is
a median for the same reason.

Days are of two kinds, as the calendar has them: worked and off. A make-up workday 调休 is worked by the notice, and eight weeks
hold two of them at most, so it is compared with the working days. China has no summer time: every day has 24 hours.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from itertools import groupby
from math import prod
from statistics import median
from typing import Final, NamedTuple

from hub.canonical.periods import ONE_DAY, Calendar

#: Records in each of the 24 hours of a day.
Hours = tuple[int, ...]

DAY_HOURS: Final = 24
LEARNED_DAYS: Final = 56  #: eight weeks: forty working days, and not yet another season
LEAST_DAYS: Final = 14  #: two weeks: below ten working days one empty hour proves nothing

#: One day in twenty may be an incident of the past: such empty hours are left out, else one outage would be learned as a habit
#: and hide the next one for eight weeks.
_TRIMMED: Final = 20
#: So many working days without a word in a row, at most twice in eight weeks, are an outage or a beginning anew. More often it is
#: a habit: who sends on Mondays and Tuesdays is silent three days each week. And enough days must be left to learn from.
_OUTAGE_DAYS: Final = 3
_OUTAGES: Final = 2
_DAYS_LEFT: Final = 10
#: Fewer comparable nights than this say less than the two days apart.
_FEWEST_NIGHTS: Final = 5
#: Beyond this nothing is decided any more.
_IMPOSSIBLE: Final = 1e-9


class Past(NamedTuple):
    """How many of the comparable *days* were silent in the same hours."""

    silent: int
    days: int

    @property
    def trimmed(self) -> Past:
        """Without the incidents that are no habit."""
        left_out = min(self.silent, self.days // _TRIMMED)
        return Past(self.silent - left_out, self.days - left_out)

    @property
    def chance(self) -> float:
        """Of silence, on the next such day: what was never silent in n days is given half a day in n+1 (Jeffreys' prior)."""
        if 2 * self.silent >= self.days:  # silence is the rule here: nothing to be careful about
            return self.silent / self.days if self.days else 1.0
        silent, days = self.trimmed
        return (silent + 0.5) / (days + 1)


NOTHING: Final = Past(0, 0)


class Chance(NamedTuple):
    """How likely a silence is, and the part of it that tells most."""

    value: float
    past: Past


@dataclass(frozen=True)
class Usual:
    """The whole days that were learned from."""

    days: Mapping[date, Hours]
    calendar: Calendar

    @cached_property
    def _of_kind(self) -> Mapping[bool, tuple[Hours, ...]]:
        return {
            working: tuple(hours for day, hours in self.days.items() if self.calendar.is_working(day) is working)
            for working in (True, False)
        }

    @cached_property
    def _hour_chance(self) -> Mapping[bool, tuple[float, ...]]:
        return {
            working: tuple(
                Past(sum(not each[hour] for each in days), len(days)).chance if days else 1.0
                for hour in range(DAY_HOURS)
            )
            for working, days in self._of_kind.items()
        }

    @cached_property
    def busy_hours(self) -> int:
        """Hours of a day in which it usually sends: so often a day a healthy system might be silent by chance."""
        return max(1, *(sum(each < 0.5 for each in chances) for chances in self._hour_chance.values()))

    def count(self, at: datetime) -> float:
        """Median of the records in the hour of *at* on days of its kind."""
        days = self._of_kind[self.calendar.is_working(at.date())]
        return median(each[at.hour] for each in days) if days else 0.0

    def chance(self, start: datetime, hours: int) -> Chance:
        """That a healthy system says nothing for *hours* whole hours from *start* on.

        In rounds of 24 hours, so that a batch that wanders about midnight stays in one piece; rounds are independent. A longer
        silence is never likelier than the shorter one within it.
        """
        whole, telling = 1.0, Chance(1.0, NOTHING)
        for begun in range(0, hours, DAY_HOURS):
            round_ = Chance(1.0, NOTHING)
            for length in range(1, min(DAY_HOURS, hours - begun) + 1):
                round_ = min(round_, self._stretch(start + timedelta(hours=begun), length), key=lambda each: each.value)
            whole *= round_.value
            telling = min(telling, round_, key=lambda each: each.value)
            if whole < _IMPOSSIBLE:
                break
        return Chance(whole, telling.past)

    def _stretch(self, start: datetime, hours: int) -> Chance:
        """Of up to 24 hours: as often as it was; only what never was is extrapolated, with Poisson, hour by hour."""
        past = self._past(start, hours)
        until_midnight = DAY_HOURS - start.hour
        if hours > until_midnight and past.days < _FEWEST_NIGHTS:
            evening = self._stretch(start, until_midnight)
            morning = self._stretch(start + timedelta(hours=until_midnight), hours - until_midnight)
            return Chance(evening.value * morning.value, min(evening, morning, key=lambda each: each.value).past)
        if past.trimmed.silent:
            return Chance(past.chance, past)
        # The Poisson tail exp(-Σλ): λ of an hour is the rate of sendings that leaves as many hours empty as were empty.
        tail = prod(
            self._hour_chance[self.calendar.is_working(at.date())][at.hour]
            for at in (start + timedelta(hours=each) for each in range(hours))
        )
        return Chance(min(past.chance, tail), past)

    def _past(self, start: datetime, hours: int) -> Past:
        """The same hours of every comparable day; with the day after it if they go beyond midnight."""
        first, end = start.hour, start.hour + hours
        kind = self.calendar.is_working(start.date())
        if end <= DAY_HOURS:
            days = self._of_kind[kind]
            return Past(sum(not any(each[first:end]) for each in days), len(days))
        after = self.calendar.is_working(start.date() + ONE_DAY)
        nights = [
            (hours_, self.days[day + ONE_DAY])
            for day, hours_ in self.days.items()
            if day + ONE_DAY in self.days
            and self.calendar.is_working(day) is kind
            and self.calendar.is_working(day + ONE_DAY) is after
        ]
        return Past(
            sum(not any(one[first:]) and not any(two[: end - DAY_HOURS]) for one, two in nights), len(nights)
        )  # fmt: skip


def learn(days: Mapping[date, Hours], calendar: Calendar) -> Usual:
    """From whole *days* without the present silence; of them the last eight weeks, without outages."""
    latest = dict(sorted(days.items())[-LEARNED_DAYS:])
    lost = _outages(latest, calendar)
    return Usual({day: hours for day, hours in latest.items() if day not in lost}, calendar)


def _outages(days: Mapping[date, Hours], calendar: Calendar) -> frozenset[date]:
    """Days of an outage, those off between its working days included."""
    working = [day for day in days if calendar.is_working(day)]
    runs = [list(run) for silent, run in groupby(working, key=lambda day: not any(days[day])) if silent]
    outages = [run for run in runs if len(run) >= _OUTAGE_DAYS]
    lost = {day for run in outages for day in days if run[0] <= day <= run[-1]}
    enough = len(outages) <= _OUTAGES and sum(day not in lost for day in working) >= _DAYS_LEFT
    return frozenset(lost) if enough else frozenset()
