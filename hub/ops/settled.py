"""Wait until everything that was sent has arrived: no reader of the hub's own has anything left to read.

The one rule: the readers are asked in the order of the data's way, and all of them twice, because an aggregate may
address an event to another one.
"""

from __future__ import annotations

import asyncio

from hub.ops import lag
from hub.ops.readers import hub_readers, party_readers
from hub.topics import Topics


class NotSettled(Exception):
    """Time is up and some reader is still behind."""

    def __init__(self, behind: list[lag.Lag]) -> None:
        super().__init__("; ".join(f"{one.group} {one.topic}/{one.partition}: {one.records}" for one in behind))
        self.behind = behind


async def settled(bootstrap: str, topics: Topics, *, timeout_seconds: float, edges: bool = False) -> None:
    """Return when no reader is behind in two rounds in a row; raise `NotSettled` after *timeout_seconds*.

    *edges*: wait for the connectors too, until each connected party has its deliveries.
    """
    readers = hub_readers(topics) | (party_readers(topics) if edges else {})
    deadline = asyncio.get_running_loop().time() + timeout_seconds
    quiet = 0
    while quiet < 2:
        behind = [one for one in await lag.read(bootstrap, readers) if one.records]
        quiet = 0 if behind else quiet + 1
        if behind and asyncio.get_running_loop().time() > deadline:
            raise NotSettled(behind)
        if quiet < 2:
            await asyncio.sleep(0.1)
