"""What goes in and what comes out: a record read from a log, and one to be written.

One rule: both are plain values; neither knows a broker.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

#: In the order they were written; a name may occur twice.
Headers = tuple[tuple[str, bytes], ...]


def headers_of(given: Sequence[tuple[str, bytes | None]]) -> Headers:
    """Headers as a client hands them out. One without a value, which Kafka allows, says as much as an empty one."""
    for _, value in given:
        if value is None:
            return tuple((name, value or b"") for name, value in given)
    return tuple(given)  # type: ignore[arg-type]  # none of them is None


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
