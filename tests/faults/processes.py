"""The hub's processes and who watches over them: whatever ends is started again, as an operator's supervisor does.

One rule: every process is known by the pid it was started with; nothing is ever ended by name.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from hub.local.child import Child
from hub.local.dev import answers

FIRST_PAUSE, LONGEST_PAUSE, STEADY_SECONDS = 0.5, 30.0, 20.0


@dataclass
class Process:
    """One that is kept running. *kind*: gateway, connectors or worker."""

    name: str
    kind: str
    argv: Sequence[str]
    ready: str
    env: Mapping[str, str] = field(default_factory=dict)
    child: Child | None = None
    keeper: asyncio.Task[None] | None = None


class Supervisor:
    def __init__(self, logs: Path, env: Mapping[str, str]) -> None:
        self._logs = logs
        self._env = dict(env)
        self.processes: dict[str, Process] = {}
        #: (process, exit code) of every end, those by our own hand included.
        self.ends: Counter[tuple[str, int]] = Counter()

    def add(self, process: Process) -> None:
        self.processes[process.name] = process
        process.keeper = asyncio.create_task(self._keep(process))

    async def remove(self, name: str, *, grace_seconds: float = 10) -> None:
        """Stop it for good, as a scale-down does."""
        process = self.processes.pop(name)
        assert process.keeper is not None
        process.keeper.cancel()
        await asyncio.gather(process.keeper, return_exceptions=True)
        if process.child is not None:
            self.resume(process)
            await process.child.stop(grace_seconds=grace_seconds)

    def of(self, *kinds: str) -> list[Process]:
        return [each for each in self.processes.values() if each.kind in kinds]

    def kill(self, process: Process) -> None:
        """SIGKILL."""
        self._signal(process, signal.SIGKILL)

    def pause(self, process: Process) -> None:
        self._signal(process, signal.SIGSTOP)

    def resume(self, process: Process) -> None:
        self._signal(process, signal.SIGCONT)

    async def until_ready(self, seconds: float, *names: str) -> float:
        """Wait for the named processes, or all; how long it took."""
        began = time.monotonic()
        wanted = [self.processes[name] for name in names] if names else list(self.processes.values())
        for process in wanted:
            while not (process.child is not None and process.child.exit_code is None and await answers(process.ready)):
                if time.monotonic() - began > seconds:
                    raise TimeoutError(f"{process.name} not ready after {seconds:g} s; see {self.log(process)}")
                await asyncio.sleep(0.1)
        return time.monotonic() - began

    def log(self, process: Process) -> Path:
        return self._logs / f"{process.name}.log"

    async def stop(self) -> None:
        for name in list(self.processes):
            process = self.processes[name]
            if process.keeper is not None:
                process.keeper.cancel()
        await asyncio.gather(*(each.keeper for each in self.processes.values() if each.keeper), return_exceptions=True)
        for process in self.processes.values():
            if process.child is not None:
                process.child.kill()
        await asyncio.gather(*(each.child.wait() for each in self.processes.values() if each.child is not None))

    async def _keep(self, process: Process) -> None:
        pause = FIRST_PAUSE
        while True:
            process.child = Child.start(process.argv, log=self.log(process), env={**self._env, **process.env})
            began = time.monotonic()
            code = await process.child.wait()
            self.ends[process.name, code] += 1
            if time.monotonic() - began > STEADY_SECONDS:
                pause = FIRST_PAUSE
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE)

    def _signal(self, process: Process, number: signal.Signals) -> None:
        if process.child is not None and process.child.exit_code is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(process.child.pid, number)
