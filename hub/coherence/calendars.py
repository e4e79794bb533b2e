"""Calendars: a file for every year in use, and days that can be what they are said to be.

The one rule: in use are the years from the first file to the one after today; an unannounced one has a file that says so.
"""

from __future__ import annotations

from collections.abc import Iterator

from hub.coherence.subject import Subject
from hub.reference import Finding
from hub.reference.calendars import CalendarYear
from hub.reference.tables import CALENDARS

SATURDAY = 5


def check(subject: Subject) -> Iterator[Finding]:
    """Years that are missing, days that contradict each other."""
    years = {each.year for each in subject.tables.calendars.values()}
    for year in range(min(years, default=subject.today.year), subject.today.year + 2):
        if year not in years:
            yield Finding(
                "CALENDAR_MISSING",
                f"{CALENDARS}/{year}.yaml",
                "-",
                "该年正在使用而没有文件:请添加;尚未公布的写 announced: null",
                "this year is in use and has no file: add it; if not announced yet, with announced: null",
            )
    for name, each in subject.tables.calendars.items():
        yield from _year(f"{CALENDARS}/{name}", each, subject.today.year)
        if name != f"{each.year}.yaml":
            yield Finding(
                "CALENDAR_CONTRADICTION",
                f"{CALENDARS}/{name}",
                "year",
                f"文件名与年份 {each.year} 不符:请更名",
                f"the file is not named after its year {each.year}: rename it",
            )


def _year(file: str, year: CalendarYear, this_year: int) -> Iterator[Finding]:
    if year.announced is None:
        if year.year <= this_year:
            yield Finding(
                "CALENDAR_MISSING",
                file,
                "announced",
                "该年已经开始,期限仍为暂定:请按国务院通知填写",
                "this year has begun and its periods are still provisional: fill in the notice",
            )
        if year.off_days or year.work_days:
            yield Finding(
                "CALENDAR_CONTRADICTION",
                file,
                "announced",
                "已有放假安排却未写公布日:请填写 announced,否则不起作用",
                "has days but no day of notice, so they have no effect: fill in announced",
            )
    off = set(year.off())
    for day in year.work():
        if day in off:
            zh, en = "既放假又上班", "is both off and a make-up workday"
        elif day.weekday() < SATURDAY:
            zh, en = "是周一至周五,无须调休", "is a Monday to Friday and needs no make-up"
        else:
            continue
        yield Finding("CALENDAR_CONTRADICTION", file, "workDays", f"{day} {zh}:请更正", f"{day} {en}: correct it")
