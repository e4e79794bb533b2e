"""Whom a ticket belongs to.

The one rule: sector, tier and place as the ticket states them give the owner; where they do not, nobody is guessed.
"""

from __future__ import annotations

from hub.canonical.party import CITY, CITY_SCOPE, Directory, Kind


def sector_owner(directory: Directory, sector: str, tier: str, division_code: str) -> str:
    """The original department 原主管部门; "" if the sector is no bureau or the place lies outside the city."""
    scope = CITY_SCOPE if tier == CITY else directory.scope_of_division(division_code)
    owner = f"{scope}-{sector}"
    return owner if directory.kind(owner) is Kind.BUREAU else ""


def territory_owner(directory: Directory, division_code: str, zone: str) -> str:
    """The territory 属地: the zone's committee, else the government of the division; "" outside the city."""
    if zone in directory.zones:
        return f"{zone}-GWH"
    government = f"{directory.scope_of_division(division_code)}-GOV"
    return government if government in directory else ""


def copy_to(directory: Directory, owner: str) -> str | None:
    """The brigade unit that handles for *owner*, if another body does."""
    handler = directory.handler_of(owner)
    return handler if handler != owner else None
