"""The hub's own log, replayed under today's rules while it runs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.hub.conftest import RunningHub
from tests.hub.facts import fresh_uscc, plan
from tests.hub.test_operating import until

SCENARIOS = Path(__file__).parents[1] / "scenarios"


def shadow(hub: RunningHub, *words: str) -> tuple[int, dict[str, Any]]:
    done = hub.run("play", "--shadow", "..", *words, "-o", "json")
    assert done.returncode in (0, 1), done.stderr
    return done.returncode, json.loads(done.stdout)


def test_the_shadow_of_a_running_hub_shows_what_a_switch_would_change_and_nothing_without(
    running_hub: RunningHub,
) -> None:
    names = [str(SCENARIOS / f"{name}.yaml") for name in ("M01", "M10", "L04", "K03")]
    assert running_hub.run("play", "--live", *names).returncode == 0
    uscc = fresh_uscc()
    running_hub.post("GY-WJW", plan(f"shadow-{uscc}", uscc, "GY-WJW"))
    until(lambda: [one for one in running_hub.deliveries("GY-WJW", 1) if one["subject"] == uscc])

    code, same = shadow(running_hub, "--realm", "*")
    assert (code, same["items"]) == (0, [])
    assert same["facts"] > 20
    assert same["compared"] > 90

    code, tried = shadow(running_hub, "--realm", "*", "--policy", "c03.投诉=1")
    assert code == 1
    assert tried["differWithoutChange"] == 0
    assert tried["counts"]["clock.started"]["CHANGED"] >= 1
    changed = [one for one in tried["items"] if one["event"] == "clock.started" and one["kind"] == "CHANGED"]
    assert all("dueAt" in one["differs"] for one in changed)

    real, _ = shadow(running_hub)
    assert real == 0
