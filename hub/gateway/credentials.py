"""Who is asking: the party behind a bearer token, and how often a source may be wrong about it.

The one rule: the party comes from the credential and from nowhere else, and a token is never kept, only its hash.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from collections import OrderedDict
from collections.abc import Callable, Container, Mapping
from pathlib import Path
from typing import Final

_MOST_SOURCES: Final = 10_000
_SHORTEST_TOKEN: Final = 16
_BUCKET: Final = 8
_MINUTE: Final = 60.0


class TokensInvalid(ValueError):
    """The file of tokens cannot be used. Says what is wrong, never what stands in it."""


class Tokens:
    """Party by token."""

    def __init__(self, tokens: Mapping[str, str]) -> None:
        self._hashes: dict[bytes, tuple[bytes, str]] = {}
        for party, token in tokens.items():
            digest = hashlib.sha256(token.encode()).digest()
            if digest[:_BUCKET] in self._hashes:
                raise TokensInvalid("two parties have the same token")
            self._hashes[digest[:_BUCKET]] = digest, party

    @classmethod
    def read(cls, path: Path, parties: Container[str]) -> Tokens:
        """The tokens of *path*; a party that is not one of *parties* is a mistake worth stopping for."""
        try:
            tokens = json.loads(path.read_text("utf-8"))
        except (OSError, ValueError) as error:
            raise TokensInvalid(f"{path}: {type(error).__name__}") from None
        if not isinstance(tokens, dict) or not all(isinstance(each, str) for each in tokens.values()):
            raise TokensInvalid(f"{path}: not an object of party and token")
        for party, token in tokens.items():
            if party not in parties:
                raise TokensInvalid(f"{path}: {party} is not a party")
            if len(token) < _SHORTEST_TOKEN:
                raise TokensInvalid(f"{path}: the token of {party} is shorter than {_SHORTEST_TOKEN} characters")
        return cls(tokens)

    def party_of(self, token: bytes) -> str | None:
        """Whose *token* is. Found by a part of its hash, which no guess can steer, then compared in constant time."""
        digest = hashlib.sha256(token).digest()
        known, party = self._hashes.get(digest[:_BUCKET], (b"", None))
        return party if hmac.compare_digest(known, digest) else None


class FailedLogins:
    """How often each source was wrong in the last minute, and who has to wait.

    A right token is let through from a source that waits: many parties share one address of the government network,
    and one of them with an old token must not lock out the others.
    """

    def __init__(self, per_minute: int, back_off_seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._most = per_minute
        self._back_off = back_off_seconds
        self._clock = clock
        self._sources: OrderedDict[str, tuple[float, int]] = OrderedDict()  # source -> (window began, failures)
        self._waiting: dict[str, float] = {}

    def failed(self, source: str) -> float:
        """Count one failure of *source*; seconds it has to wait, 0 if it may go on."""
        now = self._clock()
        until = self._waiting.get(source, 0.0)
        if until > now:
            return until - now
        self._waiting.pop(source, None)
        began, failures = self._sources.pop(source, (now, 0))
        if now - began >= _MINUTE:
            began, failures = now, 0
        failures += 1
        if failures > self._most:
            if len(self._waiting) >= _MOST_SOURCES:
                self._waiting = {each: end for each, end in self._waiting.items() if end > now}
            self._waiting[source] = now + self._back_off
            return self._back_off
        self._sources[source] = (began, failures)
        if len(self._sources) > _MOST_SOURCES:
            self._sources.popitem(last=False)
        return 0.0
