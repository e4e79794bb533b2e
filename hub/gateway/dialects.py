"""What the connectors know of a record at the door, so that a mistake is told while its sender still listens.

The one rule: the door reads a record with the same pure function as the agent behind it, and passes on the bytes.
"""

from __future__ import annotations

from collections.abc import Sequence

from connectors import registry
from connectors.protocol import Draft


def content_types(dialect: str) -> tuple[str, ...]:
    """What its connector takes; empty if no connector speaks it."""
    return registry.system(dialect).content_types if dialect in registry.CONNECTORS else ()


def read(dialect: str, raw: bytes, content_type: str) -> Sequence[Draft] | None:
    """Every event *raw* tells, None if no connector speaks the dialect. Raise `Refused` for what is not understood."""
    return registry.read(dialect, raw, content_type, logged=True) if dialect in registry.CONNECTORS else None
