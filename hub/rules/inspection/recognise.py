"""结果互认: an item that passed recently, in whoever's hands, is not inspected again (contract §5 I).

The one rule: only a stored PASS on the same object counts, and never at a high-risk enterprise.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from hub.rules.inspection.draft import Draft
from hub.rules.inspection.state import Enterprise, Item
from hub.rules.inspection.window import Window

HIGH_RISK = "HIGH"

#: ``catalogue|code`` -> days of a PASS.
Passes = Mapping[str, Sequence[date]]


def pass_key(catalogue: str, code: str) -> str:
    """Name of an item in the store of results."""
    return f"{catalogue}|{code}"


def remember(state: Enterprise, site: str, catalogue: str, code: str, day: date) -> None:
    """Store a PASS; the store does not depend on the order in which results arrive."""
    days = state.passes.setdefault(site, {}).setdefault(pass_key(catalogue, code), [])
    if day not in days:
        days.append(day)
        days.sort()


def is_recognised(item: Item, window: Window, passes: Passes, valid_days: int) -> bool:
    """Does a PASS cover *item* for a visit in *window*?"""
    days = passes.get(pass_key(item.catalogue, item.code), ())
    return any(day <= window.last and (window.first - day).days <= valid_days for day in days)


def recognise(draft: Draft, passes: Passes, risk: str, valid_days: int) -> Draft:
    """*draft* without the items a result already answers."""
    if risk == HIGH_RISK or not passes:
        return draft
    known = [item for item in draft.items if is_recognised(item, draft.plan.window, passes, valid_days)]
    return draft.without(known, recognised=tuple(item.code for item in known)) if known else draft
