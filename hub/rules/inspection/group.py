"""Grouping 统筹合并: which plans for one object become one visit (K4).

The one rule: every member shares a working day with all the others; plans are never chained through a third one.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from hub.canonical.periods import Calendar
from hub.rules.inspection.draft import Draft
from hub.rules.inspection.window import Window, meet


@dataclass(frozen=True, slots=True)
class Group:
    """Plans that can be made in one visit, and the days they share."""

    drafts: tuple[Draft, ...]
    window: Window

    @property
    def is_joint(self) -> bool:
        """More than one plan?"""
        return len(self.drafts) > 1


def group(drafts: Iterable[Draft], calendar: Calendar) -> list[Group]:
    """Put each of *drafts*, which come in the order of their rank, into the first group whose common window it still meets."""
    groups: list[Group] = []
    within_reach: list[int] = []  # a group that is over before a plan begins is over for all that follow
    for draft in drafts:
        within_reach = [place for place in within_reach if groups[place].window.last >= draft.plan.window.first]
        for place in within_reach:
            common = meet(groups[place].window, draft.plan.window, calendar)
            if common:
                groups[place] = Group((*groups[place].drafts, draft), common)
                break
        else:
            within_reach.append(len(groups))
            groups.append(Group((draft,), draft.plan.window))
    return groups
