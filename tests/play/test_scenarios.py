"""The acceptance cases of the project: every scenario holds."""

from __future__ import annotations

from pathlib import Path

import pytest

from hub.play.judge import judge
from hub.play.run import run
from hub.play.scenario import read
from hub.reference import load

FILES = sorted((Path(__file__).parent.parent / "scenarios").glob("*.yaml"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_scenario_holds(path: Path) -> None:
    scenario = read(path, load())
    assert [str(failure) for failure in judge(scenario, run(scenario, load()))] == []


def test_all_are_there() -> None:
    assert len(FILES) >= 48
