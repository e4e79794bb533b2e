"""``competence.yaml``: whose item it is, by the item's code and tier 权责清单.

The one rule: no row, no answer. Nobody is guessed; a dispute goes to the joint conference (行政处罚法第二十五条).
"""

from __future__ import annotations

from datetime import date
from fnmatch import fnmatchcase
from typing import Literal

from pydantic import Field, RootModel

from hub.canonical.party import CITY, CITY_SCOPE, Directory
from hub.reference.entry import Entry

Tier = Literal["CITY", "DISTRICT"]


class Competent(Entry):
    """Items of one sector."""

    catalogue: str
    code: str = Field(min_length=1)  #: the item's code, ``*`` for any ending
    tiers: list[Tier]
    sector: str  #: the ORG of the bureau
    title: str

    def covers(self, catalogue: str, code: str, tier: str) -> bool:
        """Is this the row of the item?"""
        return self.catalogue == catalogue and tier in self.tiers and fnmatchcase(code, self.code)


class Competence(RootModel[list[Competent]]):
    """The whole table."""

    def row(self, catalogue: str, code: str, tier: str, day: date) -> Competent | None:
        """The row of the item on *day*."""
        return next((row for row in self.root if row.holds(day) and row.covers(catalogue, code, tier)), None)

    def principal(
        self, directory: Directory, catalogue: str, code: str, tier: str, division: str, day: date
    ) -> str | None:
        """The organ that signs for the item in *division* on *day*; None where the table knows none."""
        row = self.row(catalogue, code, tier, day)
        scope = CITY_SCOPE if tier == CITY else directory.scope_of_division(division)
        organ = f"{scope}-{row.sector}" if row else ""
        return organ if directory.is_organ(organ) else None
