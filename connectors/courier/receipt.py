"""The receipt of a bundle: signed by who opened it, carried back. Pure.

The one rule: it names the head of the bundle, so it holds for exactly those bytes and no others of that number.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import orjson
from cryptography.exceptions import InvalidSignature

from connectors.courier.keys import Keyring, Private, binary, text
from connectors.courier.refusal import Code, CourierRefused
from hub.wire.strictjson import read_json
from hub.wire.unreadable import Unreadable

MAGIC: Final = b"hub-courier-receipt-1\n"
_LINE: Final = 4096
_WORDS: Final = {"from": str, "to": str, "number": int, "bundle": str, "count": int, "openedAt": str, "signedBy": str}


@dataclass(frozen=True, slots=True)
class Receipt:
    """Who opened what, when."""

    sender: str  #: of the bundle
    recipient: str  #: of the bundle: who signs
    number: int
    bundle: str
    count: int
    opened_at: str


def write(receipt: Receipt, signer: Private) -> bytes:
    """The bytes of a receipt; the same again for the same receipt."""
    told: dict[str, Any] = {
        "from": receipt.recipient, "to": receipt.sender, "number": receipt.number, "bundle": receipt.bundle,
        "count": receipt.count, "openedAt": receipt.opened_at, "signedBy": signer.public.kid,
    }  # fmt: skip
    signed = MAGIC + orjson.dumps(told, option=orjson.OPT_SORT_KEYS) + b"\n"
    return signed + text(signer.sign.sign(signed)).encode() + b"\n"


def read(value: bytes, keys: Keyring, party: str) -> Receipt:
    """A verified receipt for *party*. Raise `CourierRefused`."""
    lines = value[: 2 * _LINE].split(b"\n")
    if not value.startswith(MAGIC) or len(lines) != 4 or lines[3]:
        raise CourierRefused(Code.UNREADABLE, "不是本格式的回执", "not a receipt of this form")
    try:
        told = read_json(lines[1], largest=_LINE)
        signature = binary(lines[2])
    except (Unreadable, ValueError):
        raise CourierRefused(Code.UNREADABLE, "回执不能解析", "the receipt cannot be read") from None
    if not isinstance(told, dict) or {name: type(each) for name, each in told.items()} != _WORDS:
        raise CourierRefused(Code.UNREADABLE, "回执内容不合规定", "the receipt is not of this form")
    if told["to"] != party:
        raise CourierRefused(Code.FOREIGN, f"回执属于 {told['to'][:40]}", f"this receipt is for {told['to'][:40]}")
    try:
        keys.peer(told["from"], told["signedBy"]).sign.verify(signature, MAGIC + lines[1] + b"\n")
    except InvalidSignature:
        raise CourierRefused(Code.FORGED, "回执签名不符", "the signature does not fit") from None
    return Receipt(told["to"], told["from"], told["number"], told["bundle"], told["count"], told["openedAt"])
