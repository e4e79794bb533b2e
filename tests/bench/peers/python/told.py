"""What the bench tells a processor through its environment, read once.

The one rule: no peer reads the environment anywhere else.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Told:
    """Where to read, where to write, and what to promise."""

    bootstrap: str
    input: str
    output: str
    refused: str
    state: str  #: a compacted topic, for those who keep their changelog themselves
    group: str
    exactly_once: bool
    commit_seconds: float  #: how long a transaction or a commit interval may be
    folder: Path  #: for working files of this run


def told() -> Told:
    """What this process was told."""
    said = os.environ
    group = said["BENCH_GROUP"]
    return Told(
        bootstrap=said["BENCH_BOOTSTRAP"],
        input=said["BENCH_INPUT"],
        output=said["BENCH_OUTPUT"],
        refused=said["BENCH_REFUSED"],
        state=said["BENCH_STATE"],
        group=group,
        exactly_once=said["BENCH_GUARANTEE"] == "exactly-once",
        commit_seconds=int(said.get("BENCH_COMMIT_MS", "100")) / 1000,
        folder=Path(said["BENCH_ENV"]) / "runs" / group,
    )
