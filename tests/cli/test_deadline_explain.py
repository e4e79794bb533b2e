"""The command that counts a period day by day."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.cli.deadline import deadline
from hub.play.scenario import read
from hub.play.world import play_out
from hub.reference import load

SCENARIOS = Path(__file__).parents[1] / "scenarios"


def invoke(*arguments: object) -> Result:
    return CliRunner().invoke(deadline, ["explain", *map(str, arguments)])


def items(*arguments: object) -> list[dict[str, Any]]:
    done = invoke(*arguments, "-o", "json")
    assert done.exit_code == 0, done.output
    found: list[dict[str, Any]] = json.loads(done.stdout)["items"]
    return found


def test_both_readings_are_counted_to_their_own_last_day() -> None:
    """The law is silent on the unit: both counts are shown, one governs, the stricter one warns."""
    by_days, by_working_days = items("--kind", "F01", "--from", "2026-09-29T10:00")

    assert (by_days["reading"], by_days["governing"], by_days["dueAt"]) == ("C", True, "2026-10-08")
    assert (by_working_days["reading"], by_working_days["governing"], by_working_days["dueAt"]) == ("W", False, "2026-10-09")  # fmt: skip
    for reading in (by_days, by_working_days):
        assert reading["days"][-1]["date"] == reading["dueAt"]
        assert reading["days"][-1]["number"] == 3
    assert by_days["warnings"] == ["2026-09-30T09:00:00+08:00"]
    assert by_days["basis"] == "310 art 5(2)"


def test_a_person_reads_why_each_day_counts_or_not() -> None:
    """Holiday, make-up workday, rest and roll-over have words of their own."""
    text = invoke("--kind", "R04", "--from", "2026-09-17", "--suspend", "2026-09-21..2026-09-23").stdout
    line = {row[:10]: row for row in text.splitlines() if row[:2] == "20"}

    assert "调休上班" in line["2026-09-20"]
    assert "中止,不计" in line["2026-09-22"]
    assert "节假日" in line["2026-10-01"]
    assert "最后一日,24:00 届满" in line["2026-10-10"]
    assert "顺延至此" in invoke("--kind", "F01", "--from", "2026-09-29").stdout


def test_hours_end_at_an_instant_and_months_are_full_on_one_day() -> None:
    """The other two units."""
    (hours,) = items("--kind", "F02", "--from", "2026-10-01T10:30")
    assert [(one["date"], one["number"]) for one in hours["days"]] == [("2026-10-01", 13), ("2026-10-02", 24)]
    assert "10:30:00 届满" in invoke("--kind", "F02", "--from", "2026-10-01T10:30").stdout
    (months,) = items("--kind", "F18", "--from", "2025-11-30")
    assert [one["date"] for one in months["days"] if one["date"][8:] in ("28", "30")][-1] == "2026-02-28"
    assert months["days"][-1] == {"date": "2026-02-28", "day": "MAKE_UP", "announced": True, "part": "COUNTED", "number": 3}  # fmt: skip


def test_an_unannounced_year_is_provisional_and_counted_again_once_it_is_known(tmp_path: Path) -> None:
    """A calendar file of either form moves the date, and says so."""
    (before,) = items("--kind", "P05", "--from", "2026-12-28")
    assert (before["provisional"], before["unannounced"], before["dueAt"]) == (True, [2027], "2027-01-06")
    for notice in (
        {"year": 2027, "offDays": ["01-01..01-03"], "workDays": ["01-09"]},
        {"year": 2027, "noticeNo": "国办发明电", "offDays": ["2027-01-01"], "workDays": []},
    ):
        path = tmp_path / "2027.yaml"
        path.write_text(json.dumps(notice), "utf-8")
        (after,) = items("--kind", "P05", "--from", "2026-12-28", "--calendar", path)
        assert (after["provisional"], after["dueAt"]) == (False, "2027-01-07")
        assert [(said["what"], said["dueAt"]) for said in after["history"]] == [
            ("started", "2027-01-06"),
            ("recalculated", "2027-01-07"),
        ]
    assert "放假安排未公布" in invoke("--kind", "P05", "--from", "2026-12-28").stdout


def test_a_period_that_still_rests_says_what_is_left() -> None:
    """P01 shows the date with the rest and the date without."""
    resting, running = items("--kind", "P01", "--from", "2026-03-02", "--suspend", "2026-04-01..")

    assert (resting["reading"], resting["state"], resting["dueAt"]) == ("SUSPENDED", "SUSPENDED", "")
    assert (resting["counted"], resting["left"]) == (30, 60)
    assert (running["reading"], running["dueAt"]) == ("UNSUSPENDED", "2026-06-01")
    text = invoke("--kind", "P01", "--from", "2026-03-02", "--suspend", "2026-04-01..").stdout
    assert "已计 30,恢复后还有 60" in text


@settings(max_examples=60, deadline=None)
@given(
    clock=st.sampled_from(sorted(set(load().clocks) - {"C03", "D01"})),
    start=st.datetimes(datetime(2024, 1, 1), datetime(2027, 12, 31)),
)
def test_every_kind_ends_on_the_day_the_other_verb_gives(clock: str, start: datetime) -> None:
    """``explain`` and ``compute`` are one count."""
    computed = CliRunner().invoke(deadline, [clock, start.isoformat(), "-o", "json"])

    for row, told in zip(
        json.loads(computed.stdout)["items"], items("--kind", clock, "--from", start.isoformat()), strict=True
    ):
        assert told["days"][-1]["date"] == row["dueAt"][:10]
        assert told["dueAt"][:19] == row["dueAt"].split(" ")[0]
        assert told["days"][-1]["number"] == told["span"]


@pytest.mark.parametrize("path", sorted(SCENARIOS.glob("*.yaml")), ids=lambda path: path.stem)
def test_every_clock_of_every_scenario_can_be_explained(path: Path) -> None:
    """The count of the state's rows agrees with the dates the hub keeps, calendars loaded since and verdicts included."""
    world, _ = play_out(read(path, load()), load())
    rows = [row for state in world.states.values() for row in state.clocks]
    for clock_id in sorted({row.clock_id for row in rows})[:3]:
        told = items(clock_id, "--scenario", path)
        kept = [(row.reading, row.due_at) for row in rows if row.clock_id == clock_id]
        assert sorted(kept) == sorted((one["reading"], one["dueAt"]) for one in told)
        assert all(one["agrees"] for one in told)
        assert told[0]["history"][0]["what"] == "started"


