"""``charges.yaml``: suspected charges 涉嫌罪名 by article of the Criminal Law.

The one rule: a charge is known by its article, however its name is written; a charge that is not in the table is not refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from pydantic import Field

from hub.reference.entry import Entry, Part

_ARTICLE: Final = re.compile(r"\s*第?\s*(\d+)\s*条?\s*(?:(?:-|之)\s*(\d+|[一二三四五六七八九]))?")
_NUMERALS: Final = {numeral: str(number) for number, numeral in enumerate("一二三四五六七八九", 1)}


class Charge(Entry):
    """One crime."""

    title: str
    sectors: list[str]  #: ORGs of the bureaus that come upon it
    economic: bool = False  #: an economic crime 经济犯罪 for the police
    requires: tuple[str, ...] = ()  #: documents that a lead with it encloses besides


class DutyCrimes(Entry):
    """Articles that are the supervision organ's and the procuratorate's, never the police's."""

    first: int
    last: int
    title: str
    to_bodies: list[str] = Field(alias="toBodies")


class Charges(Part):
    """The whole table."""

    charges: dict[str, Charge]
    duty_crimes: list[DutyCrimes] = Field(alias="dutyCrimes")

    def is_duty_crime(self, article: str) -> bool:
        """Is the crime of *article* never the police's?"""
        number = int(article_of(article).partition("-")[0] or 0)
        return any(crimes.first <= number <= crimes.last for crimes in self.duty_crimes)

    def required_by(self, articles: Iterable[str]) -> list[str]:
        """Documents that these charges ask for."""
        found = (self.charges.get(article_of(article)) for article in articles)
        return list(dict.fromkeys(kind for charge in found if charge for kind in charge.requires))


def article_of(text: str) -> str:
    """An article as the table writes it: ``第276条之一`` and ``276-1`` are ``276-1``; "" if there is no number."""
    found = _ARTICLE.match(text)
    if found is None:
        return ""
    article, part = found[1], found[2]
    return f"{int(article)}-{_NUMERALS.get(part, part)}" if part else str(int(article))
