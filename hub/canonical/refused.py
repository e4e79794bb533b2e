"""What the hub says when something can never be accepted.

The one rule: whatever is refused is refused with `Refused`, a stable code of the contract and, where known, the place.
"""

from __future__ import annotations


class Refused(Exception):
    """The event can never be right as it stands.

    *code* is one of the contract's refusal codes; *pointer* a JSON Pointer (RFC 6901) into the event's data;
    *detail* and *detail_en* tell the sender what to do, in Chinese and English, without personal data.
    """

    def __init__(self, code: str, detail: str = "", *, pointer: str = "", detail_en: str = "") -> None:
        super().__init__(f"{code} {pointer} {detail_en or detail}".strip())
        self.code = code
        self.detail = detail
        self.detail_en = detail_en
        self.pointer = pointer
