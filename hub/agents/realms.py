"""Realms: the real world, whose name is empty, and scenarios' own worlds, each with its policy and calendar.

The one rule: what a realm is told lies in the lane's state beside the aggregates, so it survives whatever they survive.
Keys that start with a NUL byte are the hub's own; no aggregate key can.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

import orjson

from hub.canonical.event import Event
from hub.engine.state import StateView
from hub.reference import Reference
from hub.rules.pipeline import with_announced_year

POLICY: Final = b"\x00policy~"
CALENDAR: Final = b"\x00calendar~"
#: Notices that are still being counted into the realm's aggregates.
RECOUNT: Final = b"\x00recount~"


class Realms:
    """The reference of each realm, read from a lane's state and kept as long as that state says the same."""

    def __init__(self, reference: Reference) -> None:
        self._base = reference
        self._made: dict[tuple[bytes | None, bytes | None], Reference] = {}

    def reference(self, state: StateView, realm: str) -> Reference:
        """What holds in *realm*."""
        name = realm.encode()
        policy, notices = state.get(POLICY + name) if realm else None, state.get(CALENDAR + name)
        if policy is None and notices is None:
            return self._base
        made = self._made.get((policy, notices))
        if made is None:
            made = self._made[policy, notices] = told(self._base, policy, notices)
        return made

    def open(self, state: StateView, realm: str, policy: Mapping[str, Any]) -> None:
        """Give *realm* its policy."""
        state.put(POLICY + realm.encode(), orjson.dumps(policy))

    def load_calendar(self, state: StateView, event: Event) -> None:
        """Remember a year's notice for the event's realm; a later notice of the same year replaces it."""
        key = CALENDAR + event.realm.encode()
        notices = orjson.loads(state.get(key) or b"{}")
        notices[str(event.data["year"])] = dict(event.data)
        state.put(key, orjson.dumps(notices, option=orjson.OPT_SORT_KEYS))

    def keys(self, state: StateView, realm: str, after: bytes = b"") -> Iterator[bytes]:
        """Keys of the realm's aggregates, those that come after *after*."""
        if realm:
            yield from state.keys(realm.encode() + b"~", after)
            return
        # A real key that holds the mark begins with it; a scenario's key begins with the realm's name.
        yield from (
            key
            for key in state.keys(b"", after)
            if not key.startswith(b"\x00") and (key.startswith(b"~") or b"~" not in key)
        )


def told(base: Reference, policy: bytes | None, notices: bytes | None) -> Reference:
    """*base* with a realm's *policy* and the years announced to it, as they lie under `POLICY` and `CALENDAR`."""
    made = base.with_policy(orjson.loads(policy)) if policy else base
    for notice in orjson.loads(notices or b"{}").values():
        made = with_announced_year(made, notice)
    return made
