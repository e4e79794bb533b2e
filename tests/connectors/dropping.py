"""A process that takes files in and kills itself at a chosen step. Run by `test_filedrop.py`, never collected."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from connectors.runner import producer_for, take_in
from connectors.serve import connect, now
from tests.connectors.sites import site


def die_at(step: int, when: str) -> None:
    """Wrap every rename: the one numbered *step* (from 1) is not returned from, or not begun."""
    count = 0

    def wrapped(real: Any) -> Any:
        def rename(*arguments: Any, **named: Any) -> Any:
            nonlocal count
            count += 1
            if count == step and when == "before":
                os.kill(os.getpid(), signal.SIGKILL)
            result = real(*arguments, **named)
            if count == step:
                os.kill(os.getpid(), signal.SIGKILL)
            return result

        return rename

    os.rename, os.replace = wrapped(os.rename), wrapped(os.replace)


async def main(root: Path, bootstrap: str, topic: str) -> None:
    connector = connect(site(root, ["GY-RSJ"]), [], ["GY-RSJ"])["rsj-csv"]
    topics: Any = SimpleNamespace(ingress=lambda party, dialect: SimpleNamespace(name=topic))
    async with producer_for(bootstrap) as producer:
        await take_in(connector, topics, producer, now)


if __name__ == "__main__":
    die_at(int(sys.argv[4]), sys.argv[5])
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2], sys.argv[3]))
