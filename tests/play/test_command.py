"""The command: exit codes, JSON, and that no Kafka is near."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from click.testing import CliRunner, Result

from hub.cli.play import play

SCENARIOS = Path(__file__).parent.parent / "scenarios"


def invoke(*arguments: object) -> Result:
    return CliRunner().invoke(play, [str(argument) for argument in arguments])


def test_json_of_a_scenario_that_holds() -> None:
    result = invoke(SCENARIOS / "K03.yaml", "-o", "json")
    assert result.exit_code == 0
    (played,) = json.loads(result.stdout)
    assert played["passed"] is True
    assert played["failures"] == []
    assert {"id": "late", "code": "TOO_LATE"} in played["refused"]
    assert {"event", "to", "data"} == set(played["emitted"][0])
    assert {row["clock"] for row in played["clocks"]} == {"C03", "C03r"}


def test_failing_scenario_says_why(tmp_path: Path) -> None:
    path = tmp_path / "K03.yaml"
    path.write_text(
        (SCENARIOS / "K03.yaml").read_text("utf-8").replace("dueAt: '2026-05-11'", "dueAt: '2026-05-12'"), "utf-8"
    )
    result = invoke(path)
    assert result.exit_code == 1
    assert 'dueAt  应为 "2026-05-12"  实为 "2026-05-11"' in result.stdout
    (played,) = json.loads(invoke(path, "-o", "json").stdout)
    assert 'dueAt: expected "2026-05-12", nearest has "2026-05-11"' in played["failures"][0]
    assert invoke(SCENARIOS / "K03.yaml", path).exit_code == 1


def test_malformed_file_is_told_apart(tmp_path: Path) -> None:
    path = tmp_path / "broken.yaml"
    path.write_text("name: x", "utf-8")
    result = invoke(SCENARIOS / "K03.yaml", path)
    assert result.exit_code == 2
    assert "why is missing" in result.stderr
    assert invoke().exit_code == 2


def test_explain_shows_all_fields_and_reasons() -> None:
    assert "退件期限已过" not in invoke(SCENARIOS / "K03.yaml").stdout
    explained = invoke(SCENARIOS / "K03.yaml", "--explain").stdout
    assert "退件期限已过" in explained
    assert "basis: 热线" in explained


def test_playing_imports_no_kafka() -> None:
    program = "import sys; from hub.cli.play import play; play([sys.argv[1], '-o', 'json'], standalone_mode=False)"
    watch = f"try:\n    exec({program!r})\nexcept SystemExit:\n    pass\nprint([m for m in sys.modules if m.split('.')[0] in ('faust', 'aiokafka', 'mode', 'confluent_kafka')], file=sys.stderr)"
    done = subprocess.run(
        [sys.executable, "-c", watch, str(SCENARIOS / "K03.yaml")],
        capture_output=True,
        text=True,
        check=True,
        cwd=SCENARIOS.parent.parent,
    )
    assert done.stderr.strip() == "[]"
    assert '"passed": true' in done.stdout


def test_explain_names_rule_and_law() -> None:
    explained = invoke(SCENARIOS / "M01.yaml", "--explain").stdout
    assert "规则 K4.TOGETHER: 同一对象、检查窗口有共同工作日" in explained
    assert "规则 L4: 检查事项最多的机关牵头" in explained
    assert "起因: given[1] inspection.plan.submitted" in explained
    (played,) = json.loads(invoke(SCENARIOS / "L04.yaml", "--explain", "-o", "json").stdout)
    started = next(one for one in played["emitted"] if one["event"] == "clock.started")
    assert "依据: 310 art 5(2)" in started["why"]


def test_a_table_of_what_happened_says_who_told_whom_of_what() -> None:
    told = invoke(SCENARIOS / "M01.yaml").stdout.splitlines()
    (formed,) = [line for line in told if "inspection.joint.formed" in line]
    for cell in (
        "2026-03-02 11:00",
        "枢纽 → GY-YJJ GY-ZD-DD2 GY-RSJ GY-ZD-DD4 GY-ZHZFJ",
        "联合检查组成",
        "leadRule=L4",
    ):
        assert cell in formed
    assert not [line for line in told if "\x1b" in line]


def test_many_files_are_a_line_each_and_only_what_fails_is_told_at_length(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text((SCENARIOS / "M01.yaml").read_text("utf-8").replace("role: LEAD", "role: PART"), "utf-8")
    told = invoke(SCENARIOS / "K03.yaml", wrong, SCENARIOS / "K02.yaml").stdout.splitlines()
    assert [line[0] for line in told if line[:1] in ("✓", "✗")] == ["✓", "✗", "✓"]
    assert any("members[0].role" in line and '应为 "PART"  实为 "LEAD"' in line for line in told)
    assert "3 个场景中 2 个符合" in told


def test_another_switch_is_tried_on_scenarios_too() -> None:
    assert invoke(SCENARIOS / "K03.yaml", "--policy", "sla.C03r=60").exit_code == 1
    assert invoke(SCENARIOS / "K03.yaml", "--policy", "sla.C03r=lots").exit_code == 2
    assert invoke(SCENARIOS / "K03.yaml", "--policy", "nothing=1").exit_code == 2
    assert invoke(SCENARIOS / "K03.yaml", "--shadow", "..").exit_code == 2


def test_no_colour_where_none_is_wanted(tmp_path: Path) -> None:
    """On a terminal there is colour, unless NO_COLOR says otherwise."""
    program = "import pty, sys; sys.exit(pty.spawn([sys.executable, '-m', 'hub', 'play', sys.argv[1]]) >> 8)"
    for variable, coloured in ({}, True), ({"NO_COLOR": "1"}, False):
        done = subprocess.run(
            [sys.executable, "-c", program, str(SCENARIOS / "K03.yaml")],
            capture_output=True,
            check=True,
            stdin=subprocess.DEVNULL,
            env={name: value for name, value in os.environ.items() if name != "NO_COLOR"}
            | {"TERM": "xterm"}
            | variable,
        )
        assert (b"\x1b[" in done.stdout) is coloured
