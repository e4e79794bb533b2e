"""Figures of a run: how fast, with how much processor time and memory, between a quarter of the input and its end.

The one rule: start and warm-up are nobody's. The window opens when a quarter of the input is done, told by the times at
which the broker appended the outputs, and every figure but the peak of memory is taken inside it.
"""

from __future__ import annotations

import os
import time
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

_TICKS: Final = os.sysconf("SC_CLK_TCK")
_PROC: Final = Path("/proc")
#: The share of the input that is not measured.
WARM_UP: Final = 0.25


class Unmeasurable(ValueError):
    """The run was too short to have a window."""


class Done(NamedTuple):
    """An output, and how far in its input partition it is evidence of."""

    stamp: int  #: milliseconds, set by the broker
    partition: int
    position: int


@dataclass(frozen=True, slots=True)
class Window:
    """The stretch of a run that is measured."""

    first: float  #: seconds since 1970
    last: float
    events: int  #: input records in between, repeats and refused ones too

    @property
    def seconds(self) -> float:
        return self.last - self.first

    @property
    def events_per_second(self) -> float:
        return self.events / self.seconds


def window(outputs: Iterable[Done], total: int) -> Window:
    """From the first moment at which a quarter of *total* inputs was done, to the last output.

    An output stands for its own input record and all before it in the same partition. Raise `Unmeasurable` if all
    were appended in one millisecond.
    """
    reached: dict[int, int] = {}
    done = 0
    opened: tuple[int, int] | None = None
    last = 0
    for stamp, partition, position in sorted(outputs):
        if opened is None and done >= WARM_UP * total and stamp > last:
            opened = (last, done)
        gain = position + 1 - reached.get(partition, 0)
        if gain > 0:
            reached[partition] = position + 1
            done += gain
        last = stamp
    if opened is None or last == opened[0]:
        raise Unmeasurable("no time passed between a quarter of the input and its end")
    return Window(opened[0] / 1000, last / 1000, done - opened[1])


class Sample(NamedTuple):
    """A process tree at one moment."""

    at: float  #: seconds since 1970
    cpu: float  #: seconds of processor time since it began, of those that ended too


class Meter:
    """Watches a session of processes. A new session per run, so that whatever a processor starts is counted."""

    def __init__(self, session: int) -> None:
        self._session = session
        self._peaks: dict[int, int] = {}
        self.samples: list[Sample] = []

    def sample(self) -> None:
        """Look once."""
        spent = 0
        for process in members(self._session):
            try:
                fields = _stat(process)
                spent += sum(map(int, fields[11:15]))  # user and system, its own and of children that have ended
                self._peaks[process] = _peak_kib(process) or self._peaks.get(process, 0)
            except (OSError, ValueError, IndexError):
                continue  # it ended while we looked
        if not self.samples or spent / _TICKS >= self.samples[-1].cpu:
            self.samples.append(Sample(time.time(), spent / _TICKS))

    @property
    def peak_mib(self) -> float:
        """Each process's largest resident memory, summed."""
        return sum(self._peaks.values()) / 1024

    def cpu_between(self, first: float, last: float) -> float:
        """Seconds of processor time from *first* to *last*."""
        return cpu_at(self.samples, last) - cpu_at(self.samples, first)


def cpu_at(samples: Sequence[Sample], moment: float) -> float:
    """Processor time spent by *moment*, on a straight line between the samples beside it."""
    after = bisect_left(samples, moment, key=lambda sample: sample.at)
    if after == len(samples):
        return samples[-1].cpu
    if after == 0:
        return samples[0].cpu
    before, behind = samples[after - 1], samples[after]
    return before.cpu + (behind.cpu - before.cpu) * (moment - before.at) / (behind.at - before.at)


def members(session: int) -> list[int]:
    """The processes of a session, those whose parent is gone among them."""
    found: list[int] = []
    for entry in _PROC.iterdir():
        if entry.name.isdigit():
            try:
                if int(_stat(int(entry.name))[3]) == session:
                    found.append(int(entry.name))
            except (OSError, ValueError, IndexError):
                continue
    return found


def _stat(process: int) -> list[str]:
    """The fields of /proc/<pid>/stat behind the name, which may hold spaces: [0] state, [3] session, [11] utime."""
    return (_PROC / str(process) / "stat").read_text().rpartition(")")[2].split()


def _peak_kib(process: int) -> int:
    for line in (_PROC / str(process) / "status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1])
    return 0


def spread(values: Sequence[float]) -> tuple[float, float, float]:
    """Smallest, median, largest."""
    ordered = sorted(values)
    middle = len(ordered) // 2
    median = ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2
    return ordered[0], median, ordered[-1]
