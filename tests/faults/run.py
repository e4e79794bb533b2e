"""One run: a bed, a load, a plan's faults, the drain, the verdict; and the evidence if it is not clean."""

from __future__ import annotations

import asyncio
import json
import os
import random
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from tests.faults.bed import Bed, Shape, bed
from tests.faults.load import Load
from tests.faults.plans import Course, Plan

_QUIET_SECONDS = 3.0
_SECOND_LOOK_SECONDS = 35.0  #: longer than a stalled process may stand still before it leaves
_SEND_LIMIT = 120.0


@dataclass
class Outcome:
    plan: str
    seed: int
    clean: bool
    audit: str
    seconds: float
    drain_seconds: float = 0.0
    recoveries: dict[str, list[float]] = field(default_factory=dict)
    complaints: list[str] = field(default_factory=list)
    found: dict[str, int] = field(default_factory=dict)
    exits: dict[str, int] = field(default_factory=dict)
    evidence: Path | None = None

    def line(self) -> str:
        told = ", ".join(f"{what} {count}" for what, count in self.found.items())
        slowest = ", ".join(
            f"{what} {sorted(each)[len(each) // 2]:.1f}/{max(each):.1f} s" for what, each in self.recoveries.items()
        )
        verdict = "clean" if self.clean else "NOT CLEAN"
        return (
            f"{self.plan} seed {self.seed}: {verdict} in {self.seconds:.0f} s · {told} · "
            f"recovery (median/max) {slowest or '-'} · drain {self.drain_seconds:.1f} s"
        )


async def run(
    plan: Plan,
    seed: int,
    events: int,
    home: Path,
    say: Callable[[str], None] = print,
    *,
    shape: Shape | None = None,
    second_look: bool = True,
) -> Outcome:
    """Run *plan* once. The folder *home* is removed again if all is well. *second_look*: tell a stall from a loss."""
    began = time.monotonic()
    shutil.rmtree(home, ignore_errors=True)
    outcome = Outcome(plan.name, seed, False, "", 0)
    async with bed(home, shape or plan.shape(seed), say) as made:
        made.planned = events
        try:
            await _under_load(made, plan, seed, outcome)
            await _judge(made, plan, outcome, second_look=second_look)
        except (TimeoutError, AssertionError) as error:
            outcome.complaints.append(repr(error))
            _, outcome.audit = await made.audit(home / "log")
        outcome.exits = {f"{name} {code}": count for (name, code), count in sorted(made.supervisor.ends.items())}
    outcome.complaints += made.sending.failed
    outcome.clean = not outcome.complaints
    outcome.seconds = time.monotonic() - began
    if outcome.clean and not os.environ.get("FAULTS_KEEP"):
        shutil.rmtree(home, ignore_errors=True)
    else:
        outcome.evidence = home
        (home / "outcome.txt").write_text(
            "\n".join([outcome.line(), *outcome.complaints, outcome.audit, str(outcome.exits)])
        )
    return outcome


async def _under_load(made: Bed, plan: Plan, seed: int, outcome: Outcome) -> None:
    chance = random.Random(f"faults-{seed}")
    load = Load(seed, made.planned, f"{seed}")
    sending = asyncio.create_task(made.send(load, plan.rate, _SEND_LIMIT))
    course = Course(chance, sending.done, outcome.recoveries)
    faults = asyncio.ensure_future(plan.faults(made, course))
    try:
        await asyncio.wait({sending, faults})
    finally:
        for task in (sending, faults):
            task.cancel()
    sending.result()
    faults.result()
    made.say(f"  {made.accepted} accepted, {made.effects} effects so far")


async def _judge(made: Bed, plan: Plan, outcome: Outcome, *, second_look: bool) -> None:
    await made.supervisor.until_ready(90)
    outcome.drain_seconds = await made.drained(_QUIET_SECONDS, plan.drain_limit + 60)
    code, outcome.audit = await made.audit(made.home / "log")
    if code and second_look:
        # A stall is not a loss: whoever stands still leaves within 30 s, and what was waiting comes.
        made.say("  not clean; looking again after a while")
        first = outcome.audit
        await asyncio.sleep(_SECOND_LOOK_SECONDS)
        await made.supervisor.until_ready(90)
        await made.drained(_QUIET_SECONDS, plan.drain_limit + 60)
        code, outcome.audit = await made.audit(made.home / "log")
        if not code:
            outcome.complaints.append(f"a stall: clean only at the second look. At the first:\n{first}")
    if (made.home / "audit.json").exists():
        outcome.found = json.loads((made.home / "audit.json").read_text())["found"]
    if code:
        outcome.complaints.append("the auditor found faults" if code == 1 else f"the auditor ended with {code}")
    if outcome.drain_seconds > plan.drain_limit:
        outcome.complaints.append(f"drained only after {outcome.drain_seconds:.0f} s")
    for what, limit in plan.recovery_limits.items():
        if (slowest := max(outcome.recoveries.get(what, [0]))) > limit:
            outcome.complaints.append(f"{what}: {slowest:.1f} s, allowed are {limit:g}")
