"""A year's notice on its way through the aggregates of a realm: which are still to be counted again, a part of them in each batch.

The one rule: no aggregate hears of anything else before it has heard of the notice. Who is asked for before its turn is counted at
once, so each decides what it would have decided had all been counted in one moment; and however many they are, a batch stays
small enough to be decided and committed in time.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Final

import msgspec

from hub.agents.realms import RECOUNT
from hub.canonical.event import Event
from hub.engine.state import StateView

#: A batch counts so many aggregates, and looks at so many to find them.
COUNTED: Final = 500
LOOKED_AT: Final = 20_000

#: Stands in a state as it is written exactly if one of its clocks is provisional.
_PROVISIONAL: Final = b'"provisional":true'


class Recount(msgspec.Struct):
    """One notice, and the last key that has been looked at."""

    event: Event
    after: str = ""

    def awaits(self, key: bytes) -> bool:
        """Is the turn of *key* still to come?"""
        return key > self.after.encode()


def concerns(raw: bytes) -> bool:
    """Does a notice change anything in the state *raw*?"""
    return _PROVISIONAL in raw


def pending(state: StateView, realm: str) -> list[Recount]:
    """What is under way in *realm*, in the order in which it was told."""
    raw = state.get(RECOUNT + realm.encode())
    return msgspec.json.decode(raw, type=list[Recount]) if raw else []


def waiting(state: StateView, realm: str, key: bytes) -> Iterator[Event]:
    """The notices that *key* has not been looked at for yet."""
    return (each.event for each in pending(state, realm) if each.awaits(key))


def keep(state: StateView, realm: str, left: list[Recount], again: datetime) -> None:
    """Remember what is *left*, and be called for it *again* at that time; nothing left, nothing kept."""
    key = RECOUNT + realm.encode()
    if left:
        state.put(key, msgspec.json.encode(left), again)
    elif state.get(key) is not None:
        state.delete(key)
