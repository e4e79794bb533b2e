"""Which core does what. The one rule: the broker and the harness share one core, the processor has the other to itself."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager


class TooFewCores(RuntimeError):
    """The bench needs two."""


def two_cores() -> tuple[int, int]:
    """The broker's core and the processor's. Raise `TooFewCores`."""
    allowed = sorted(os.sched_getaffinity(0))
    if len(allowed) < 2:
        raise TooFewCores("the bench needs two cores: one for the broker, one for the processor")
    return allowed[0], allowed[1]


@contextmanager
def on_core(core: int) -> Iterator[None]:
    """What this thread starts meanwhile runs on *core*, with all its threads and children.

    A process inherits it when it is started: set afterwards, a virtual machine would already have counted the cores.
    """
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)
