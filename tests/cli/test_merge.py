"""The command that tells why inspections are merged or not, and what it spares."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from hub.cli.merge import merge
from hub.play.scenario import read
from hub.play.world import play_out
from hub.reference import load
from hub.rules.inspection import Enterprise

SCENARIOS = Path(__file__).parents[1] / "scenarios"
CHAIN = SCENARIOS / "M02.yaml"  # A and B meet, B and C meet, A and C do not
USCC = "91520115MA6XY0038H"


def invoke(*arguments: object) -> Result:
    return CliRunner().invoke(merge, list(map(str, arguments)))


def items(*arguments: object) -> list[dict[str, Any]]:
    done = invoke(*arguments, "-o", "json")
    assert done.exit_code == 0, done.output
    found: list[dict[str, Any]] = json.loads(done.stdout)["items"]
    return found


def test_a_plan_is_explained_rule_by_rule_in_chinese() -> None:
    """Each rule in the order in which it is asked, and each other plan with the rule that keeps it apart."""
    (told,) = items("explain", "C", "--scenario", CHAIN)

    assert [stage["step"] for stage in told["stages"]] == ["K2", "I", "K5", "Q", "Z", "K4", "L", "A"]
    assert [stage["rule"] for stage in told["stages"] if stage["mark"] == "APPLIED"] == ["Q.ROOM", "K4.ALONE"]
    assert {one["plan"]: one["rule"] for one in told["apart"]} == {"A": "K3.NO_COMMON_DAY", "B": "K4.NO_CHAIN"}
    assert all(one["zh"] and one["en"] for one in (*told["stages"], *told["apart"]))
    text = invoke("explain", "C", "--scenario", CHAIN).stdout
    assert "SINGLE 单独实施" in text
    assert "不连锁合并" in text


def test_a_joint_says_who_is_in_it_and_who_is_not() -> None:
    """Members with their items, the lead's rule, and the plan left out; then each member for itself."""
    joint, *members = items("explain", f"{USCC}-J1", "--scenario", CHAIN)

    assert (joint["lead"], joint["leadRule"], joint["kind"]) == ("GY-YJJ", "L5", "JOINT")
    assert [(one["plan"], one["role"]) for one in joint["members"]] == [("A", "LEAD"), ("B", "PART")]
    assert [(one["plan"], one["rule"]) for one in joint["apart"]] == [("C", "K4.NO_CHAIN")]
    assert [one["plan"] for one in members] == ["A", "B"]
    assert "最早报送计划的机关牵头" in invoke("explain", f"{USCC}-J1", "--scenario", CHAIN).stdout


def test_an_enterprise_means_all_its_plans_closed_ones_too() -> None:
    """In their order; an end has its rule as well."""
    assert [one["plan"] for one in items("explain", USCC, "--scenario", CHAIN)] == ["A", "B", "C"]
    assert "● " in invoke("explain", USCC, "--scenario", CHAIN).stdout


def test_what_is_not_there() -> None:
    """5 for an unknown reference, 2 for what is no scenario and for days the wrong way round."""
    assert invoke("explain", "X", "--scenario", CHAIN).exit_code == 5
    assert invoke("explain", "C", "--scenario", __file__).exit_code == 2
    assert invoke("stats", "--scenario", CHAIN, "--from", "2026-03-02", "--to", "2026-03-01").exit_code == 2


@pytest.mark.parametrize("path", sorted(SCENARIOS.glob("M*.yaml")), ids=lambda path: path.stem)
def test_every_plan_and_joint_of_every_scenario_can_be_explained(path: Path) -> None:
    """Whatever became of it; and the figures of the agencies add up to those of all."""
    world, _ = play_out(read(path, load()), load())
    for state in world.states.values():
        if isinstance(state, Enterprise):
            for reference in (*state.plans, *state.joints):
                assert items("explain", reference, "--scenario", path)
                assert invoke("explain", reference, "--scenario", path).exit_code == 0
    total, *agencies = items("stats", "--scenario", path)
    for figure in ("planned", "afterMerging", "avoided", "joined", "held", "repeats"):
        assert total[figure] == sum(one[figure] for one in agencies)
    assert total["avoided"] >= 0


def test_the_supervisors_figures_by_agency_and_period() -> None:
    """Three plans become two visits; the period cuts by the first day of the window."""
    total, *agencies = items("stats", "--scenario", CHAIN)
    assert (total["planned"], total["afterMerging"], total["avoided"], total["jointRate"]) == (3, 2, 1, 0.6667)
    assert {one["agency"]: one["avoided"] for one in agencies} == {"GY-RSJ": 1, "GY-STHJJ": 0, "GY-YJJ": 0}
    march = items("stats", "--scenario", CHAIN, "--from", "2026-03-11", "--to", "2026-03-31")
    assert [(one["agency"], one["planned"]) for one in march] == [("*", 1), ("GY-STHJJ", 1)]
    assert [one["planned"] for one in items("stats", "--scenario", CHAIN, "--agency", "GY-RSJ")] == [1]
    assert items("stats", "--scenario", CHAIN, "--to", "2020-01-01")[0]["jointRate"] == 0


def test_the_figures_have_a_picture() -> None:
    """A bar as long as the plans are many: visits that stay, visits avoided."""
    lines = invoke("stats", "--scenario", CHAIN).stdout.splitlines()
    total = next(line for line in lines if line.startswith("合计"))
    assert (total.count("█"), total.count("░")) == (20, 10)


def test_csv_has_one_line_for_each_reason() -> None:
    """For spreadsheets, joints and plans alike."""
    lines = invoke("explain", f"{USCC}-J1", "--scenario", CHAIN, "-o", "csv").stdout.splitlines()
    assert lines[0] == "uscc,joint,plan,decision,step,mark,rule,because,about"
    assert sum("K4.NO_CHAIN" in line for line in lines) == 2
