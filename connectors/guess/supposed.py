"""What is supposed where a sample says nothing: the bureau itself, the city's level, a single site.

The one rule: only what is usual and changes no right or duty is supposed, each time with its reason, marked for the bureau to
confirm. What the law attaches consequences to (procedure, review, majority, results) never is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from connectors.guess.targets import Target


@dataclass(frozen=True, slots=True)
class Supposed:
    """A value that stands in no column, and why it may be supposed."""

    value: Any
    reason: str


_FIXED: Final[Mapping[str, Supposed]] = {
    "version": Supposed(1, "样例没有版本号"),
    "siteCode": Supposed("S1", "样例没有场所编号,按单一场所"),
    "items.tier": Supposed("CITY", "样例没有事项层级,按市级"),
    "subject.subjectType": Supposed("ENT", "样例没有主体类型,按企业"),
    "mode": Supposed("ONSITE", "样例没有检查方式,按现场"),
    "purpose": Supposed("INSPECTION", "样例没有入企目的,按行政检查"),
    "unannounced": Supposed(False, "样例没有该项"),
}
_OWN: Final = ("agency", "principal")


def supposed(target: Target, event: str, party: str) -> Supposed | None:
    """What may be supposed for *target* of an *event* of *party*."""
    name = target.field.name
    if name in _OWN and target.field.form == "party":
        return Supposed(party, "样例没有单位列,为本单位")
    if name == "catalogue":
        return Supposed(party.rpartition("-")[2], "样例没有清单代码,以本单位简称代")
    if name == "state" and event == "inspection.plan.submitted":
        return Supposed("SUBMITTED", "样例没有审批状态,按已报送")
    return _FIXED.get(target.path) or _FIXED.get(name if not target.around else "")
