"""What senders and receivers wrote down, each for himself.

One rule: a line that was cut off by a kill is no line; every other line counts.

Sender:   {"event": "sent", "party", "id", "key", "seq", "type", "must": [...], "dead": bool, "digest": str}
          {"event": "answered", "party", "id", "accepted": bool, "status": …}
Receiver: {"event": "follows", "consumer", "party", "types": [...]}   (no types: all)
          {"event": "effect", "consumer", "id", "party", "type", "subject"}   or "again" for a repeated delivery
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.faults.auditor.ids import event_id, nameless_id


@dataclass(slots=True)
class Must:
    """What has to come of an event: a delivery of *type* to *party*; *link* says how it is known: id, cause or key."""

    party: str
    type: str
    link: str


@dataclass(slots=True)
class Sent:
    party: str
    own_id: str
    key: str
    seq: int
    type: str
    must: list[Must]
    dead: bool
    accepted: bool = False


@dataclass(slots=True)
class Effect:
    consumer: str
    id: str
    type: str
    subject: str


@dataclass
class Journals:
    sent: dict[str, Sent] = field(default_factory=dict)  #: by the id the hub must know it by
    follows: dict[str, tuple[str, frozenset[str]]] = field(default_factory=dict)  #: consumer → party, types
    effects: list[Effect] = field(default_factory=list)
    again: int = 0
    times_sent: Counter[str] = field(default_factory=Counter)

    def accepted(self) -> dict[str, Sent]:
        return {name: sent for name, sent in self.sent.items() if sent.accepted}


def read_journals(folder: Path) -> Journals:
    journals = Journals()
    for path in sorted(folder.glob("*.jsonl")):
        for line in path.read_text().splitlines():
            try:
                said = json.loads(line)
            except ValueError:
                continue
            _take(journals, said)
    return journals


def _take(journals: Journals, said: dict[str, Any]) -> None:
    match said["event"]:
        case "sent":
            name = _name(said)
            journals.times_sent[name] += 1
            if name not in journals.sent:
                must = [Must(*each) for each in said.get("must", ())]
                journals.sent[name] = Sent(
                    said["party"], said["id"], said["key"], said["seq"], said["type"], must, said.get("dead", False)
                )
        case "answered" if said["accepted"]:
            journals.sent[_name(said)].accepted = True
        case "follows":
            journals.follows[said["consumer"]] = (said["party"], frozenset(said.get("types", ())))
        case "effect":
            journals.effects.append(Effect(said["consumer"], said["id"], said["type"], said["subject"]))
        case "again":
            journals.again += 1


def _name(said: dict[str, Any]) -> str:
    return nameless_id(said["party"], said["digest"]) if said.get("digest") else event_id(said["party"], said["id"])
