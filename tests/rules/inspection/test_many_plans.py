"""Many plans of one enterprise: what is not looked at could not have mattered, and what is looked at grows with the plans."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from hub import reference
from hub.canonical.periods import Calendar
from hub.rules.inspection.draft import Draft
from hub.rules.inspection.group import group
from hub.rules.inspection.state import Item, Plan
from hub.rules.inspection.window import Window, meet, overlapping

CALENDAR = reference.load().calendar
FIRST = date(2026, 3, 2)


def window(first: int, days: int) -> Window:
    return Window(FIRST + timedelta(days=first), FIRST + timedelta(days=first + days))


WINDOWS = st.lists(st.builds(window, st.integers(0, 40), st.integers(0, 12)), max_size=20)


def drafts(windows: Sequence[Window]) -> list[Draft]:
    plans = [
        Plan(
            id=f"P{number}",
            version=1,
            agency="GY-YJJ",
            handler="GY-ZD-DD2",
            type="DAILY",
            site="S1",
            items=(Item("QZ", "Y1", "CITY"),),
            window=each,
            mode="ONSITE",
            submitted_at="2026-03-01T09:00:00+08:00",
            approved=True,
            unannounced=False,
        )
        for number, each in enumerate(windows)
    ]
    return [Draft(plan, plan.items) for plan in sorted(plans, key=lambda plan: plan.rank)]


def first_fit(given: Sequence[Draft]) -> list[tuple[list[str], Window]]:
    """The rule as the contract says it, looking at every group for every plan."""
    groups: list[tuple[list[str], Window]] = []
    for draft in given:
        for place, (members, common) in enumerate(groups):
            narrower = meet(common, draft.plan.window, CALENDAR)
            if narrower:
                groups[place] = ([*members, draft.plan.id], narrower)
                break
        else:
            groups.append(([draft.plan.id], draft.plan.window))
    return groups


@given(WINDOWS)
def test_the_windows_that_lie_together_are_all_found_in_the_order_of_their_places(windows: list[Window]) -> None:
    together = [
        (one, other)
        for one, other in combinations(range(len(windows)), 2)
        if windows[one].first <= windows[other].last and windows[other].first <= windows[one].last
    ]

    assert together == overlapping(windows)


@given(WINDOWS)
def test_groups_are_those_of_looking_at_every_group_for_every_plan(windows: list[Window]) -> None:
    ranked = drafts(windows)

    found = [([draft.plan.id for draft in each.drafts], each.window) for each in group(ranked, CALENDAR)]
    assert first_fit(ranked) == found


@dataclass
class _Counting:
    """A calendar that counts what it is asked."""

    inner: Calendar
    asked: int = 0

    def has_working_day(self, first: date, last: date) -> bool:
        self.asked += 1
        return self.inner.has_working_day(first, last)


def test_plans_of_other_weeks_are_not_looked_at() -> None:
    """One plan in five days, for six days: each lies beside two others, however many there are."""
    asked = {}
    for number in (20, 40, 80):
        calendar = _Counting(CALENDAR)
        group(drafts([window(count * 5, 5) for count in range(number)]), calendar)  # type: ignore[arg-type]
        asked[number] = calendar.asked
        assert len(overlapping([window(count * 5, 5) for count in range(number)])) == number - 1

    assert asked[80] <= 2 * asked[40] <= 4 * asked[20] + 4
