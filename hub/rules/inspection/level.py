"""市区两级: of two levels of one system planning the same item, the level that owns the item goes (K5, 苏州169 第十七条).

The one rule: an item is never left to nobody: what one plan yields stays with the other plan of the pair.
"""

from __future__ import annotations

from collections.abc import Sequence

from hub.canonical.party import CITY, Directory, Kind
from hub.canonical.periods import Calendar
from hub.rules.inspection.draft import Draft
from hub.rules.inspection.state import Yield
from hub.rules.inspection.window import meet, overlapping


def level(drafts: Sequence[Draft], directory: Directory, calendar: Calendar) -> list[Draft]:
    """*drafts*, in the order of grouping, each with only the items its level keeps."""
    kept = list(drafts)
    for one, other in overlapping([draft.plan.window for draft in kept]):
        if _two_levels(kept[one], kept[other], directory) and meet(
            kept[one].plan.window, kept[other].plan.window, calendar
        ):
            kept[one], kept[other] = _share(kept[one], kept[other], directory)
    return kept


def _two_levels(one: Draft, other: Draft, directory: Directory) -> bool:
    a, b = directory[one.plan.agency], directory[other.plan.agency]
    return a.org == b.org and a.level != b.level and a.kind is b.kind is Kind.BUREAU


def _share(one: Draft, other: Draft, directory: Directory) -> tuple[Draft, Draft]:
    city_first = directory[one.plan.agency].level == CITY
    city, district = (one, other) if city_first else (other, one)
    theirs = {item.key for item in district.items}
    common = [item for item in city.items if item.key in theirs]
    for_city = [item for item in common if item.tier == CITY]
    for_district = [item for item in common if item.tier != CITY]
    if for_district:
        city = city.without(
            for_district, yields=tuple(Yield(item.catalogue, item.code, district.plan.id) for item in for_district)
        )
    if for_city:
        district = district.without(
            for_city, yields=tuple(Yield(item.catalogue, item.code, city.plan.id) for item in for_city)
        )
    return (city, district) if city_first else (district, city)
