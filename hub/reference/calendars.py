"""``calendars/<year>.yaml``: the holidays and make-up workdays of a year, as the State Council announced them.

The one rule: a year without a notice has a file too, and is not known: periods that end in it are provisional 暂定, never wrong.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from pydantic import Field, field_validator

from hub.canonical.periods import Calendar, days_of
from hub.reference.entry import Part


class CalendarYear(Part):
    """One year as its file has it."""

    year: int = Field(ge=1990, le=2199)
    notice: str | None = None
    announced: date | None  #: day of the notice; None: not announced yet
    basis: str = Field(min_length=1)
    off_days: list[str] = Field(alias="offDays")  #: ``MM-DD`` or ``MM-DD..MM-DD``
    work_days: list[str] = Field(alias="workDays")

    @field_validator("off_days", "work_days")
    @classmethod
    def _dates(cls, spans: list[str]) -> list[str]:
        tuple(days_of(2024, spans))  # a leap year: 02-29 is a form a date may have
        return spans

    def off(self) -> tuple[date, ...]:
        """Days off."""
        return tuple(days_of(self.year, self.off_days))

    def work(self) -> tuple[date, ...]:
        """Make-up workdays 调休."""
        return tuple(days_of(self.year, self.work_days))


def calendar_from(years: Iterable[CalendarYear]) -> Calendar:
    """The calendar of the announced *years*."""
    calendar = Calendar()
    for each in years:
        if each.announced is not None:
            calendar = calendar.with_year(each.year, each.off(), each.work())
    return calendar
