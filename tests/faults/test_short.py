"""The programme's short form: 5,000 facts, ten kills, one seed, and the auditor's word."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.plans import find
from tests.faults.run import run

#: Wants the machine to itself: `make test` runs it after the others, one at a time.
pytestmark = pytest.mark.faults

EVENTS = 5_000
SEED = 1


@pytest.mark.timeout(400)  # a busy machine is slow, not broken; what has to be quick is measured by `make faults`
async def test_ten_kills_lose_nothing_and_do_nothing_twice(tmp_path: Path) -> None:
    outcome = await run(find("kill"), SEED, EVENTS, tmp_path / "run")

    assert outcome.clean, "\n".join([outcome.line(), *outcome.complaints, outcome.audit])
    assert sum(outcome.found.values()) == 0
    killed = sum(count for name, count in outcome.exits.items() if name.endswith(" -9"))
    assert killed >= 5, outcome.exits  # the others met a process on its way back from the last one
