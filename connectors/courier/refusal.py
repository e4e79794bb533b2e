"""Why a bundle or a receipt is not taken. The one rule: one code for each cause, the same on both sides."""

from __future__ import annotations

from enum import StrEnum


class Code(StrEnum):
    """What is wrong with it."""

    UNREADABLE = "COURIER_UNREADABLE"  #: not of our form, or cut off, or longer than it says
    FOREIGN = "COURIER_FOREIGN"  #: for another party
    UNKNOWN_KEY = "COURIER_UNKNOWN_KEY"  #: signed or sealed with a key that we do not hold for that party
    FORGED = "COURIER_FORGED"  #: a signature, digest or seal that does not fit
    REPEATED = "COURIER_REPEATED"  #: opened before
    GAP = "COURIER_GAP"  #: an earlier one has not been opened
    OUT_OF_CHAIN = "COURIER_OUT_OF_CHAIN"  #: rightly signed, but follows another history than ours
    UNKNOWN_BUNDLE = "COURIER_UNKNOWN_BUNDLE"  #: a receipt for what we never packed so
    TOO_LARGE = "COURIER_TOO_LARGE"  #: a file that no bundle carries
    NOTHING = "COURIER_NOTHING"  #: no such bundle to make again, or its content is gone


class CourierRefused(Exception):
    """Not taken; the text says why, in Chinese and English."""

    def __init__(self, code: Code, detail: str, detail_en: str) -> None:
        super().__init__(f"{code}: {detail_en}")
        self.code = code
        self.detail = detail
        self.detail_en = detail_en
