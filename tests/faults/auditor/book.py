"""The log as the checks ask it: facts, decisions, receipts, copies and dead letters by what identifies them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from tests.faults.auditor.decode import Decoder
from tests.faults.auditor.ids import nameless_id
from tests.faults.auditor.journals import Journals
from tests.faults.auditor.log import Entry, Log

HUB = "HUB"
AGGREGATES = ("inspection.event.", "matter.event.", "complaint.event.")
CLOCK, RECEIPT, OUTGOING = "clock.event.", "receipt.event.", "hub.outgoing."
STATES = ("hub.inspections.state", "hub.matters.state", "hub.complaints.state")
COPIES, LETTERS, INGRESS = "dlv.", "dlq.", "evt."


@dataclass
class Book:
    log: Log
    journals: Journals
    decode: Decoder
    unreadable: list[str] = field(default_factory=list)

    @cached_property
    def facts(self) -> dict[str, list[Entry]]:
        """Facts of parties in the aggregates' topics, by id."""
        return _by_id(each for each in self.log.all(*AGGREGATES) if each.party != HUB and each.id)

    @cached_property
    def made(self) -> dict[str, list[Entry]]:
        """What the hub itself wrote into its logs of aggregates, clocks and receipts, by id."""
        return _by_id(each for each in self.log.all(*AGGREGATES, CLOCK, RECEIPT) if each.party == HUB)

    @cached_property
    def outgoing(self) -> dict[str, list[Entry]]:
        return _by_id(self.log.all(OUTGOING))

    @cached_property
    def copies(self) -> dict[str, dict[str, list[Entry]]]:
        """party → id → its copies on the party's topic."""
        found: dict[str, dict[str, list[Entry]]] = defaultdict(lambda: defaultdict(list))
        for each in self.log.all(COPIES):
            found[party_of(each.topic)][each.id].append(each)
        return found

    @cached_property
    def letters(self) -> dict[str, list[Entry]]:
        """Dead letters by the id of the event they refuse."""
        found: dict[str, list[Entry]] = defaultdict(list)
        for each in self.log.all(LETTERS):
            found[each.text("hub_event_id")].append(each)
        return found

    @cached_property
    def origins(self) -> dict[str, list[Entry]]:
        """Ingress record → the facts and dead letters that came of it."""
        found: dict[str, list[Entry]] = defaultdict(list)
        for facts in self.facts.values():
            for fact in facts:
                found[fact.text("hub_origin")].append(fact)
        for each in self.log.all(LETTERS):
            found[letter_of(each)].append(each)
        return found

    def data(self, entry: Entry) -> Mapping[str, object]:
        """The decoded value; one that cannot be decoded is noted and empty."""
        try:
            return self.decode(entry.value or b"")[1]
        except ValueError as error:
            self.unreadable.append(f"{entry.place}: {error}")
            return {}


def party_of(topic: str) -> str:
    """The party of ``dlv.<party>.v1``."""
    return topic.split(".")[1].upper()


def letter_of(entry: Entry) -> str:
    """Which record a dead letter is about."""
    return "/".join(entry.text(f"__dlq.errors.{name}") for name in ("topic", "partition", "offset"))


def recipients_of(entry: Entry) -> list[str]:
    """The parties an outgoing event names."""
    return [part.partition(":")[0] for part in entry.text("hub_recipients").split(",") if part]


def nameless(entry: Entry, digest: str) -> str:
    return nameless_id(party_of(entry.topic), digest)


def _by_id(entries: Iterable[Entry]) -> dict[str, list[Entry]]:
    found: dict[str, list[Entry]] = defaultdict(list)
    for each in entries:
        found[each.id].append(each)
    return found
