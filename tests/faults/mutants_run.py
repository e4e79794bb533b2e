"""Run a mutant under load and see what the auditor says of it."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path

from tests.faults.bed import Bed, Shape
from tests.faults.plans import Course, Plan
from tests.faults.plans.mutants import EXPECTATIONS, Expectation
from tests.faults.run import Outcome, run


async def _wait(bed: Bed, course: Course) -> None:
    """The mutants bring their own deaths."""
    while not course.loaded():
        await asyncio.sleep(0.2)


async def run_mutant(expected: Expectation, seed: int, home: Path, say: Callable[[str], None] = print) -> Outcome:
    plan = Plan(f"mutant {expected.mutants}", "", _wait, rate=expected.rate)
    env = {
        "FAULTS_DEATHS": str(home / "deaths"),
        "FAULTS_MOST": str(expected.deaths),
        "FAULTS_CHANCE": str(expected.chance),
    }
    shape = Shape(layout="two", mutant=expected.mutants, env=env, slots=expected.slots)
    return await run(
        plan, seed, expected.events, home, say, shape=shape, second_look=expected.fault != "duplicate effects"
    )


def verdict(expected: Expectation, outcome: Outcome) -> str:
    """ "" if it went as it must, else what did not."""
    found = outcome.found.get(expected.fault, 0)
    if not expected.fault:
        return "" if outcome.clean else f"the control {expected.mutants} is not clean"
    return "" if found else f"{expected.mutants} was not caught: no {expected.fault}"


async def run_all(names: Iterable[str], seed: int, folder: Path, say: Callable[[str], None]) -> list[str]:
    """The mutants *names*; what did not go as it must."""
    wrong = []
    for name in names:
        expected = EXPECTATIONS[name]
        outcome = await run_mutant(expected, seed, folder / f"mutant-{name}-{seed}", say)
        complaint = verdict(expected, outcome)
        say(f"{'✘' if complaint else '✔'} {outcome.line()} · ends {outcome.exits}")
        if not complaint and outcome.evidence:
            shutil.rmtree(outcome.evidence)  # it was caught, as it must be
        if complaint:
            wrong.append(complaint)
            say(f"  {complaint}\n{outcome.audit}\n{outcome.complaints}")
    return wrong
