"""What a run of a scenario gave, wherever it ran.

The one rule: only plain values, so that an outcome read back from topics judges like one made by the rules.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Emitted:
    """A decision of the hub (*to* empty), or a delivery to one party. What follows *to* is for the reader, and not judged."""

    event: str
    data: Mapping[str, Any]
    to: str = ""
    at: str = ""  #: its moment
    cause: str = ""  #: id of the fact that led to it; "" = time alone
    projection: str = ""  #: how much of the event a delivery shows

    def plain(self) -> dict[str, Any]:
        """As ``-o json`` prints it."""
        return {"event": self.event, "to": self.to or None, "data": self.data}


@dataclass(frozen=True, slots=True)
class Arrived:
    """A fact as it arrived, for the reader. *event* empty = a tick."""

    at: str
    event: str = ""
    party: str = ""
    subject: str = ""  #: id of what it is about
    id: str = ""


@dataclass(frozen=True, slots=True)
class Turned:
    """A refusal: *id* of the given event, *code* of the contract, and what was said."""

    id: str
    code: str
    detail: str = ""
    at: str = ""
    event: str = ""
    party: str = ""


@dataclass(slots=True)
class Outcome:
    """Everything a run gave, in the order in which it happened."""

    story: list[Arrived | Emitted | Turned] = field(default_factory=list)
    clocks: list[Mapping[str, Any]] = field(default_factory=list)  #: the final table, one map per row

    @property
    def emitted(self) -> list[Emitted]:
        """Decisions and deliveries."""
        return [step for step in self.story if isinstance(step, Emitted)]

    @property
    def refused(self) -> list[Turned]:
        """Refusals."""
        return [step for step in self.story if isinstance(step, Turned)]
