"""A child process that cannot outlive its parent.

One rule: every process started here leads its own group (Ctrl-C reaches the parent alone, which stops the others in
order) and asks the kernel to be signalled when the parent dies, however it dies.
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

_PR_SET_PDEATHSIG = 1
_POLL_SECONDS = 0.05  # only where the kernel offers no pidfd


def _die_with_parent(sent: signal.Signals) -> Callable[[], None] | None:
    if sys.platform != "linux":
        return None
    prctl = ctypes.CDLL(None).prctl  # loaded before the fork: a child between fork and exec must not take locks
    parent = os.getpid()

    def in_child() -> None:
        prctl(_PR_SET_PDEATHSIG, int(sent), 0, 0, 0)
        if os.getppid() != parent:  # it died before the request was in place
            os._exit(1)

    return in_child


class Child:
    """A running process. `wait` may be awaited by several tasks; `stop` is idempotent."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process

    @classmethod
    def start(
        cls,
        argv: Sequence[str | Path],
        *,
        log: Path,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        when_parent_dies: signal.Signals = signal.SIGKILL,
    ) -> Child:
        """Start *argv*, output to *log* (appended). Call from the main thread: the kernel watches the calling thread."""
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("ab") as output:
            process = subprocess.Popen(  # noqa: S603 - our own argv, no shell
                [os.fspath(part) for part in argv],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=None if env is None else dict(env),
                cwd=cwd,
                start_new_session=True,
                preexec_fn=_die_with_parent(when_parent_dies),  # noqa: PLW1509 - prctl alone, no Python locks
            )
        return cls(process)

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def exit_code(self) -> int | None:
        """None while it runs; minus the signal's number if one ended it."""
        return self._process.poll()

    async def wait(self) -> int:
        """Its exit code, once it has one."""
        if self._process.poll() is None:
            with contextlib.suppress(OSError, AttributeError):  # no pidfd on this system: poll below
                await _pidfd_readable(self.pid)
        while (code := self._process.poll()) is None:
            await asyncio.sleep(_POLL_SECONDS)
        return code

    async def stop(self, *, grace_seconds: float) -> int:
        """Ask it to end; after *grace_seconds* kill it and whatever it started."""
        if self._process.poll() is None:
            self._process.terminate()
            try:
                async with asyncio.timeout(grace_seconds):
                    await self.wait()
            except TimeoutError:
                self.kill()
        return await self.wait()

    def kill(self) -> None:
        """End it and its whole group at once."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)


async def _pidfd_readable(pid: int) -> None:
    loop = asyncio.get_running_loop()
    descriptor = os.pidfd_open(pid)
    ended: asyncio.Future[None] = loop.create_future()
    loop.add_reader(descriptor, _resolve, ended)
    try:
        await ended
    finally:
        loop.remove_reader(descriptor)
        os.close(descriptor)


def _resolve(ended: asyncio.Future[None]) -> None:
    if not ended.done():
        ended.set_result(None)


def alive(pid: int) -> bool:
    """Whether *pid* runs; a process that has ended but was not yet waited for does not."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    with contextlib.suppress(OSError):
        return not Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].startswith(" Z")
    return True
