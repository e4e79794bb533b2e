"""What every entry of every table says: the law behind it, and since when and until when it holds.

The one rule: an entry without a basis and a first day is not read; nobody may add a number of law without saying whose it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field

from hub.reference.finding import Finding

#: Written in a basis where the law gives no answer and the city, or the hub for it, has chosen one.
CHOICE: Final = "[choice]"


class Part(BaseModel):
    """Any piece of a table: what the table does not know is refused, not ignored."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Entry(Part):
    """One entry. A *basis* cites laws by the words of ``laws.yaml``, several with ``;`` between."""

    basis: str = Field(min_length=1)
    since: date = Field(alias="from")  #: first day it holds
    until: date | None = Field(default=None, alias="to")  #: last day it holds; None: open
    note: str = ""

    def holds(self, day: date) -> bool:
        """Does it hold on *day*?"""
        return self.since <= day and (self.until is None or day <= self.until)


def faults(file: str, errors: Iterable[Mapping[str, Any]]) -> list[Finding]:
    """What pydantic has against *file*, as findings."""
    return [_fault(file, error) for error in errors]


def _fault(file: str, error: Mapping[str, Any]) -> Finding:
    place = ".".join(str(part) for part in error["loc"]) or "-"
    match error["type"]:
        case "missing":
            zh, en = "缺少此项,请补上", "is missing: add it"
        case "extra_forbidden":
            zh, en = "没有这样的项,请更正拼写或删去", "is not known here: correct the spelling or remove it"
        case _:
            value = str(error.get("input"))[:60]
            zh = f"值 {value!r} 不合要求,请更正"
            en = f"{value!r} does not fit ({error['msg']}): correct it"
    return Finding("MALFORMED", file, place, zh, en)
