"""Which connections a person has stopped for a while, and who tells the process: a small file in the state directory.

The one rule: a pause takes nothing away. What is in work is settled or begun again later, offsets and cursors stay where they are,
and what piles up waits at the peer or in the log.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from connectors.filedrop.folders import put

DIRECTIONS: Final = ("in", "out")
_LOOK_SECONDS: Final = 0.5
_AGAIN_SECONDS: Final = 1.0  #: a library under a pump may swallow a cancellation; it is told again


@dataclass(frozen=True, slots=True)
class Pauses:
    """The file *path*: pump (``<connection>.in``, ``<connection>.out``) -> why it was paused."""

    path: Path

    @staticmethod
    def under(state_dir: Path) -> Pauses:
        """Those of the machine whose state lies in *state_dir*."""
        return Pauses(state_dir / "connectors" / "paused.json")

    def all(self) -> dict[str, str]:
        """Every paused pump with the reason."""
        try:
            found: dict[str, str] = json.loads(self.path.read_bytes())
        except FileNotFoundError:
            return {}
        return found

    def stopped(self, direction: str) -> set[str]:
        """The connections that are paused in this *direction*."""
        return {name for name, _, way in (pump.rpartition(".") for pump in self.all()) if way == direction}

    def pause(self, pump: str, reason: str) -> None:
        """Stop *pump* until it is resumed, also over restarts."""
        self._keep(self.all() | {pump: reason})

    def resume(self, pump: str) -> bool:
        """Let *pump* go on; False if it was not paused."""
        found = self.all()
        was = found.pop(pump, None) is not None
        self._keep(found)
        return was

    async def until_resumed(self, pump: str) -> None:
        """Return while *pump* is not paused."""
        while pump in self.all():
            await asyncio.sleep(_LOOK_SECONDS)

    async def until_paused(self, pump: str) -> None:
        """Return once *pump* is paused."""
        while pump not in self.all():
            await asyncio.sleep(_LOOK_SECONDS)

    def _keep(self, pauses: dict[str, str]) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        put(self.path, json.dumps(pauses, ensure_ascii=False, indent=2, sort_keys=True).encode())


def pausing(
    pump: str, work: Callable[[], Awaitable[None]], pauses: Pauses, told: Callable[[bool], None]
) -> Callable[[], Awaitable[None]]:
    """*work* that stops while *pump* is paused and begins again after. *told* hears of each change."""

    async def run() -> None:
        while True:
            told(pump in pauses.all())
            await pauses.until_resumed(pump)
            told(False)
            working = asyncio.ensure_future(work())
            watching = asyncio.create_task(pauses.until_paused(pump))
            try:
                await asyncio.wait({working, watching}, return_when=asyncio.FIRST_COMPLETED)
                if working.done():
                    return working.result()
            finally:
                await ended(working, watching)

    return run


async def ended(*tasks: asyncio.Future[None]) -> None:
    """Return once each of *tasks* has ended, cancelled as often as that takes; what it ends with is not ours to tell."""
    left = set(tasks)
    while left:
        for task in left:
            task.cancel()
        _, left = await asyncio.wait(left, timeout=_AGAIN_SECONDS)
    await asyncio.gather(*tasks, return_exceptions=True)  # looked at: nobody is warned of an error nobody fetched
