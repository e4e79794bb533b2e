"""Who leads a joint visit 牵头, and who inspects an item that several have on their list (contract §5 step 7).

The one rule: each rule narrows the candidates and the first that leaves one agency gives its name to ``leadRule``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hub.canonical.party import CITY, Directory
from hub.reference import Reference
from hub.rules.inspection.state import Item, ItemKey, Performed, Plan, Profile

SAME_AGENCY = "SAME_AGENCY"


@dataclass(frozen=True, slots=True)
class Candidate:
    """One member as the rules of leading see it."""

    plan: Plan
    items: tuple[Item, ...]

    @property
    def agency(self) -> str:
        """Who would lead."""
        return self.plan.agency


_Narrow = Callable[[Sequence[Candidate]], Iterable[Candidate]]


def elect(candidates: Sequence[Candidate], profile: Profile, reference: Reference) -> tuple[str, str]:
    """(lead, leadRule) of a joint with *candidates*."""
    if len({candidate.agency for candidate in candidates}) == 1:
        return candidates[0].agency, SAME_AGENCY
    named = reference.leads.of_subject(major=profile.major, key_sector=profile.key_sector)
    if named:
        return named, "L1"  # 筑51 七: the city brigade leads at major projects and in key sectors
    return elect_member(candidates, profile, reference.policy)


def elect_member(candidates: Sequence[Candidate], profile: Profile, policy: Mapping[str, Any]) -> tuple[str, str]:
    """(lead, leadRule) among the members alone."""
    sector = policy["industryLead"].get(profile.industry, "") if profile.industry else ""
    rules: tuple[tuple[str, _Narrow], ...] = (
        ("L2", lambda left: [one for one in left if one.plan.ordered]),
        ("L3", lambda left: [one for one in left if one.agency == sector]),
        ("L4", _with_most_items),
        ("L5", _submitted_first),
    )
    left: Sequence[Candidate] = candidates
    for name, narrow in rules:
        left = list(narrow(left)) or left
        if len({candidate.agency for candidate in left}) == 1:
            return left[0].agency, name
    return min(candidate.agency for candidate in left), "L6"


def _with_most_items(left: Sequence[Candidate]) -> Iterable[Candidate]:
    most = max(len(candidate.items) for candidate in left)
    return [candidate for candidate in left if len(candidate.items) == most]


def _submitted_first(left: Sequence[Candidate]) -> Iterable[Candidate]:
    first = min(candidate.plan.submitted_at for candidate in left)
    return [candidate for candidate in left if candidate.plan.submitted_at == first]


def assign(candidates: Sequence[Candidate], lead: str, directory: Directory) -> tuple[Performed, ...]:
    """Every item once, with the agency that inspects it for all."""
    owners: dict[ItemKey, list[Candidate]] = {}
    for candidate in candidates:
        for item in candidate.items:
            owners.setdefault(item.key, []).append(candidate)
    return tuple(Performed(key[0], key[1], _performer(key, having, lead, directory)) for key, having in owners.items())


def _performer(key: ItemKey, having: Sequence[Candidate], lead: str, directory: Directory) -> str:
    agencies = list(dict.fromkeys(candidate.agency for candidate in having))
    if len(agencies) == 1:
        return agencies[0]
    tier = _tier(key, having, directory)
    of_level = [agency for agency in agencies if directory[agency].level == tier]
    if len(of_level) == 1:
        return of_level[0]
    return lead if lead in agencies else min(agencies)


def _tier(key: ItemKey, having: Sequence[Candidate], directory: Directory) -> str:
    """Whose item it is; where plans disagree, as the city plan states it, as between two levels (K5)."""
    stated = sorted(having, key=lambda candidate: directory[candidate.agency].level != CITY)
    return next(item.tier for item in stated[0].items if item.key == key)
