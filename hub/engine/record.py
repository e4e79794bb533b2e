"""What goes in and what comes out: a record read from a log, and one to be written.

One rule: both are plain values; neither knows a broker.
"""

from __future__ import annotations

import msgspec

#: In the order they were written; a name may occur twice.
Headers = tuple[tuple[str, bytes], ...]


class Record(msgspec.Struct, frozen=True):
    """One record of an input partition, as read."""

    topic: str
    partition: int
    offset: int
    timestamp_ms: int
    key: bytes | None
    value: bytes | None
    headers: Headers


class Outgoing(msgspec.Struct, frozen=True):
    """One record to write. Without *partition*, the key decides it as in the Java client."""

    topic: str
    key: bytes | None
    value: bytes | None
    headers: Headers = ()
    partition: int | None = None
