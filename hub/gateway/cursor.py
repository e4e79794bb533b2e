"""Where a reader stands: an opaque text that holds an offset per partition and cannot be made up.

The one rule: a cursor is good for the party it was given to and for nobody else, and not a character of it may change.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import hashlib
import hmac
import os
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from hub.gateway.problem import Problem

_VERSION: Final = 1
_PAIR: Final = struct.Struct(">HQ")
_MAC_BYTES: Final = 16
_LONGEST: Final = 4096


class Cursors:
    """Writes and reads cursors with one secret."""

    def __init__(self, secret: bytes) -> None:
        self._secret = hashlib.sha256(b"hub cursor" + secret).digest()

    def write(self, party: str, offsets: Mapping[int, int]) -> str:
        """The cursor that stands before *offsets*."""
        body = bytes((_VERSION,)) + b"".join(_PAIR.pack(*pair) for pair in sorted(offsets.items()))
        return base64.urlsafe_b64encode(body + self._mac(party, body)).rstrip(b"=").decode()

    def read(self, party: str, cursor: str) -> dict[int, int]:
        """The offsets of *cursor*, or `Problem`."""
        if len(cursor) > _LONGEST:
            raise Problem("HUB-1401")
        try:
            raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            raise Problem("HUB-1401") from None
        body, mac = raw[:-_MAC_BYTES], raw[-_MAC_BYTES:]
        # Spare bits of base64 could be changed unseen: only the one spelling that we write is taken.
        genuine = (
            hmac.compare_digest(self._mac(party, body), mac)
            and base64.urlsafe_b64encode(raw).rstrip(b"=") == cursor.encode()
        )
        if not genuine or body[:1] != bytes((_VERSION,)) or (len(body) - 1) % _PAIR.size:
            raise Problem("HUB-1401")
        return dict(_PAIR.iter_unpack(body[1:]))

    def _mac(self, party: str, body: bytes) -> bytes:
        return hmac.digest(self._secret, party.encode() + b"\0" + body, "sha256")[:_MAC_BYTES]


def kept_secret(path: Path) -> bytes:
    """The secret in *path*, made on first use and readable by its owner only."""
    if not path.exists():
        made = path.with_name(f"{path.name}.{os.getpid()}")
        with os.fdopen(os.open(made, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(os.urandom(32))
        # A link fails where a rename would replace: of two processes that start together one secret holds.
        with contextlib.suppress(FileExistsError):
            os.link(made, path)
        made.unlink()
    return path.read_bytes()
