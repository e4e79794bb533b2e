"""What a kind is: a way in which records travel between a peer and the hub. `kinds.py` is the table of them.

The one rule: making a connector touches nothing; only its source and sinks, `check` and `peek` do. Settings name files that
hold secrets, never the secrets themselves.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from pydantic import BaseModel, ConfigDict

from connectors.filedrop.quota import USUAL, Account, Quota
from connectors.protocol import Connector, Row
from connectors.registry import System


class KindSettings(BaseModel):
    """What a connection of some kind is told; each kind has its own. Paths are beside the file they stand in."""

    model_config = ConfigDict(extra="forbid", frozen=True)


@dataclass(frozen=True, slots=True)
class Connection:
    """One peer system of this installation, and the way to it."""

    name: str
    party: str  #: whose ingress topic its records go to
    system: System
    kind: str
    settings: Any  #: of the kind's own model
    folder: Path  #: what relative paths in *settings* are relative to


@dataclass(frozen=True, slots=True)
class Site:
    """What the process lends to every connection."""

    drop: Path  #: root of the drop folders
    state: Path  #: cursors and journals of this machine's processes
    parties: Collection[str]  #: every party code there is
    now: Callable[[], datetime]
    progress: Callable[[str, int, int], None]  #: told a file, its rows settled so far and all its rows
    quota: Quota = USUAL  #: of each agency

    def account(self, connection: Connection) -> Account:
        """What the agency of *connection* has brought in today."""
        return Account(self.state / "quota", connection.party, connection.name, self.quota, self.now)

    def served(self, connection: Connection) -> tuple[str, ...]:
        """The parties whose deliveries go over *connection*: all for which its system speaks, if it is the system's own."""
        if connection.party != connection.system.owner:
            return (connection.party,)
        return tuple(party for party in self.parties if connection.system.speaks_for(party))


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that `check` looked at: *cure* says what to do if it is not *ok*."""

    what: str
    ok: bool
    detail: str = ""
    cure: str = ""


class Kind(Protocol):
    """A way of exchange."""

    @property
    def name(self) -> str:
        """As in ``kind:``; each keeps its own place in a party's deliveries, the group ``<party>.<name>``."""

    @property
    def title(self) -> tuple[str, str]:
        """In Chinese and in English."""

    @property
    def settings(self) -> type[KindSettings]:
        """The model of ``settings:``."""

    def connect(self, connection: Connection, site: Site) -> Connector:
        """The connector, its source and its sinks. Nothing is touched."""

    def check(self, connection: Connection, site: Site) -> AsyncIterator[Finding]:
        """Try everything the connection will need, change nothing, one finding for each; the first that fails may end it."""

    async def peek(self, connection: Connection, site: Site, most: int) -> Sequence[Row]:
        """Up to *most* records that wait at the peer, left where they are. Raise `Unavailable`."""
