"""Processes that take a file from a peer's server, each killing itself at a step of its own. Run by `test_sftp_crash.py`, never collected.

One process has loaded everything and forks the others. A step is a request to the server or a change on our disk; before step
n + 1 is after step n.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path
from typing import Any

import asyncssh
import orjson

from connectors import registry
from connectors.kind import Connection
from connectors.runner import take_in
from connectors.sftp.kind import Sftp
from tests.connectors.log import TOPICS, FileLog
from tests.connectors.sites import NOON, site

REQUESTS = ("open", "rename", "posix_rename", "remove", "mkdir", "lstat")


def die_at(step: int) -> None:
    """Wrap every step: the one numbered *step* is not begun."""
    count = 0

    def counted() -> None:
        nonlocal count
        count += 1
        if count == step:
            os.kill(os.getpid(), signal.SIGKILL)

    def wrapped(real: Any) -> Any:
        def call(*arguments: Any, **named: Any) -> Any:
            counted()
            return real(*arguments, **named)

        return call

    for name in REQUESTS:
        setattr(asyncssh.SFTPClient, name, wrapped(getattr(asyncssh.SFTPClient, name)))
    for name in ("rename", "replace", "unlink"):
        setattr(os, name, wrapped(getattr(os, name)))
    FileLog.send = wrapped(FileLog.send)  # type: ignore[method-assign]


async def sail(root: Path, keys: Path, settings: dict[str, Any]) -> None:
    """Take everything in; end when nothing waits any more."""
    system = registry.system("rsj-csv")
    connection = Connection("night", "GY-RSJ", system, "sftp", Sftp.settings.model_validate(settings), keys)
    connector = Sftp().connect(connection, site(root, ["GY-RSJ"]))
    task = asyncio.create_task(take_in(connector, TOPICS, FileLog(root / "ids"), lambda: NOON))
    home = root / ".state/sftp/night/GY-RSJ"
    while not (root / "ids").exists() or (home / ".held.json").exists():
        if task.done():
            return task.result()
        await asyncio.sleep(0.02)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    return None


def main(base: Path, keys: Path, settings: dict[str, Any], steps: int) -> None:
    """One process for each step, in ``<base>/<step>``, which the server shows as ``/<step>``."""
    for step in range(1, steps + 1):
        child = os.fork()
        if child == 0:
            die_at(step)
            place = base / f"hub{step}"
            place.mkdir()
            asyncio.run(sail(place, keys, settings | {"root": f"/{step}"}))
            os._exit(0)
        _, status = os.waitpid(child, 0)
        print("ended", os.waitstatus_to_exitcode(status), flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), orjson.loads(sys.argv[3]), int(sys.argv[4]))
