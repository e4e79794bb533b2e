"""A plan on its way through one re-run: which of its items are left, and where the others went.

The one rule: a draft is a value; each step gives another one, and the plan itself is not touched until all steps are done.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from hub.rules.inspection import rule_ids
from hub.rules.inspection.state import Item, Plan, Verdict, Yield


@dataclass(frozen=True, slots=True)
class Draft:
    """One plan with what is left of it."""

    plan: Plan
    items: tuple[Item, ...]
    recognised: tuple[str, ...] = ()
    yields: tuple[Yield, ...] = ()

    def without(
        self, gone: Iterable[Item], *, recognised: tuple[str, ...] = (), yields: tuple[Yield, ...] = ()
    ) -> Draft:
        """This draft less *gone*, with the reason."""
        keys = {item.key for item in gone}
        return replace(
            self,
            items=tuple(item for item in self.items if item.key not in keys),
            recognised=self.recognised + recognised,
            yields=self.yields + yields,
        )

    @property
    def emptied(self) -> bool:
        """Was every item taken away?"""
        return not self.items and bool(self.recognised or self.yields)

    def verdict(self, decision: str, *rules: str, hold_ref: str = "", exempt: str = "", ground: str = "") -> Verdict:
        """Close this draft with *decision*."""
        before = (rule_ids.PASSED,) * bool(self.recognised) + (rule_ids.LEVEL,) * bool(self.yields)
        return Verdict(
            decision,
            self.items,
            before + rules,
            recognised=self.recognised,
            yields=self.yields,
            hold_ref=hold_ref,
            exempt=exempt,
            ground=ground,
        )
