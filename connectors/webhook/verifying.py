"""Is this webhook from the hub, whole and fresh? For receivers: copy this one file, it imports nothing of ours.

    verified = verify(request.headers, request.raw_body, ["whpk_…"], now=time.time())
    if verified.id not in my_store: keep it and act        # remember ids for 14 days: a retry carries the same id

Standard Webhooks 1.0. ``v1a`` (Ed25519, needs the package `cryptography`) proves who sent; ``v1`` (HMAC-SHA256) only that
somebody who knows the secret did. The one rule: the bytes are judged as they came, before anything parses them, and no key
is ever taken from the request.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

#: How far the sender's clock may be from ours, either way.
TOLERANCE_SECONDS: Final = 300
#: How long a receiver remembers the ids it has acted on: well beyond the last retry.
REMEMBER_DAYS: Final = 14

SHARED: Final = "whsec_"
PUBLIC: Final = "whpk_"
_SECRET_BYTES: Final = range(24, 65)
_PUBLIC_BYTES: Final = 32


class NotGenuine(Exception):
    """Do not act on this request. *code* is for programs, the text for people; answer 401 and do not repeat the text."""

    def __init__(self, code: str, zh: str, en: str) -> None:
        super().__init__(f"{code}: {zh} / {en}")
        self.code = code
        self.zh = zh
        self.en = en


class KeyUnusable(ValueError):
    """A key of the receiver's own settings is not one. A mistake in settings, never the sender's."""


@dataclass(frozen=True)
class Verified:
    """A genuine request."""

    id: str  #: the same on every retry
    timestamp: int  #: when this try was made, seconds since 1970


def verify(
    headers: Mapping[str, str],
    body: bytes,
    keys: Sequence[str],
    *,
    now: float,
    tolerance_seconds: float = TOLERANCE_SECONDS,
) -> Verified:
    """Raise `NotGenuine` unless one of *keys* (``whpk_…``, ``whsec_…``; during a change of keys both) signed exactly *body*."""
    if not keys:
        raise KeyUnusable("no key given: ask the operator of the hub for whpk_… (or whsec_…)")
    given = {name.lower(): value for name, value in headers.items()}
    identity = _header(given, "webhook-id")
    stamp = _header(given, "webhook-timestamp")
    signatures = _header(given, "webhook-signature")
    content = signed_content(identity, _seconds(stamp, now, tolerance_seconds), body)
    wanted = {_version(key) for key in keys}
    offered = [each.partition(",") for each in signatures.split(" ") if each]
    known = [(version, text) for version, _, text in offered if version in wanted]
    if not known:
        raise NotGenuine(
            "NO_KNOWN_SIGNATURE",
            f"签名版本为 {'、'.join(sorted({v for v, _, _ in offered})) or '无'},而本方密钥用于 {'、'.join(sorted(wanted))}",
            f"signed with {', '.join(sorted({v for v, _, _ in offered})) or 'nothing'}, but our keys are for {', '.join(sorted(wanted))}",
        )
    for key in keys:
        version, check = _version(key), _checker(key)
        if any(each == version and check(content, _decoded(text)) for each, text in known):
            return Verified(identity, int(stamp))
    raise NotGenuine(
        "WRONG_SIGNATURE",
        "签名不符:须对收到的原始字节验签(不可先解析再序列化),并核对密钥是否为枢纽现行密钥",
        "the signature does not fit: verify the raw bytes as received (not parsed and written again), with the hub's present key",
    )


def signed_content(identity: str, timestamp: int, body: bytes) -> bytes:
    """What is signed."""
    return f"{identity}.{timestamp}.".encode() + body


def secret_bytes(key: str) -> bytes:
    """The bytes of ``whsec_…``. Raise `KeyUnusable`."""
    found = _base64(key.removeprefix(SHARED))
    if not key.startswith(SHARED) or len(found) not in _SECRET_BYTES:
        raise KeyUnusable("a secret is whsec_ and the base64 of 24 to 64 bytes")
    return found


def _header(given: Mapping[str, str], name: str) -> str:
    value = given.get(name, "")
    if not value:
        raise NotGenuine("MISSING_HEADER", f"缺少标头 {name}", f"the header {name} is missing")
    return value


def _seconds(stamp: str, now: float, tolerance: float) -> int:
    if not (stamp.isascii() and stamp.isdigit() and len(stamp) <= 12):
        raise NotGenuine(
            "MALFORMED_TIMESTAMP", "webhook-timestamp 须为整数秒", "webhook-timestamp is a whole number of seconds"
        )
    age = now - int(stamp)
    if age > tolerance:
        raise NotGenuine(
            "TOO_OLD",
            f"时间戳早了 {age:.0f} 秒:可能是重放,或本机时钟偏快",
            f"{age:.0f} s old: a replay, or our clock is fast",
        )
    if -age > tolerance:
        raise NotGenuine("TOO_NEW", f"时间戳晚了 {-age:.0f} 秒:本机时钟偏慢", f"{-age:.0f} s ahead: our clock is slow")
    return int(stamp)


def _version(key: str) -> str:
    if key.startswith(SHARED):
        return "v1"
    if key.startswith(PUBLIC):
        return "v1a"
    raise KeyUnusable("a key begins with whpk_ (public, v1a) or whsec_ (secret, v1)")


class _Hmac:
    def __init__(self, key: str) -> None:
        self._secret = secret_bytes(key)

    def __call__(self, content: bytes, signature: bytes) -> bool:
        return hmac.compare_digest(hmac.digest(self._secret, content, hashlib.sha256), signature)


class _Ed25519:
    def __init__(self, key: str) -> None:
        # Here, so that a receiver with v1 alone needs no package.
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey  # noqa: PLC0415

        found = _base64(key.removeprefix(PUBLIC))
        if len(found) != _PUBLIC_BYTES:
            raise KeyUnusable("a public key is whpk_ and the base64 of 32 bytes")
        self._key = Ed25519PublicKey.from_public_bytes(found)

    def __call__(self, content: bytes, signature: bytes) -> bool:
        from cryptography.exceptions import InvalidSignature  # noqa: PLC0415

        try:
            self._key.verify(signature, content)
        except InvalidSignature:
            return False
        return True


def _checker(key: str) -> _Hmac | _Ed25519:
    return _Hmac(key) if key.startswith(SHARED) else _Ed25519(key)


def _base64(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise KeyUnusable("the key is not base64: was a part of it lost in copying?") from None


def _decoded(text: str) -> bytes:
    """A signature that is not base64 is a wrong one."""
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return b""
