"""A stretch of the hub's log as plain values: what came to the aggregates, and what the hub said.

The one rule: nothing here knows a topic. A log read from Kafka and one written down from a scenario's run are the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from hub.canonical.event import Event
from hub.rules.ledger import Recipients

#: (aggregate, partition): states of one shard share one order and hear the same calendars and control words.
Shard = tuple[str, int]

#: Type under which a refusal stands in the log.
REFUSED = "receipt.ingress.refused"


@dataclass(frozen=True, slots=True)
class Heard:
    """An event that an aggregate was given: a fact, a calendar, or a word of the hub to another key."""

    shard: Shard
    event: Event


@dataclass(frozen=True, slots=True)
class Opened:
    """A scenario's world began, with its own policy."""

    shard: Shard
    realm: str
    policy: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Passed:
    """The time of a scenario's world moved on to *at*."""

    shard: Shard
    realm: str
    at: datetime


Entry = Heard | Opened | Passed


@dataclass(frozen=True, slots=True)
class Said:
    """One thing the hub said: a decision, a refusal, or whom it told of an accepted fact.

    *at* is its moment; a refusal stands at the moment at which the refused fact had come, wherever it waited meanwhile.
    """

    realm: str
    key: str
    type: str
    cause: str  #: id of the fact that led to it; "" = time alone
    at: datetime
    data: Mapping[str, Any]
    to: frozenset[tuple[str, str]] | None = None  #: (party, projection); None = not known, hence not compared
    #: Codes of the fact it is about, for a reader; not compared.
    about: str = ""


def told(event: Event, recipients: Recipients | frozenset[tuple[str, str]]) -> Said:
    """That the accepted fact *event* went to *recipients*."""
    return Said(event.realm, event.key, event.type, event.id, event.recorded, {}, frozenset(recipients))


def decided(event: Event, recipients: Recipients | frozenset[tuple[str, str]] | None) -> Said:
    """That the hub made *event*."""
    to = None if recipients is None else frozenset(recipients)
    return Said(event.realm, event.key, event.type, event.cause, event.recorded, event.data, to)


def refused(event: Event, code: str) -> Said:
    """That *event* was refused with *code*."""
    return Said(event.realm, event.key, REFUSED, event.id, event.recorded, {"code": code}, about=event.type)
