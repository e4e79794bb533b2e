"""The command: exit codes, JSON, and that no Kafka is near."""

from __future__ import annotations

import json
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
    assert 'dueAt: expected "2026-05-12", nearest has "2026-05-11"' in result.stdout
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
