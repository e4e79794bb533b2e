"""Deliberately broken hubs. A programme that finds nothing wrong with one of them proves nothing about the others.

The control runs die and stand still at the same places with nothing else wrong, and have to be clean.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Expectation:
    """How a mutant betrays itself. *fault* "" for a control."""

    mutants: str
    fault: str
    events: int = 600
    #: Members that are no slots are given up after the session, as a zombie must be.
    slots: bool = True
    deaths: int = 3
    chance: float = 0.1  #: of a death at each of its places
    rate: float = 100.0  #: facts a second


#: EndTxn retried in place shows only under a late frame: `tests/engine/test_late_end.py` holds it.
#: acks=1 shows only when brokers are lost: `tests/faults/test_mutants.py` asks three brokers.
EXPECTATIONS = {
    each.mutants: each
    for each in (
        Expectation("none", ""),
        Expectation("stalls", "", slots=False, chance=0.02, events=900, rate=30),
        Expectation("offsets-first", "lost"),
        Expectation("effects-first", "duplicate effects"),
        Expectation("timers-apart", "duplicate effects", chance=0.7),
        # Spread out: while all workers stand still at once, nobody takes their place.
        Expectation("unfenced", "duplicate effects", slots=False, chance=0.02, events=900, rate=30),
        Expectation("heard-again", "duplicate effects", events=300),
        Expectation("letters-dropped", "lost", events=300),
    )
}
