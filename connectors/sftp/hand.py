"""What this hub knows of a peer's files between two starts: who it is, which file it has in hand, which it has read.

The one rule: one file is in hand at a time, written down before it is brought and forgotten after its reports are over there.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Collection
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from connectors.filedrop.folders import put

_OWNER: Final = ".owner"
_HELD: Final = ".held.json"
_READ: Final = ".read.json"


@dataclass(frozen=True, slots=True)
class Held:
    """The file in hand: *name* as it is called here, *source* as its sender called it."""

    name: str
    source: str
    size: int
    modified: int


@dataclass(frozen=True, slots=True)
class Hand:
    """The notes in *home*."""

    home: Path

    def owner(self) -> str:
        """The name under which this hub claims: chosen once, kept with its state."""
        path = self.home / _OWNER
        if not path.exists():
            self.home.mkdir(parents=True, exist_ok=True, mode=0o700)
            put(path, uuid.uuid4().hex[:8].encode())
        return path.read_text("ascii")

    def held(self) -> Held | None:
        """The file in hand."""
        said = self._load(_HELD)
        return Held(**said) if said else None

    def hold(self, held: Held) -> None:
        """Note it, before anything is brought."""
        put(self.home / _HELD, json.dumps(asdict(held)).encode())

    def let_go(self) -> None:
        """All of it is settled and over there."""
        (self.home / _HELD).unlink(missing_ok=True)

    def was_read(self, held: Held, digest: str = "") -> bool:
        """Has a file of that name, size and time been read, or one of that name with that digest?"""
        size, modified, known = self._load(_READ).get(held.source, (None, None, None))
        return (size, modified) == (held.size, held.modified) or (bool(digest) and digest == known)

    def note_read(self, held: Held, digest: str) -> None:
        """Remember that it was read: where a peer's files stay, nothing else tells."""
        read = self._load(_READ)
        known = read.get(held.source, ("",))[-1]
        self._keep_read(read | {held.source: (held.size, held.modified, digest or known)})

    def forget_all_but(self, names: Collection[str]) -> None:
        """What its peer has taken away is not remembered for ever."""
        known = self._load(_READ)
        left = {name: said for name, said in known.items() if name in names}
        if len(left) < len(known):
            self._keep_read(left)

    def _keep_read(self, read: dict[str, Any]) -> None:
        put(self.home / _READ, json.dumps(read).encode())

    def _load(self, name: str) -> dict[str, Any]:
        try:
            found: dict[str, Any] = json.loads((self.home / name).read_bytes())
        except FileNotFoundError:
            return {}
        return found
