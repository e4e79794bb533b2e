"""A re-run must stay cheap: it happens after every fact of every enterprise."""

from __future__ import annotations

from datetime import datetime
from time import perf_counter

from hub.rules.inspection import INSPECTION
from tests.rules.inspection.desk import Desk

#: The goal is 2 ms on one core; the test allows for a busy machine.
GOAL_SECONDS = 0.002
TOLERANCE = 5
AGENCIES = ("GY-YJJ", "GY-RSJ", "GY-ZJJ", "NM-ZJJ", "GY-WJW", "GY-STHJJ", "GY-SCJGJ", "GY-JTW", "GY-SWJ", "HT-GWH")


def busy_enterprise() -> Desk:
    """Twenty open plans of ten agencies on three sites."""
    desk = Desk()
    for number in range(20):
        start = 7 + number % 15
        codes = " ".join(f"I{(number + step) % 12}" for step in range(4))
        desk.plan(
            f"P{number}", AGENCIES[number % 10], f"04-{start:02}..04-{start + 6:02}", codes, siteCode=f"S{number % 3}"
        )
    return desk


def test_twenty_open_plans_are_recomputed_quickly() -> None:
    """The best of many runs, so that the neighbours on this machine do not count."""
    desk = busy_enterprise()
    state, reference = desk.state, desk.world.reference
    now = datetime.fromisoformat(state.now)
    assert len([plan for plan in state.plans.values() if not plan.closed]) >= 18

    best = min(_timed(state, now, reference) for _ in range(30))

    assert best < GOAL_SECONDS * TOLERANCE


def _timed(state: object, now: datetime, reference: object) -> float:
    begin = perf_counter()
    _, steps = INSPECTION.tick(state, now, reference)  # type: ignore[arg-type]
    elapsed = perf_counter() - begin
    assert steps == []
    return elapsed


if __name__ == "__main__":
    desk = busy_enterprise()
    runs = sorted(_timed(desk.state, datetime.fromisoformat(desk.state.now), desk.world.reference) for _ in range(300))
    print(f"re-run of 20 open plans: median {runs[150] * 1e3:.2f} ms, best {runs[0] * 1e3:.2f} ms")
