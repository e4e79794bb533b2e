"""The catalogue's routes against schemas and rules: every event has both, and every word in a route means somebody.

The one rule: a word is known if a rule names it, if the table of parties gives it a party, or if the event has a field of that name.
"""

from __future__ import annotations

from collections.abc import Iterator

from hub.canonical.catalogue import Catalogue
from hub.coherence import named
from hub.coherence.subject import Subject
from hub.reference import Finding
from hub.reference.events import EventRule
from hub.rules.ledger import PROJECTIONS

FILE = "events.yaml"


def check(subject: Subject) -> Iterator[Finding]:
    """Events and words that mean nothing."""
    catalogue, rules = Catalogue.load(), subject.reference.events
    for name in (*catalogue, *rules):
        if (name in catalogue) != (name in rules):
            yield Finding(
                "UNKNOWN_EVENT",
                FILE,
                name,
                "events.yaml 与 schemas/avro 不一致:事件须两处都有,请补上或更正",
                "an event stands both here and in schemas/avro: add or correct it",
            )
    for name, rule in rules.items():
        yield from _words(subject, name, rule)


def _words(subject: Subject, name: str, rule: EventRule) -> Iterator[Finding]:
    event_type = Catalogue.load().get(name)
    fields = {field.name for field in event_type.fields} if event_type else set()
    known = named.words()
    for role in rule.senders:
        if role not in known:
            yield _unknown(name, "from", role)
    needed = rule.needs.removesuffix(" if named").split("/") if rule.needs else []
    for word in needed:
        if word not in known and f"{name.partition('.')[0]}.{word}" not in subject.reference.events:
            yield _unknown(name, "needs", word)
    for role, projection in rule.to:
        if role not in known and role not in subject.reference.roles and role not in fields:
            yield _unknown(name, "to", role)
        if projection not in PROJECTIONS:
            yield _unknown(name, "to", projection or role)


def _unknown(name: str, column: str, word: str) -> Finding:
    return Finding(
        "UNKNOWN_ROLE",
        FILE,
        f"{name}.{column}",
        f"没有规则认识 {word}:请更正拼写",
        f"no rule knows {word}: correct the spelling",
    )
