"""What this room says of bytes that cannot be read.

The one rule: every fault of foreign bytes, whatever library met it, leaves this room as `Unreadable`.
"""

from __future__ import annotations

from hub.canonical.refused import Refused


class Unreadable(Refused):
    """Bytes, headers or JSON that are not what they claim to be: refused like any other fault of form."""

    def __init__(self, detail: str, detail_en: str, *, pointer: str = "") -> None:
        super().__init__("INVALID_FIELD", detail, pointer=pointer, detail_en=detail_en)
