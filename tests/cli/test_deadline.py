"""The command that answers when a period ends."""

from __future__ import annotations

import json

from click.testing import CliRunner, Result

from hub.cli.deadline import deadline
from hub.reference import load


def invoke(*arguments: str) -> Result:
    return CliRunner().invoke(deadline, arguments)


def test_both_readings() -> None:
    answer = json.loads(invoke("F01", "2026-09-29T10:00", "-o", "json").stdout)["items"]
    assert [(row["reading"], row["governing"], row["dueAt"][:10]) for row in answer] == [
        ("C", True, "2026-10-08"),
        ("W", False, "2026-10-09"),
    ]
    assert answer[0]["warnings"] == ["2026-09-30T09:00"]


def test_span_of_a_clock_the_policy_sets() -> None:
    assert invoke("C03", "2026-04-30").exit_code == 2
    answer = json.loads(invoke("C03", "2026-04-30", "--span", "5", "-o", "json").stdout)["items"]
    assert answer[0]["dueAt"].startswith("2026-05-11")


def test_list_of_all() -> None:
    assert len(json.loads(invoke("-o", "json").stdout)["items"]) == len(load().clocks)
    assert "处罚法60" in invoke("P01", "-o", "wide").stdout


def test_what_is_not_there() -> None:
    assert invoke("F99").exit_code == 5
    assert invoke("F01", "gestern").exit_code == 2
