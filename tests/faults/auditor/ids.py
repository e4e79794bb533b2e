"""Ids as the contract derives them, written anew from its text."""

from __future__ import annotations

import uuid

_ROOT = uuid.UUID("5b1f6a0e-6a3c-5f0e-9d55-3a52a1c0d751")


def event_id(party: str, own_id: str) -> str:
    """Under which id the hub knows an event that *party* calls *own_id*."""
    return _derive(party, "ce", own_id)


def nameless_id(party: str, digest: str) -> str:
    """Under which id a record is refused that could not be read; *digest* is the SHA-256 of its bytes."""
    return _derive(party, "record", digest, "0")


def _derive(*parts: str) -> str:
    return str(uuid.uuid5(_ROOT, "\x1f".join(parts)))
