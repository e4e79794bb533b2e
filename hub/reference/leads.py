"""``leads.yaml``: which agency leads a joint visit 牵头 by the mark or the industry of the enterprise.

The one rule: what is not in the table is decided by the plans themselves (most items, first submitted).
"""

from __future__ import annotations

from typing import Literal

from hub.reference.entry import Entry, Part


class Leading(Entry):
    """Who leads."""

    lead: str
    title: str = ""


class Leads(Part):
    """The whole table."""

    subjects: dict[Literal["majorProject", "keySector"], Leading]
    industries: dict[str, Leading]

    def of_subject(self, *, major: bool, key_sector: bool) -> str:
        """Who leads at an enterprise with these marks, whoever takes part; "" if nobody is named."""
        marks: tuple[tuple[Literal["majorProject", "keySector"], bool], ...] = (
            ("majorProject", major),
            ("keySector", key_sector),
        )
        return next((self.subjects[mark].lead for mark, given in marks if given and mark in self.subjects), "")
