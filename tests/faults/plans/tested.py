"""Faults whose tests stand elsewhere and are short enough to be tests: the programme runs them by the same word."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Tested:
    """*tests*: what pytest is to run."""

    name: str
    why: str
    tests: tuple[str, ...]


TESTED = [
    Tested("poison", "1 % of hostile records of two dozen kinds, by every door", ("tests/hub/test_poison.py",)),
    Tested("receivers", "receivers that are dead, slow or wrong; the gateway's store away", ("tests/hub/test_receivers.py",)),
    Tested("clocks", "clocks that jump", ("tests/hub/test_clock_jumps.py",)),
    Tested("timers", "a deadline that falls due while its worker is dead", ("tests/hub/test_timers.py",)),
    Tested("parking", "early events, and a kill while they wait", ("tests/hub/test_parking.py",)),
    Tested("readiness", "a broker that stands still, as every process tells it", ("tests/hub/test_readiness.py",)),
    Tested("upgrade", "a rolling restart from the version before", ("tests/hub/test_upgrade.py",)),
    Tested("engine", "the engine alone: kills, pauses, late frames, restore", ("tests/engine",)),
    Tested("acks", "one broker's yes is not enough", ("tests/faults/test_acks.py",)),
]  # fmt: skip
