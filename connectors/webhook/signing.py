"""Signs what goes out, by Standard Webhooks 1.0: ``v1a`` (Ed25519) between organisations, ``v1`` (HMAC) where a receiver cannot.

The one rule: pure; the bytes that are signed are the bytes that are sent.
"""

from __future__ import annotations

import base64
import hmac
from collections.abc import Sequence
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from connectors.webhook.verifying import PUBLIC, SHARED, KeyUnusable, secret_bytes, signed_content

PRIVATE: Final = "whsk_"
_SEED_BYTES: Final = 32


def sign(keys: Sequence[str], identity: str, timestamp: int, body: bytes) -> str:
    """The header ``webhook-signature``: one signature for each of *keys* (``whsk_…``, ``whsec_…``)."""
    content = signed_content(identity, timestamp, body)
    return " ".join(_signature(key, content) for key in keys)


def shared(key: str) -> str:
    """What the receiver is given for *key*: of a private key the public one, of a shared secret the secret itself."""
    if key.startswith(SHARED):
        secret_bytes(key)
        return key
    return PUBLIC + base64.b64encode(_private(key).public_key().public_bytes_raw()).decode()


def private_key(seed: bytes) -> str:
    """``whsk_`` of 32 random bytes, in the standard's form: the private and the public half."""
    made = Ed25519PrivateKey.from_private_bytes(seed)
    return PRIVATE + base64.b64encode(seed + made.public_key().public_bytes_raw()).decode()


def shared_secret(secret: bytes) -> str:
    """``whsec_`` of 24 to 64 random bytes."""
    return SHARED + base64.b64encode(secret).decode()


def _signature(key: str, content: bytes) -> str:
    if key.startswith(SHARED):
        return "v1," + base64.b64encode(hmac.digest(secret_bytes(key), content, "sha256")).decode()
    return "v1a," + base64.b64encode(_private(key).sign(content)).decode()


def _private(key: str) -> Ed25519PrivateKey:
    try:
        found = base64.b64decode(key.removeprefix(PRIVATE), validate=True)
    except ValueError:
        found = b""
    if not key.startswith(PRIVATE) or len(found) not in {_SEED_BYTES, 2 * _SEED_BYTES}:
        raise KeyUnusable("a private key is whsk_ and the base64 of 32 or 64 bytes")
    made = Ed25519PrivateKey.from_private_bytes(found[:_SEED_BYTES])
    if found[_SEED_BYTES:] not in {b"", made.public_key().public_bytes_raw()}:
        raise KeyUnusable("the halves of a private key do not belong together")
    return made
