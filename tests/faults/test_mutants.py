"""Broken hubs are caught. Two defects are planted at once here, each with a fault of its own; the rest: `make faults PLAN=mutants`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.mutants_run import run_mutant
from tests.faults.plans.mutants import Expectation

#: Wants the machine to itself: `make test` runs it after the others, one at a time.
pytestmark = pytest.mark.faults


@pytest.mark.timeout(300)
async def test_a_hub_that_forgets_what_it_heard_and_drops_dead_letters_is_caught(tmp_path: Path) -> None:
    both = Expectation("heard-again,letters-dropped", "duplicate effects", events=300)

    outcome = await run_mutant(both, 1, tmp_path / "run")

    assert outcome.found["duplicate effects"] > 0, outcome.audit
    assert outcome.found["lost"] > 0, outcome.audit
    assert "no dead letter" in outcome.audit