def test_a_clock_is_named_by_its_kind_or_entity_if_that_means_one() -> None:
    """Several: they are listed; none: 5."""
    lone = items("E01", "--scenario", SCENARIOS / "S01.yaml")
    assert lone[0]["clock"] == "E01"
    assert lone[0]["latestDemandAt"]
    many = invoke("MT-L15", "--scenario", SCENARIOS / "L15.yaml")
    assert many.exit_code == 2
    assert "MT-L15|E01|MT-L15-D|1" in many.output
    assert invoke("no-such", "--scenario", SCENARIOS / "L15.yaml").exit_code == 5


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ((), 2),
        (("--kind", "F01"), 2),
        (("F01", "--kind", "F01", "--from", "2026-01-05"), 2),
        (("--kind", "F99", "--from", "2026-01-05"), 5),
        (("--kind", "F01", "--from", "gestern"), 2),
        (("--kind", "C03", "--from", "2026-01-05"), 2),
        (("--kind", "D01", "--from", "2026-01-05"), 2),
        (("--kind", "F02", "--from", "2026-01-05", "--suspend", "2026-01-05.."), 2),
        (("--kind", "P01", "--from", "2026-01-05", "--suspend", "2026-02-05..2026-02-01"), 2),
        (("--kind", "P01", "--from", "2026-01-05", "--calendar", __file__), 2),
        (("F01", "--scenario", __file__), 2),
    ],
)
def test_what_cannot_be_explained_says_so_by_its_exit_code(words: tuple[str, ...], code: int) -> None:
    """2 usage, 5 not found; never a bug."""
    assert invoke(*words).exit_code == code


def test_a_given_day_and_a_length_of_the_policy() -> None:
    """D01 ends where the minute says, C03 lasts as long as it is told to."""
    (given_day,) = items("--kind", "D01", "--from", "2026-01-05", "--due", "2026-01-10")
    assert (given_day["days"][-1]["date"], given_day["days"][-1]["number"]) == ("2026-01-10", 5)
    (ticket,) = items("--kind", "C03", "--from", "2026-04-30", "--span", 5)
    assert ticket["dueAt"] == "2026-05-11"


def test_csv_has_one_line_for_each_day() -> None:
    """For spreadsheets."""
    lines = invoke("--kind", "F02", "--from", "2026-10-01T10:30", "-o", "csv").stdout.splitlines()
    assert len(lines) == 3
    assert date.fromisoformat(lines[1].split(",")[3]) == date(2026, 10, 1)


def test_explaining_offline_imports_no_kafka() -> None:
    """A scenario and an imagined clock need nothing but the rules."""
    program = (
        "import sys; from click.testing import CliRunner; from hub.cli.deadline import deadline; from hub.cli.merge import merge\n"
        "done = [CliRunner().invoke(deadline, ['explain', '--kind', 'F01', '--from', '2026-01-05']),\n"
        "        CliRunner().invoke(merge, ['stats', '--scenario', sys.argv[1]])]\n"
        "print([one.exit_code for one in done], [m for m in sys.modules if m.split('.')[0] in ('faust', 'aiokafka')])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(SCENARIOS / "M02.yaml")], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[0, 0] []"
