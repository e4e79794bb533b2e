"""A bundle: manifest, signature, sealed content. Pure: bytes and keys in, bytes out.

The one rule: the same content packed again under the same manifest is the same bytes. So there is no randomness here: the
one-time key is derived, as a nonce is in RFC 6979, from the signer's secret and everything that is sealed; another content has
another key, and AES-GCM never sees one key twice with two texts.

    hub-courier-1 ⏎  manifest (JSON, readable by whoever holds the disc) ⏎  signature (Ed25519, base64) ⏎  sealed content

The manifest tells who, to whom, which number, after which, how many and how long; no name, kind or key of any event. The content
is sealed with AES-256-GCM under HKDF-SHA256(X25519(one-time key, recipient)), bound to the manifest.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import orjson
from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from connectors.courier.keys import Keyring, Private, Public, binary, text
from connectors.courier.refusal import Code, CourierRefused
from hub.wire.strictjson import read_json
from hub.wire.unreadable import Unreadable

MAGIC: Final = b"hub-courier-1\n"
NONE_BEFORE: Final = "0" * 64  #: what the first bundle follows
ENTRIES: Final = 10_000
CONTENT_BYTES: Final = 64 * 1024 * 1024
_LINE: Final = 4096
_NONCE: Final = bytes(12)  #: each key seals one text, see above
_WORDS: Final = {
    "from": str, "to": str, "number": int, "previous": str, "packedAt": str, "count": int, "signedBy": str,
    "sealedFor": str, "oneTime": str, "bytes": int, "sha256": str,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Entry:
    """One file that is carried."""

    name: str
    value: bytes


@dataclass(frozen=True, slots=True)
class Place:
    """Where a bundle stands: between whom, its number, what it follows, when it was packed."""

    sender: str
    recipient: str
    number: int
    previous: str
    packed_at: str


@dataclass(frozen=True, slots=True)
class Bundle:
    """A bundle as anyone can read it."""

    manifest: dict[str, Any]
    head: str  #: digest of manifest and signature: what the next one follows and the receipt names
    signed: bytes
    signature: bytes
    sealed: bytes


def pack(place: Place, entries: Sequence[Entry], signer: Private, recipient: Public) -> tuple[bytes, str]:
    """The bytes of a bundle and its head."""
    content = b"".join(orjson.dumps({"name": each.name, "value": text(each.value)}) + b"\n" for each in entries)
    if len(entries) > ENTRIES or len(content) > CONTENT_BYTES:
        raise ValueError("more than one bundle carries")
    told: dict[str, Any] = {
        "from": place.sender, "to": place.recipient, "number": place.number, "previous": place.previous,
        "packedAt": place.packed_at, "count": len(entries), "signedBy": signer.public.kid, "sealedFor": recipient.kid,
    }  # fmt: skip
    salt = hashlib.sha256(_json(told) + b"\x00" + content).digest()
    seed = HKDF(SHA256(), 32, salt, b"hub-courier-1 one-time key").derive(signer.sign.private_bytes_raw())
    one_time = X25519PrivateKey.from_private_bytes(seed)
    told["oneTime"] = text(one_time.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw))
    bound = _json(told)
    key = _content_key(one_time.exchange(recipient.seal), bound)
    sealed = AESGCM(key).encrypt(_NONCE, content, bound)
    manifest = _json({**told, "bytes": len(sealed), "sha256": hashlib.sha256(sealed).hexdigest()})
    signed = MAGIC + manifest + b"\n"
    signature = text(signer.sign.sign(signed)).encode() + b"\n"
    return signed + signature + sealed, hashlib.sha256(signed + signature).hexdigest()


def parted(value: bytes) -> Bundle:
    """The parts of a bundle; nothing is verified but its form and length. Raise `CourierRefused` (UNREADABLE)."""
    if not value.startswith(MAGIC):
        raise _unreadable("不是本格式的信使包", "not a bundle of this form")
    end = value.find(b"\n", len(MAGIC), len(MAGIC) + _LINE)
    last = value.find(b"\n", end + 1, end + 1 + _LINE) if end > 0 else -1
    if last < 0:
        raise _unreadable("信使包不完整", "the bundle is cut off")
    try:
        told = read_json(value[len(MAGIC) : end], largest=_LINE)
        signature = binary(value[end + 1 : last])
    except (Unreadable, ValueError):
        raise _unreadable("清单或签名不能解析", "the manifest or the signature cannot be read") from None
    if not isinstance(told, dict) or {name: type(each) for name, each in told.items()} != _WORDS:
        raise _unreadable("清单内容不合规定", "the manifest is not of this form")
    sealed = value[last + 1 :]
    if len(sealed) != told["bytes"] or told["number"] < 1:
        raise _unreadable("信使包长度与清单不符", "the bundle is shorter or longer than it says")
    return Bundle(told, hashlib.sha256(value[: last + 1]).hexdigest(), value[: end + 1], signature, sealed)


def verify(bundle: Bundle, keys: Keyring, party: str) -> None:
    """Raise `CourierRefused` unless it is for *party*, from whom it says, and unchanged."""
    told = bundle.manifest
    if told["to"] != party:
        raise CourierRefused(Code.FOREIGN, f"收件单位为 {told['to'][:40]}", f"this is for {told['to'][:40]}")
    signer = keys.peer(told["from"], told["signedBy"])
    try:
        signer.sign.verify(bundle.signature, bundle.signed)
    except InvalidSignature:
        raise CourierRefused(Code.FORGED, "签名不符", "the signature does not fit") from None
    if hashlib.sha256(bundle.sealed).hexdigest() != told["sha256"]:
        raise CourierRefused(Code.FORGED, "内容与清单摘要不符", "the content is not what was signed")


def unseal(bundle: Bundle, own: Private) -> list[Entry]:
    """The entries of a verified bundle, in their order."""
    told = {name: each for name, each in bundle.manifest.items() if name not in {"bytes", "sha256"}}
    bound = _json(told)
    try:
        one_time = X25519PublicKey.from_public_bytes(binary(told["oneTime"].encode()))
        content = AESGCM(_content_key(own.seal.exchange(one_time), bound)).decrypt(_NONCE, bundle.sealed, bound)
    except (InvalidTag, ValueError):
        raise CourierRefused(Code.FORGED, "不能解封", "the seal does not fit") from None
    entries = []
    try:
        for line in content.splitlines():
            said = orjson.loads(line)
            entries.append(Entry(str(said["name"]), binary(said["value"].encode())))
    except (ValueError, KeyError, TypeError, AttributeError):  # rightly signed and sealed, by a peer whose program errs
        raise _unreadable("内容不合规定", "the content is not of this form") from None
    if len(entries) != told["count"]:
        raise CourierRefused(Code.FORGED, "件数与清单不符", "not as many entries as the manifest says")
    return entries


def _content_key(shared: bytes, bound: bytes) -> bytes:
    return HKDF(SHA256(), 32, hashlib.sha256(bound).digest(), b"hub-courier-1 content").derive(shared)


def _json(value: dict[str, Any]) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


def _unreadable(detail: str, detail_en: str) -> CourierRefused:
    return CourierRefused(Code.UNREADABLE, detail, detail_en)
