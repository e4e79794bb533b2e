"""What the simulators sent and were told, counted as they themselves saw it.

The one rule: an event is settled by a refusal at its door or by the hub's receipt in its sender's deliveries; what has neither in
the end is lost, and what went otherwise than its behaviour said is a surprise.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from statistics import median
from typing import Any, Final

from hub.local.sim.letter import Letter

ACCEPTED: Final = "receipt.ingress.accepted"
REFUSED: Final = "receipt.ingress.refused"


@dataclass(slots=True)
class Sent:
    """One event on its way; times are seconds of one clock."""

    system: str
    event: str
    expected: str  #: code of the mistake in it
    at: float
    accepted: bool = False
    refused: str = ""
    delivered: float = -1.0  #: seconds until the first other system had it


@dataclass(slots=True)
class Tally:
    """One system's columns."""

    sent: int = 0
    repeats: int = 0
    accepted: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    received: int = 0
    answered: int = 0
    owed: int = 0
    waited: int = 0  #: times the door said to come back later


class Journal:
    """Of all systems together."""

    def __init__(self) -> None:
        self.tallies: dict[str, Tally] = {}
        self.sent: dict[str, Sent] = {}

    def of(self, system: str) -> Tally:
        """The columns of *system*."""
        return self.tallies.setdefault(system, Tally())

    def send(self, letter: Letter, at: float) -> None:
        """*letter* goes out now."""
        system = letter.system.dialect.name
        tally = self.of(system)
        if letter.event_id in self.sent:
            tally.repeats += 1
            return
        self.sent[letter.event_id] = Sent(system, letter.event, letter.refused, at)
        tally.sent += 1

    def refuse(self, event_id: str, code: str) -> None:
        """It came back with *code*: at the door, in the file's report or as a delivery."""
        sent = self.sent.get(event_id)
        if sent is None or sent.refused:
            return
        tally = self.of(sent.system)
        if sent.accepted:
            sent.accepted = False
            tally.accepted -= 1
        sent.refused = code
        tally.refused[code] += 1

    def hear(self, system: str, event_id: str, event: str, about: str, code: str, at: float) -> None:
        """*system* was delivered *event_id*; a receipt says with *code* what became of *about*."""
        self.of(system).received += 1
        match event:
            case "receipt.ingress.accepted":
                sent = self.sent.get(about)
                if sent is not None and not sent.accepted and not sent.refused:
                    sent.accepted = True
                    self.of(sent.system).accepted += 1
            case "receipt.ingress.refused":
                self.refuse(about, code)
            case _:
                sent = self.sent.get(event_id)
                if sent is not None and sent.delivered < 0:
                    sent.delivered = at - sent.at

    @property
    def unsettled(self) -> list[Sent]:
        """What was sent and not yet heard of."""
        return [sent for sent in self.sent.values() if not sent.accepted and not sent.refused]

    def surprises(self) -> list[Sent]:
        """A mistake that was taken, or came back with another code; a refusal without one is business."""
        return [
            sent for sent in self.sent.values() if sent.expected and (sent.accepted or sent.refused != sent.expected)
        ]

    def summary(self) -> list[dict[str, Any]]:
        """One item for each system."""
        lost = Counter(sent.system for sent in self.unsettled)
        surprises = Counter(sent.system for sent in self.surprises() if sent.accepted or sent.refused)
        items = []
        for system, tally in sorted(self.tallies.items()):
            times = [sent.delivered for sent in self.sent.values() if sent.system == system and sent.delivered >= 0]
            items.append({
                "system": system, "sent": tally.sent, "repeats": tally.repeats, "accepted": tally.accepted,
                "refused": dict(sorted(tally.refused.items())), "received": tally.received, "answered": tally.answered,
                "owed": tally.owed, "waited": tally.waited, "lost": lost[system], "surprises": surprises[system],
                "medianSeconds": round(median(times), 2) if times else None,
                "worstSeconds": round(max(times), 2) if times else None,
            })  # fmt: skip
        return items
