"""What a test lends to the connections it makes."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime
from pathlib import Path

from connectors.filedrop.progress import in_log
from connectors.kind import Site
from hub.canonical.event import SHANGHAI

NOON = datetime(2026, 3, 9, 12, tzinfo=SHANGHAI)


def site(root: Path, parties: Collection[str], now: Callable[[], datetime] = lambda: NOON) -> Site:
    """A site whose every file is under *root*."""
    return Site(root, root / ".state", parties, now, in_log())
