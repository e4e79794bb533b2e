"""What the connectors know of a record at the door, so that a mistake is told while its sender still listens; and the way back.

The one rule: the door reads a record with the same pure function as the agent behind it, and passes on the bytes.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Any

import orjson

from connectors import registry
from connectors.protocol import Draft, Envelope
from hub.canonical.event import Event


def content_types(dialect: str) -> tuple[str, ...]:
    """What its connector takes; empty if no connector speaks it."""
    return registry.system(dialect).content_types if dialect in registry.names() else ()


def read(dialect: str, raw: bytes, content_type: str) -> Sequence[Draft] | None:
    """Every event *raw* tells, None if no connector speaks the dialect. Raise `Refused` for what is not understood."""
    return registry.read(dialect, raw, content_type, logged=True) if dialect in registry.names() else None


def of_party(party: str) -> tuple[str, ...]:
    """The dialects in which *party* is spoken to."""
    return registry.for_party(party)


def write(dialect: str, event: Event) -> dict[str, Any] | None:
    """``datacontenttype`` and the data of *event* in *dialect*: JSON as it is, anything else in base 64, byte for byte.

    None if this peer is not told about such events.
    """
    written = registry.write(dialect, event.type, event.data, Envelope.of(event))
    if written is None:
        return None
    content_type = registry.system(dialect).format.content_type
    if content_type.partition(";")[0] == "application/json":
        return {"datacontenttype": content_type, "data": orjson.loads(written)}
    return {"datacontenttype": content_type, "data_base64": base64.b64encode(written).decode()}
