"""The criminal track 刑事程序: is a criminal matter open, closed or ended in a conviction?

The one rule: of all facts that open or close it the one with the latest legal time decides; a conviction decides for good.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from hub.rules.matter.state import Fact, Matter


class Track(StrEnum):
    """Where the criminal track stands (contract §7.2)."""

    NONE = "NONE"
    OPEN = "OPEN"
    CLOSED = "CLOSED"
    CONVICTED = "CONVICTED"


#: What a fact does to the track, in the order of the procedure: of two at the same instant the later row decides.
TURNS: Final[Mapping[str, Track]] = {
    "matter.suspicion.reported": Track.OPEN,
    "matter.transfer.refused": Track.CLOSED,
    "matter.lead.transferred": Track.OPEN,
    "matter.lead.disclaimed": Track.CLOSED,
    "matter.file.returned": Track.CLOSED,
    "matter.reconsideration.decided": Track.OPEN,  # only FILED, see below
    "matter.filing.ordered": Track.OPEN,
    # 310 art 11: once the police have filed, no penalty in lieu, even if the file had been returned before
    "matter.lead.filed": Track.OPEN,
    "matter.lead.concluded": Track.CLOSED,
}
_ORDER: Final = {name: rank for rank, name in enumerate(TURNS)}


def track(matter: Matter) -> Track:
    """The criminal track of the matter."""
    turning = [fact for fact in matter.facts if _turn(fact)]
    if any(_turn(fact) is Track.CONVICTED for fact in turning):
        return Track.CONVICTED
    last = max(turning, key=lambda fact: (fact.time, _ORDER[fact.type]), default=None)
    return (_turn(last) if last else None) or Track.NONE


def _turn(fact: Fact) -> Track | None:
    outcome = fact.note.get("outcome")
    if fact.type == "matter.reconsideration.decided" and outcome != "FILED":
        return None
    if fact.type == "matter.lead.concluded" and outcome == "CONVICTED":
        return Track.CONVICTED
    return TURNS.get(fact.type)
