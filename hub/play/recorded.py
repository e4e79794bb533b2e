"""The hub's own log, read back from its topics as values for `shadow`.

The one rule: topics are read, in no group and without a commit; nothing is written.
"""

from __future__ import annotations

import heapq
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import orjson

from hub.agents.aggregate import ADDRESSED
from hub.agents.translate import CONTROL
from hub.canonical.event import HUB, Event
from hub.engine.record import Record
from hub.ops.scan import records
from hub.play.log import REFUSED, Entry, Heard, Opened, Passed, Said, Shard, decided, refused, told
from hub.rules.ledger import Recipients
from hub.topics import Topics
from hub.wire import envelope

#: Every realm, real life included.
ALL_REALMS = "*"

#: Worlds do not know of each other: the same fact told in two has one id and two decisions.
_Identity = tuple[str, str]


@dataclass(slots=True)
class Log:
    """What came to the aggregates and what the hub said to it."""

    entries: list[Entry] = field(default_factory=list)
    said: list[Said] = field(default_factory=list)
    cut: set[str] = field(default_factory=set)  #: topics whose beginning retention has taken
    copies_cut: bool = False  #: so for who was told of what, which is kept for the shortest time

    def comparable(self, now: Sequence[Said]) -> Iterator[Said]:
        """*now* without what can have no counterpart: whom an old fact was told may be known no more."""
        known = [(said.cause, said.to) for said in self.said if not said.data]
        missing = Counter(said.cause for said in now if not said.data)
        missing.subtract(cause for cause, _ in known)
        exact = set(known)
        for said in now:
            whole = said.data or not self.copies_cut or missing[said.cause] <= 0
            if whole or (said.cause, said.to) in exact:
                yield said

    @property
    def facts(self) -> int:
        """How many facts of parties it holds."""
        return sum(isinstance(entry, Heard) and entry.event.party != HUB for entry in self.entries)


async def read_log(bootstrap: str, topics: Topics, realms: Collection[str]) -> Log:
    """The log of *realms*: "" is real life, `ALL_REALMS` all there are."""
    wanted = [*(topics.aggregate(name).name for name in topics.aggregates)]
    wanted += [topics.clock.name, topics.receipt.name, topics.outgoing.name]
    return log_of([record async for record in records(bootstrap, wanted)], topics, realms)


def log_of(found: Iterable[Record], topics: Topics, realms: Collection[str]) -> Log:
    """The log that the records *found* are, in the order of each partition."""
    aggregates = {topics.aggregate(name).name: name for name in topics.aggregates}
    by_partition: defaultdict[Shard, list[Record]] = defaultdict(list)
    beside: list[Record] = []
    begun: set[Shard] = set()
    log = Log()
    for record in found:
        place = record.topic, record.partition
        if place not in begun:
            begun.add(place)
            if record.offset and record.topic == topics.outgoing.name:
                log.copies_cut = True
            elif record.offset:
                log.cut.add(record.topic)
        if record.value is None or not _wanted(record, realms):
            continue
        if record.topic in aggregates:
            by_partition[place].append(record)
        else:
            beside.append(record)
    decisions: dict[_Identity, Event] = {}
    # Order holds within a partition; between partitions a cause was written before what it led to.
    for record in heapq.merge(*by_partition.values(), key=lambda record: record.timestamp_ms):
        shard = aggregates[record.topic], record.partition
        if word := envelope.header(record.headers, CONTROL):
            log.entries.extend(_control(word, record, shard))
            continue
        event = envelope.from_record(record.key, record.value, record.headers)
        if event.party != HUB or event.type in ADDRESSED:
            log.entries.append(Heard(shard, event))
        if event.party == HUB:
            decisions[_identity(event)] = event
    _read_beside(log, beside, topics, decisions)
    return log


def _identity(event: Event) -> _Identity:
    return event.realm, event.id


def _wanted(record: Record, realms: Collection[str]) -> bool:
    return ALL_REALMS in realms or envelope.header(record.headers, "ce_realm") in realms


def _control(word: str, record: Record, shard: Shard) -> Iterator[Entry]:
    said = orjson.loads(record.value or b"{}")
    if word == "hub.realm.opened":
        yield Opened(shard, said["realm"], said.get("policy") or {})
    elif word == "hub.tick":
        yield Passed(shard, said["realm"], datetime.fromisoformat(said["time"]))


def _read_beside(log: Log, beside: list[Record], topics: Topics, decisions: dict[_Identity, Event]) -> None:
    """Clocks, refusals by an aggregate, and who was told of what."""
    facts = {
        (*_identity(entry.event), entry.event.recorded): entry.event
        for entry in log.entries
        if isinstance(entry, Heard)
    }
    refusals: dict[_Identity, Said] = {}
    recipients: dict[_Identity, Recipients] = {}
    for record in beside:
        event = envelope.from_record(record.key, record.value, record.headers)
        if record.topic == topics.outgoing.name:
            named = envelope.decode_recipients(dict(record.headers).get(envelope.RECIPIENTS, b""))
            if event.party == HUB:
                recipients[_identity(event)] = named
            else:
                log.said.append(told(event, named))
        elif record.topic == topics.clock.name:
            decisions[_identity(event)] = event
        elif event.type == REFUSED:
            # A fact that never came to an aggregate was refused at a door, and is not in its log.
            fact = facts.get((event.realm, str(event.data["eventId"]), event.recorded))
            if fact is not None:
                refusals[_identity(event)] = refused(fact, str(event.data["code"]))
    log.said += [decided(event, recipients.get(identity)) for identity, event in decisions.items()]
    log.said += refusals.values()
