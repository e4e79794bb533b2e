"""``laws.yaml``: the laws, orders and notices that the other tables cite.

The one rule: a basis is found by the word it begins with or holds, so every table cites a law by the same word.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date

from pydantic import Field, RootModel

from hub.reference.entry import CHOICE, Part


class Law(Part):
    """One law in the version read."""

    title: str = Field(min_length=1)
    since: date = Field(alias="from")
    until: date | None = Field(default=None, alias="to")
    note: str = ""


class Laws(RootModel[dict[str, Law]]):
    """The whole table."""

    def cited(self, basis: str) -> Iterator[tuple[str, tuple[str, ...]]]:
        """Each part of *basis* with the words of the laws it cites; a choice needs none."""
        for part in basis.split(";"):
            words = self._words(part)
            if words or CHOICE not in part:
                yield part.strip(), words

    def _words(self, part: str) -> tuple[str, ...]:
        found = [word for word in self.root if word in part]
        # 办法 stands in 市监投诉举报办法 too: the longer word is the one that was meant
        return tuple(word for word in found if not any(word != other and word in other for other in found))

    def known(self) -> Mapping[str, Law]:
        """Every law by its word."""
        return self.root
