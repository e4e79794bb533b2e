"""Yearly caps 年度检查频次上限: how often an agency may visit an enterprise (contract §5 Q, 国办发〔2024〕54号).

The one rule: a cap holds back, it never drops; and what does not count passes with its ground said.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hub.rules.inspection.state import Plan
from hub.rules.inspection.window import Window

SUPERIOR_DEPLOYMENT = "SUPERIOR_DEPLOYMENT"


def class_of(plan_type: str, *, ordered: bool) -> str:
    """Class of a check as ``capCounts`` names it."""
    if plan_type != "SPECIAL":
        return plan_type
    return "SPECIAL_SUPERIOR" if ordered else "SPECIAL_LOCAL"


def exemption(plan: Plan, policy: Mapping[str, Any]) -> str:
    """Why *plan* does not count against the cap, "" if it counts."""
    kind = class_of(plan.type, ordered=plan.ordered)
    if kind in policy["capCounts"]:
        return ""
    if plan.type == "CASE":
        return plan.trigger
    return SUPERIOR_DEPLOYMENT if plan.ordered else kind


def cap_of(agency: str, risk: str, policy: Mapping[str, Any]) -> int:
    """Visits *agency* may make in a year; an agency's own table may leave classes to the general one."""
    own: Mapping[str, int] = policy["capsByAgency"].get(agency, {})
    return int(own[risk] if risk in own else policy["caps"][risk])


def counter_key(agency: str, year: int) -> str:
    """Name of a counter."""
    return f"{agency}|{year}"


def is_capped(agency: str, window: Window, counters: Mapping[str, int], risk: str, policy: Mapping[str, Any]) -> bool:
    """Is the cap reached in every year *window* touches?"""
    cap = cap_of(agency, risk, policy)
    return all(counters.get(counter_key(agency, year), 0) >= cap for year in window.years)
