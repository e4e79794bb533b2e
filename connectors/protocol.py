"""What a connector is. Read this, then `memory/`, then write yours.

The one rule: a dialect is pure and total; only sources and sinks touch the world.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Protocol, runtime_checkable

import msgspec

from hub.canonical.event import Event
from hub.canonical.refused import Refused

#: A message in the peer's own shape, already decoded: texts, numbers, lists and objects under the peer's own names.
Record = Mapping[str, Any]

#: What stands in an error for a value that names or describes a person.
MASKED: Final = "***"


class NotUnderstood(Refused):
    """A record that its dialect cannot read; the only error that `Dialect.read` and a format may raise.

    *source* is the path in the sender's record, *rule* the place that asked for it (file:line), *suggestion* what the
    sender or the mapping's keeper can do. *value* is already masked where it may be personal.
    """

    def __init__(
        self,
        detail: str,
        *,
        source: str = "",
        value: str = "",
        rule: str = "",
        suggestion: str = "",
        detail_en: str = "",
    ) -> None:
        super().__init__("INVALID_FIELD", detail, pointer=_pointer(source), detail_en=detail_en)
        self.source = source
        self.value = value
        self.rule = rule
        self.suggestion = suggestion

    def as_reason(self) -> dict[str, str]:
        """What is written beside a refused file: the same words as everywhere, for people."""
        reason = {
            "code": self.code, "detail": self.detail, "detailEn": self.detail_en, "field": self.source,
            "value": self.value, "rule": self.rule, "suggestion": self.suggestion,
        }  # fmt: skip
        return {name: text for name, text in reason.items() if text}


class Unavailable(Exception):
    """The other side cannot be reached now. The runner waits and opens the source or sink again.

    *pause_seconds*: how long to wait, from one who paces its own tries; None leaves it to the runner.
    """

    def __init__(self, message: str = "", *, pause_seconds: float | None = None) -> None:
        super().__init__(message)
        self.pause_seconds = pause_seconds


class Draft(msgspec.Struct, frozen=True):
    """An event as a record tells it: not yet checked, without the hub's envelope."""

    type: str  #: short name of the contract
    data: dict[str, Any]
    own_id: str = ""  #: the sender's own persistent id of this record, if its dialect has one
    party: str = ""  #: the party the record speaks for; empty = the owner of the connection
    unmapped: tuple[str, ...] = ()  #: source fields that no rule names, where the mapping lets them pass


@dataclass(frozen=True, slots=True)
class Envelope:
    """What a peer is told about an event besides its fields."""

    id: str
    party: str = ""  #: whose event it is
    key: str = ""
    time: str = ""  #: legal time
    sequence: int = 0

    @staticmethod
    def of(event: Event) -> Envelope:
        """The envelope of *event*."""
        return Envelope(event.id, event.party, event.key, event.time, event.sequence)


class Dialect(Protocol):
    """How one system talks. Pure and total: no clock, no network, no memory.

    Law: for every event it can write, ``read(write(event))`` gives that event's type and data, and its id as `own_id`.
    """

    @property
    def name(self) -> str:
        """As in the topic ``evt.<party>.<name>.v1``."""

    def read(self, record: Record) -> Sequence[Draft]:
        """Raise `NotUnderstood`, and nothing else, for what it cannot read."""

    def write(self, event_type: str, data: Mapping[str, Any], envelope: Envelope) -> Record | None:
        """None means this peer is not told about such events."""


class Row(msgspec.Struct, frozen=True):
    """One record of a file or a request, or why it is none. A broken row costs only itself."""

    number: int  #: counted from 1, as people count
    record: Record | None
    error: NotUnderstood | None = None


class Format(Protocol):
    """Bytes ⇄ records, with the limits that keep a hostile file harmless."""

    @property
    def extension(self) -> str:
        """Of the files it makes, without the dot."""

    @property
    def content_type(self) -> str:
        """As written in the header ``content-type``."""

    def decode(self, value: bytes) -> list[Row]:
        """Raise `NotUnderstood` if the whole is not to be read; a broken record is a row with its error."""

    def encode(self, records: Sequence[Record]) -> bytes:
        """The bytes of *records* as the peer expects them."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """A record and the promise to settle it exactly once: None acks, an error nacks."""

    record: Record
    origin: tuple[
        str, ...
    ]  #: names this record for ever, e.g. ``("file", <sha-256>, "12")``: the same again gives the same id
    settle: Callable[[Exception | None], Awaitable[None]]


class Source(Protocol):
    """Where a peer's records come from."""

    def deliveries(self) -> AsyncIterator[Sequence[Delivery]]:
        """Yield batches until closed; each is settled before the next is asked for. Raise `Unavailable` to be reopened."""


class Sink(Protocol):
    """Where a peer takes its records from."""

    async def send(self, record: Record, *, key: str) -> None:
        """Return once the peer has it. The same *key* may come twice."""


@runtime_checkable
class Closing(Protocol):
    """A sink that holds a connection."""

    async def close(self) -> None:
        """Let go of it; called once nothing more is sent."""


@dataclass(frozen=True, slots=True)
class Connector:
    """One outside system under one party. Making one touches nothing; `deliveries` and `send` may."""

    name: str
    party: str
    dialect: Dialect
    format: Format
    source: Source | None = None
    sinks: Mapping[str, Sink] = field(default_factory=dict)  #: party code -> where its deliveries go
    kind: str = "files"  #: way of exchange; each keeps its own place in the deliveries, the group ``<party>.<kind>``


def _pointer(source: str) -> str:
    """JSON Pointer (RFC 6901) of a path like ``内容.检查事项[0].代码``."""
    if not source:
        return ""
    parts = source.replace("[", ".").replace("]", "").strip(".").split(".")
    return "".join("/" + part.replace("~", "~0").replace("/", "~1") for part in parts)
