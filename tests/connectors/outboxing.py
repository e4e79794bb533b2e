"""A process whose children read an outbox and kill themselves, each at another step. Run by `test_outbox_crash.py`, never collected.

Each child goes on where the one before it died; the last lives until nothing waits. What the log took is a line of a file.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from connectors import kinds, registry
from connectors.database.dbapi import DbapiSession
from connectors.database.postgres import PostgresSession
from connectors.kind import Connection
from connectors.pulse import Pulse
from connectors.runner import keep_running, take_in
from tests.connectors.log import TOPICS, FileLog
from tests.connectors.sites import NOON, site

#: Shorter than an operator may set it: one child lives at a time, and each waits for the lease of the one before it.
LEASE_SECONDS = 0.2
#: A trial mark; two batches of two rows: read, two to the log, mark; and the look after them.
STEPS = 10
POINTS = [(step, when) for step in range(1, STEPS + 1) for when in ("before", "after")]


class Dying:
    """Counts steps once the outbox is ours, and dies at one of them."""

    def __init__(self, step: int, when: str) -> None:
        self.step, self.when, self.count, self.ours = step, when, 0, False

    def around(self, real: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        async def step(*arguments: Any, **named: Any) -> Any:
            if not self.ours:
                return await real(*arguments, **named)
            self.count += 1
            if (self.count, self.when) == (self.step, "before"):
                os.kill(os.getpid(), signal.SIGKILL)
            result = await real(*arguments, **named)
            if self.count == self.step:
                os.kill(os.getpid(), signal.SIGKILL)
            return result

        return step

    def holding(self, real: Callable[..., Awaitable[bool]]) -> Callable[..., Awaitable[bool]]:
        async def hold(*arguments: Any) -> bool:
            self.ours = await real(*arguments)
            return self.ours

        return hold


async def read(folder: Path, settings: dict[str, Any], dying: Dying) -> None:
    for session in (PostgresSession, DbapiSession):
        session.hold = dying.holding(session.hold)  # type: ignore[method-assign]
        for name in ("fetch", "run"):
            setattr(session, name, dying.around(getattr(session, name)))
    log = FileLog(folder / "log")
    log.send = dying.around(log.send)  # type: ignore[method-assign]
    system = registry.system("yjj-json")
    said = kinds.kind("outbox").settings.model_validate(settings).model_copy(update={"lease_seconds": LEASE_SECONDS})
    connector = kinds.kind("outbox").connect(
        Connection("peer", "GY-YJJ", system, "outbox", said, folder), site(folder, ["GY-YJJ"])
    )

    async def pump() -> None:
        await take_in(connector, TOPICS, log, lambda: NOON)

    await keep_running("peer.in", pump, Pulse(), lambda _: asyncio.sleep(0.05))


def main(folder: Path, settings: dict[str, Any]) -> None:
    """One child after another; the number of those that were killed is printed."""
    registry.system("yjj-json")
    killed = 0
    for step, when in POINTS:
        child = os.fork()
        if not child:
            asyncio.run(read(folder, settings, Dying(step, when)))
        _, status = os.waitpid(child, 0)
        killed += os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
    print(killed)


if __name__ == "__main__":
    main(Path(sys.argv[1]), json.loads(sys.argv[2]))
