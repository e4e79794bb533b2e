"""Statutory clocks 期限: they start and stop on legal times, warn, expire, rest and are counted anew (contract §6).

The one rule: every verdict follows from legal times and the calendar alone, whatever the order in which the facts arrived;
the moment of arrival decides only what had to be said before (a miss that is withdrawn later).

One start of a clock is a *run*. A run has one row for each reading of the law; the governing row makes the events.
"""

from hub.rules.schedule.count import CountedDay, Part, count_days
from hub.rules.schedule.due import compute_due, latest_demand
from hub.rules.schedule.pause import rest
from hub.rules.schedule.recount import extend, recalculate
from hub.rules.schedule.start import start
from hub.rules.schedule.table import expired, find, governing, is_open, late, run
from hub.rules.schedule.timers import fire, timers
from hub.rules.schedule.verdict import end, void, void_all

__all__ = [
    "CountedDay",
    "Part",
    "compute_due",
    "count_days",
    "end",
    "expired",
    "extend",
    "find",
    "fire",
    "governing",
    "is_open",
    "late",
    "latest_demand",
    "recalculate",
    "rest",
    "run",
    "start",
    "timers",
    "void",
    "void_all",
]
