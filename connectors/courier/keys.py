"""The keys of a courier's end: one pair to sign, one to seal, kept in files.

The one rule: a key is trusted for one party only, because a person put its public file there. Rotation is a new pair beside the
old one: the newest is used, older ones still open and verify until their file is taken away.

    <home>/own/<kid>.key      private, mode 600      <home>/own/<kid>.pub     to be handed over
    <home>/peers/<party>/<kid>.pub
"""

from __future__ import annotations

import base64
import hashlib
import os
import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import orjson
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

from connectors.courier.refusal import Code, CourierRefused
from connectors.filedrop.folders import put

_PARTY: Final = re.compile(r"[A-Z0-9][A-Z0-9-]{0,40}").fullmatch
_KID: Final = re.compile(r"[0-9a-f]{32}").fullmatch


class KeyUnusable(Exception):
    """A key file that is missing, open to others or not of our form."""


@dataclass(frozen=True, slots=True)
class Public:
    """What others know of an end."""

    party: str
    made_at: str
    sign: Ed25519PublicKey
    seal: X25519PublicKey

    @property
    def kid(self) -> str:
        """Names this pair for ever; also what two people read to each other on the telephone."""
        raw = self.sign.public_bytes_raw() + self.seal.public_bytes_raw()
        return hashlib.sha256(self.party.encode() + b"\x00" + raw).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class Private:
    """What only the end itself knows."""

    public: Public
    sign: Ed25519PrivateKey
    seal: X25519PrivateKey


@dataclass(frozen=True, slots=True)
class Keyring:
    """The key files under *home*."""

    home: Path

    def make(self, party: str, now: datetime) -> Public:
        """A new pair for this end, from now on the one that is used."""
        if not _PARTY(party):
            raise KeyUnusable(f"{party[:40]} is no party code")
        if any(each.party != party for each in self._publics(self.home / "own")):
            raise KeyUnusable("this folder holds the keys of another party")
        sign, seal = Ed25519PrivateKey.generate(), X25519PrivateKey.generate()
        public = Public(party, now.isoformat(timespec="microseconds"), sign.public_key(), seal.public_key())
        folder = self.home / "own"
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        opened = os.open(folder / f"{public.kid}.key", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(opened, "wb") as file:
            file.write(_written(public, sign.private_bytes_raw(), seal.private_bytes_raw()))
            file.flush()
            os.fsync(file.fileno())
        put(folder / f"{public.kid}.pub", told(public))
        return public

    def trust(self, value: bytes) -> Public:
        """Take the public file of a peer; from now on it is used for that party."""
        public = _public(value)
        folder = self.home / "peers" / public.party
        folder.mkdir(parents=True, exist_ok=True)
        put(folder / f"{public.kid}.pub", told(public))
        return public

    def own(self, kid: str = "") -> Private:
        """Our pair *kid*, or the one that is used now."""
        if not kid:
            found = self._publics(self.home / "own")
            if not found:
                raise KeyUnusable("no key of our own: make one")
            kid = found[-1].kid
        path = self.home / "own" / f"{kid}.key"
        if not _KID(kid) or not path.is_file():
            raise CourierRefused(Code.UNKNOWN_KEY, "没有该密钥", f"we do not hold the key {kid[:32]}")
        if path.stat().st_mode & 0o077:
            raise KeyUnusable(f"{path} is open to others: chmod 600")
        said = _read(path.read_bytes())
        public = _public(path.read_bytes())
        try:
            return Private(
                public,
                Ed25519PrivateKey.from_private_bytes(_raw(said, "signPrivate")),
                X25519PrivateKey.from_private_bytes(_raw(said, "sealPrivate")),
            )
        except ValueError:
            raise KeyUnusable(f"{path} is damaged") from None

    def peer(self, party: str, kid: str = "") -> Public:
        """The pair *kid* of *party*, or the one that is used now."""
        found = self._publics(self.home / "peers" / party) if _PARTY(party) else []
        chosen = [each for each in found if each.party == party and kid in {"", each.kid}]
        if not chosen:
            raise CourierRefused(Code.UNKNOWN_KEY, f"没有 {party} 的该公钥", f"no such public key of {party[:40]}")
        return chosen[-1]

    def peers(self) -> list[str]:
        """The parties whose keys we hold."""
        folder = self.home / "peers"
        return sorted(each.name for each in folder.iterdir()) if folder.is_dir() else []

    def _publics(self, folder: Path) -> list[Public]:
        """Oldest first."""
        found = [_public(path.read_bytes()) for path in folder.glob("*.pub")]
        return sorted(found, key=lambda each: (datetime.fromisoformat(each.made_at), each.kid))


def told(public: Public) -> bytes:
    """The public file."""
    return _written(public, b"", b"")


def _written(public: Public, sign: bytes, seal: bytes) -> bytes:
    said = {
        "party": public.party, "kid": public.kid, "madeAt": public.made_at,
        "sign": text(public.sign.public_bytes_raw()), "seal": text(public.seal.public_bytes_raw()),
    }  # fmt: skip
    if sign:
        said |= {"signPrivate": text(sign), "sealPrivate": text(seal)}
    return orjson.dumps(said, option=orjson.OPT_INDENT_2) + b"\n"


def _public(value: bytes) -> Public:
    said = _read(value)
    try:
        public = Public(
            str(said["party"]), datetime.fromisoformat(str(said["madeAt"])).isoformat(timespec="microseconds"),
            Ed25519PublicKey.from_public_bytes(_raw(said, "sign")), X25519PublicKey.from_public_bytes(_raw(said, "seal")),
        )  # fmt: skip
    except (KeyError, ValueError):
        raise KeyUnusable("a damaged key file") from None
    if not _PARTY(public.party) or said.get("kid") != public.kid:
        raise KeyUnusable("a key file whose kid does not fit its keys")
    return public


def _read(value: bytes) -> dict[str, Any]:
    try:
        said = orjson.loads(value)
    except ValueError:
        raise KeyUnusable("not a key file") from None
    if not isinstance(said, dict):
        raise KeyUnusable("not a key file")
    return said


def _raw(said: dict[str, Any], name: str) -> bytes:
    return binary(str(said[name]).encode())


def text(raw: bytes) -> str:
    """As it is written everywhere here: base64."""
    return base64.b64encode(raw).decode()


def binary(written: bytes) -> bytes:
    """Back again. Raise `ValueError` for another spelling of the same bytes: a bundle has one form only."""
    raw = base64.b64decode(written, validate=True)
    if base64.b64encode(raw) != written:
        raise ValueError("another spelling of base64")
    return raw
