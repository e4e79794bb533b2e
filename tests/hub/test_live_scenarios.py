"""The acceptance cases through the whole hub: gateway, agents, topics, back from the topics."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.hub.conftest import RunningHub

SCENARIOS = sorted((Path(__file__).parents[1] / "scenarios").glob("*.yaml"))


@pytest.mark.timeout(600)
def test_every_scenario_holds_through_the_running_hub(running_hub: RunningHub) -> None:
    """All in one go: each has a realm of its own and they do not see each other."""
    done = running_hub.run("play", "--live", "-o", "json", *map(str, SCENARIOS), timeout=550)

    assert done.returncode == 0, done.stdout[-4000:] + done.stderr
    played = json.loads(done.stdout)
    assert len(SCENARIOS) == len(played) == sum(each["passed"] for each in played)


def test_the_running_hub_and_the_rules_alone_decide_alike(running_hub: RunningHub) -> None:
    """Not only do both meet the expectations: what is emitted is the same, record for record."""
    names = [str(path) for path in SCENARIOS if path.stem in ("M01", "M16", "L01", "L19", "K01")]
    live, pure = (json.loads(running_hub.run("play", *more, "-o", "json", *names).stdout) for more in (["--live"], []))

    for lived, played in zip(live, pure, strict=True):
        assert _comparable(played) == _comparable(lived)


def _comparable(played: dict) -> tuple[list[str], list[str], list[str]]:  # type: ignore[type-arg]
    """Emissions, refusals and clocks in a form that does not depend on order, nor on the key of the check codes."""
    emitted = []
    for record in played["emitted"]:
        data = {name: value for name, value in record["data"].items() if name != "checkCode"}
        emitted.append(json.dumps([record["event"], record["to"], data], sort_keys=True, ensure_ascii=False))
    refused = [json.dumps([each["id"], each["code"]]) for each in played["refused"]]
    clocks = [json.dumps(row, sort_keys=True) for row in played["clocks"]]
    return sorted(emitted), sorted(refused), sorted(clocks)
