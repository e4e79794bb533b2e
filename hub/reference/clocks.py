"""``clocks.yaml``: the statutory periods 期限, each in the versions the law has had.

The one rule: a clock runs by the version in force on the day it starts; a later law does not reach back.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from pydantic import Field, PositiveInt

from hub.reference.entry import Entry

#: The name of an extension where there is only one.
ONCE: Final = "ONCE"


@dataclass(frozen=True, slots=True)
class ClockRule:
    """One statutory clock (contract §6.6), in its newest version."""

    name: str  #: e.g. F01
    title: str  #: Chinese name of the period
    span: int  #: how many units; 0 = the policy or the event gives it
    unit: str  #: H hours, C calendar days, W working days, M months, X given date, C* calendar days with a second reading W
    kind: str  #: duty, right, cond, soft, wait (contract §6.2)
    owes: str  #: the role that must act; words in capitals are nobody's inbox
    owed: str  #: the role to which the act is owed
    miss: str  #: who hears of a miss: o obligor, e obligee, s superior, j justice bureau, p procuratorate
    basis: str  #: the law
    since: str  #: first day of this version
    extensions: Mapping[str, int] = field(
        default_factory=dict
    )  #: by what decision → units from the start instead of *span*
    earlier: tuple[ClockRule, ...] = field(default=(), repr=False)  #: older versions, the newest first

    def on(self, day: str) -> ClockRule:
        """The version in force on *day* (a written date or datetime); before the first version, the first."""
        versions = (self, *self.earlier)
        return next((version for version in versions if version.since <= day[:10]), versions[-1])


class ClockEntry(Entry):
    """One version of a clock as the file has it."""

    title: str
    span: int = Field(ge=0)
    unit: Literal["H", "C", "W", "M", "X", "C*"]
    kind: Literal["duty", "right", "cond", "soft", "wait"]
    owes: str
    owed: str
    miss: str
    extensions: dict[str, PositiveInt] = Field(default_factory=dict)


def clock_rule(name: str, versions: list[ClockEntry]) -> ClockRule:
    """The rule of *versions*, in whatever order the file has them."""
    made: tuple[ClockRule, ...] = ()
    for each in sorted(versions, key=lambda version: version.since):
        rule = ClockRule(
            name=name,
            title=each.title,
            span=each.span,
            unit=each.unit,
            kind=each.kind,
            owes=each.owes,
            owed=each.owed,
            miss=each.miss,
            basis=each.basis,
            since=each.since.isoformat(),
            extensions=each.extensions,
            earlier=made,
        )
        made = (rule, *made)
    return made[0]
