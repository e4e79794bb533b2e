"""The keys by which one receiver knows us, and their change with an overlap.

The one rule: a key is in a file that its owner alone may read, and in no log, argument or environment. Until the overlap
ends every delivery is signed with the old and the new key, so a receiver changes over whenever it likes in between.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import orjson

from connectors.webhook.signing import shared
from connectors.webhook.verifying import KeyUnusable

LONGEST_OVERLAP_DAYS: Final = 7


@dataclass(frozen=True, slots=True)
class Key:
    """A key and until when it signs; None: until it is replaced."""

    key: str
    since: datetime
    until: datetime | None = None

    def __repr__(self) -> str:
        """Without the key."""
        return f"Key(since={self.since:%Y-%m-%d}, until={self.until})"


def in_force(keys: Sequence[Key], now: datetime) -> list[Key]:
    """Those that sign now, the newest first."""
    return [key for key in reversed(keys) if key.since <= now and (key.until is None or now < key.until)]


def changed(keys: Sequence[Key], new: str, now: datetime, overlap: timedelta) -> list[Key]:
    """*keys* after a change to *new* at *now*. What has ended is forgotten; nothing outlives the overlap."""
    if not timedelta(0) <= overlap <= timedelta(days=LONGEST_OVERLAP_DAYS):
        raise ValueError(f"an overlap is 0 to {LONGEST_OVERLAP_DAYS} days")
    end = now + overlap
    kept = [
        Key(key.key, key.since, end if key.until is None else min(key.until, end))
        for key in keys
        if key.until is None or key.until > now
    ]
    return [*kept, Key(new, now)]


def read(path: Path) -> list[Key]:
    """The keys in *path*, oldest first. Raise `KeyUnusable` if there is none, one is wrong, or others may read them."""
    try:
        if stat.S_IMODE(path.stat().st_mode) & 0o077:
            raise KeyUnusable(f"{path} must be readable by its owner only: chmod 600 {path}")
        found = orjson.loads(path.read_bytes())["keys"]
        keys = [
            Key(each["key"], _moment(each["since"]), _moment(each["until"]) if each["until"] else None)
            for each in found
        ]
    except FileNotFoundError:
        raise KeyUnusable(f"no keys in {path}: hub connector signing PARTY --change") from None
    except (OSError, orjson.JSONDecodeError, KeyError, TypeError, ValueError) as error:
        if isinstance(error, KeyUnusable):
            raise
        raise KeyUnusable(f"{path} is not a file of keys") from None  # the text of the error could hold a key
    for key in keys:
        shared(key.key)
    return keys


def write(path: Path, keys: Sequence[Key]) -> None:
    """Replace *path* as a whole; on disk when this returns."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    value = {"keys": [{"key": k.key, "since": k.since, "until": k.until} for k in keys]}
    made = path.with_name(f"{path.name}.{os.getpid()}")
    with os.fdopen(os.open(made, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(orjson.dumps(value))
        file.flush()
        os.fsync(file.fileno())
    made.replace(path)


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(text)
    return moment
