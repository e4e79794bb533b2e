"""`python -m tests.faults`: the fault programme. Seeds and the commit are printed, the evidence of a failed run is kept."""

from __future__ import annotations

import argparse
import asyncio
import subprocess
import sys
import time
from pathlib import Path

from tests.faults.mutants_run import run_all
from tests.faults.plans import find, plans
from tests.faults.plans.mutants import EXPECTATIONS
from tests.faults.plans.tested import TESTED
from tests.faults.run import Outcome, run

_EVIDENCE = Path(".hub/faults")


def main() -> int:
    parser = argparse.ArgumentParser(prog="make faults", description=__doc__)
    parser.add_argument("--plan", default="", help="one plan by name; without: all of them")
    parser.add_argument("--seeds", type=int, default=1, help="so many runs of each plan")
    parser.add_argument("--first-seed", type=int, default=1)
    parser.add_argument("--events", type=int, default=0, help="instead of the plan's own number")
    parser.add_argument("--list", action="store_true", help="what plans there are")
    options = parser.parse_args()
    if options.list:
        _say("\n".join(f"{plan.name:15} {plan.why}" for plan in plans()))
        _say("\n".join(f"{tested.name:15} {tested.why}" for tested in TESTED))
        _say(f"{'mutants':15} broken hubs, each of which has to be caught: mutant-{', mutant-'.join(EXPECTATIONS)}")
        return 0
    if options.plan.startswith("mutant"):
        names = [name for name in EXPECTATIONS if options.plan in ("mutants", f"mutant-{name}")]
        if not names:
            _say(f"no {options.plan}; there are: {', '.join(f'mutant-{name}' for name in EXPECTATIONS)}")
            return 2
        _say(f"commit {_commit()} · mutants {', '.join(names)} · seed {options.first_seed}")
        return 1 if asyncio.run(run_all(names, options.first_seed, _EVIDENCE.absolute(), _say)) else 0
    if (tested := next((each for each in TESTED if each.name == options.plan), None)) is not None:
        return subprocess.run([sys.executable, "-m", "pytest", *tested.tests], check=False).returncode
    try:
        wanted = [find(options.plan)] if options.plan else plans()
    except LookupError as error:
        _say(str(error))
        return 2
    _say(f"commit {_commit()} · {', '.join(plan.name for plan in wanted)} · {options.seeds} seed(s)")
    outcomes: list[Outcome] = []
    for plan in wanted:
        for seed in range(options.first_seed, options.first_seed + options.seeds):
            events = options.events or plan.events
            _say(f"{plan.name} seed {seed}, {events} events")
            home = _EVIDENCE / f"{plan.name}-{seed}-{time.strftime('%m%d-%H%M%S')}"
            outcome = asyncio.run(run(plan, seed, events, home.absolute(), _say))
            outcomes.append(outcome)
            _say("".join(f"    {line}\n" for line in outcome.audit.splitlines()) + outcome.line())
            for complaint in outcome.complaints:
                _say(f"  ✘ {complaint}")
            if outcome.evidence:
                _say(f"  evidence: {outcome.evidence}")
    unclean = [outcome for outcome in outcomes if not outcome.clean]
    _say(f"{len(outcomes)} run(s), {len(unclean)} not clean · commit {_commit()}")
    return 1 if unclean else 0


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _commit() -> str:
    asked = subprocess.run(["git", "describe", "--always", "--dirty"], capture_output=True, text=True, check=False)
    return asked.stdout.strip() or "unknown"


if __name__ == "__main__":
    raise SystemExit(main())
