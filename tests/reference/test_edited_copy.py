"""A changed file takes effect without code: the same facts, the same command, another decision."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result

from hub.cli.deadline import deadline
from hub.cli.exits import Exit
from hub.cli.merge import merge
from hub.cli.play import play
from hub.cli.reference import reference
from hub.reference import load
from tests.reference.folders import copied, edit

SCENARIOS = Path(__file__).parent.parent / "scenarios"
WAGES = SCENARIOS / "L18.yaml"  # a case of the labour bureau, sixty working days from 2026-03-02, then a lead

CASE_OF_A_COUNTY = """
name: 开阳县
why: a county's bureau has a unit of the brigade work for it
given:
  - {at: '2026-03-02T10:00:00+08:00', event: matter.case.filed, from: GY-ZD-KY, id: filed, data: {correlationId: K, caseNo: K-1,
     filedAt: '2026-03-02T10:00:00+08:00', principal: KY-ZHZFJ, handler: GY-ZD-KY, itemCode: QZ-1, causeText: 占道,
     source: INSPECTION, procedure: ORDINARY, reviewClass: ORDINARY, crossDivision: false, majorComplex: false,
     divisionCode: '520121', subject: {subjectType: PERSON, name: 某人}, officers: [{name: 甲, certNo: '1'}, {name: 乙, certNo: '2'}]}}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return copied(tmp_path / "reference")


def invoke(path: Path, folder: Path | None) -> Result:
    return CliRunner().invoke(
        play, [str(path), "-o", "json"], env={"HUB_REFERENCE_DIR": str(folder) if folder else None}
    )


def played(path: Path, folder: Path | None) -> dict[str, Any]:
    (outcome,) = json.loads(invoke(path, folder).stdout)
    assert isinstance(outcome, dict)
    return outcome


def started(outcome: dict[str, Any], clock: str) -> str:
    """The last day of *clock* as first told."""
    told = (record["data"] for record in outcome["emitted"] if record["event"] == "clock.started")
    return next(str(data["dueAt"]) for data in told if data["clock"] == clock)


def refusals(outcome: dict[str, Any]) -> dict[str, str]:
    return {turned["id"]: turned["code"] for turned in outcome["refused"]}


def test_an_unchanged_copy_decides_the_same(folder: Path) -> None:
    assert played(WAGES, folder) == played(WAGES, None)


def test_days_of_a_clock(folder: Path) -> None:
    edit(folder / "clocks.yaml", "title: 劳动保障监察调查期限, span: 60", "title: 劳动保障监察调查期限, span: 70")

    assert started(played(WAGES, None), "P14") == "2026-05-28"
    expected = load().calendar.add_working_days(date(2026, 3, 2), 70)
    assert started(played(WAGES, folder), "P14") == expected.isoformat()


def test_the_last_useful_demand_follows_the_wait_after_it(folder: Path) -> None:
    """强制法54: with a longer wait the demand must be served earlier to be of use."""
    edit(folder / "clocks.yaml", "title: 催告等待期, span: 10", "title: 催告等待期, span: 12")

    def latest(outcome: dict[str, Any]) -> set[str]:
        return {row["latestDemandAt"] for row in outcome["clocks"] if row["clock"] == "E01"}

    assert latest(played(SCENARIOS / "L11.yaml", None)) == {"2026-09-23"}
    assert latest(played(SCENARIOS / "L11.yaml", folder)) == {"2026-09-21"}


def test_days_after_an_extension(folder: Path) -> None:
    edit(
        folder / "clocks.yaml",
        "extensions: {ONCE: 90}, kind: duty, owes: principal",
        "extensions: {ONCE: 80}, kind: duty, owes: principal",
    )

    (row,) = (row for row in played(WAGES, folder)["clocks"] if row["clock"] == "P14")
    assert row["dueAt"] == load().calendar.add_working_days(date(2026, 3, 2), 80).isoformat()


@pytest.mark.parametrize(("in_force_from", "span"), [("2026-03-01", 45), ("2026-03-03", 60)])
def test_a_new_law_holds_for_clocks_that_start_under_it(folder: Path, in_force_from: str, span: int) -> None:
    """The version in force on the day of the start counts; a later law does not reach back."""
    lines = (folder / "clocks.yaml").read_text("utf-8").splitlines()
    old = next(line.removeprefix("P14: ") for line in lines if line.startswith("P14: "))
    new = old.replace("span: 60", "span: 45").replace("from: '2004-12-01'", f"from: '{in_force_from}'")
    edit(folder / "clocks.yaml", f"P14: {old}", f"P14: [{old}, {new}]")

    expected = load().calendar.add_working_days(date(2026, 3, 2), span)
    assert started(played(WAGES, folder), "P14") == expected.isoformat()


def test_a_switch(folder: Path) -> None:
    edit(folder / "policy.yaml", "suspendP01OnTransfer: {value: true", "suspendP01OnTransfer: {value: false")

    def governing(outcome: dict[str, Any]) -> list[str]:
        return [row["reading"] for row in outcome["clocks"] if row["clock"] == "P01" and row["governing"]]

    assert governing(played(WAGES, None)) == ["SUSPENDED"]
    assert governing(played(WAGES, folder)) == ["UNSUSPENDED"]


def test_a_document_that_a_crime_asks_for(folder: Path) -> None:
    edit(folder / "charges.yaml", "requires: [ORDER_TO_PAY], ", "")

    assert refusals(played(WAGES, None))["no-order"] == "MISSING_MATERIAL"
    assert "no-order" not in refusals(played(WAGES, folder))


def test_a_document_that_every_lead_asks_for(folder: Path) -> None:
    edit(folder / "documents.yaml", "kind: TEST_REPORT, when: testNeeded", "kind: TEST_REPORT")

    assert list(refusals(played(WAGES, None)).values()).count("MISSING_MATERIAL") == 1
    assert list(refusals(played(WAGES, folder)).values()).count("MISSING_MATERIAL") == 2


def test_a_new_party_with_its_entrustment(folder: Path, tmp_path: Path) -> None:
    """The four counties have no unit in the founding notice; the day they get one, two lines are added."""
    path = tmp_path / "county.yaml"
    path.write_text(CASE_OF_A_COUNTY, "utf-8")
    assert refusals(played(path, None)) == {"filed": "UNKNOWN_PARTY"}

    edit(
        folder / "parties.yaml",
        "  GY-JW:",
        "  GY-ZD-KY: {name: 开阳县大队, kind: BRIGADE, level: DISTRICT, basis: 筑51 三, from: '2026-01-01'}\n  GY-JW:",
    )
    edit(
        folder / "entrustment.yaml",
        "  HT-GWH: {",
        "  KY-ZHZFJ: {unit: GY-ZD-KY, basis: 处罚法20; 筑51 三, from: '2026-01-01'}\n  HT-GWH: {",
    )

    outcome = played(path, folder)
    assert refusals(outcome) == {}
    told = {record["to"] for record in outcome["emitted"] if record["event"] == "matter.case.filed"}
    assert told == {"KY-ZHZFJ"}
    check = CliRunner().invoke(reference, ["check", str(folder), "--on", "2026-11-22"])
    assert check.exit_code == 0, check.stdout


def test_a_body_that_has_ended_can_do_nothing_more(folder: Path) -> None:
    """What it did before stands; from the next day its code is unknown."""
    edit(
        folder / "parties.yaml",
        "直属四大队, kind: BRIGADE, level: CITY, basis: 筑51 三, from: '2024-01-01'",
        "直属四大队, kind: BRIGADE, level: CITY, basis: 筑51 三, from: '2024-01-01', to: '2026-05-31'",
    )

    outcome = played(WAGES, folder)
    assert started(outcome, "P14") == "2026-05-28"
    assert refusals(outcome)["no-order"] == "UNKNOWN_PARTY"


def test_who_leads_at_a_major_project(folder: Path) -> None:
    edit(folder / "leads.yaml", "{title: 重大企业项目, lead: GY-ZD,", "{title: 重大企业项目, lead: GY-STHJJ,")

    def lead(outcome: dict[str, Any]) -> set[tuple[str, str]]:
        formed = (record["data"] for record in outcome["emitted"] if record["event"] == "inspection.joint.formed")
        return {(data["lead"], data["leadRule"]) for data in formed}

    assert lead(played(SCENARIOS / "M15.yaml", None)) == {("GY-ZD", "L1")}
    assert lead(played(SCENARIOS / "M15.yaml", folder)) == {("GY-STHJJ", "L1")}


def asked(verb: click.Group, folder: Path, *arguments: str) -> list[dict[str, Any]]:
    """What *verb* says with the reference data of *folder*."""
    answer = CliRunner().invoke(verb, [*arguments, "-o", "json"], env={"HUB_REFERENCE_DIR": str(folder)})
    items: list[dict[str, Any]] = json.loads(answer.stdout)["items"]
    return items


def test_other_verbs_read_the_same_folder(folder: Path) -> None:
    edit(folder / "clocks.yaml", "F14: {title: 说明不立案理由期限, span: 7", "F14: {title: 说明理由, span: 9")
    edit(folder / "leads.yaml", "{title: 重大企业项目, lead: GY-ZD,", "{title: 重大企业项目, lead: GY-STHJJ,")

    for arguments in (["F14", "2026-07-06"], ["explain", "--kind", "F14", "--from", "2026-07-06"]):
        assert asked(deadline, folder, *arguments)[0]["dueAt"].startswith("2026-07-15")
    joint, *_ = asked(merge, folder, "explain", "91520111MA6XY0046J-J1", "--scenario", str(SCENARIOS / "M15.yaml"))
    assert (joint["lead"], joint["leadRule"]) == ("GY-STHJJ", "L1")
    table = CliRunner().invoke(play, [str(SCENARIOS / "L04.yaml")], env={"HUB_REFERENCE_DIR": str(folder)}).stdout
    assert "说明理由" in table
    assert "说明不立案理由期限" not in table


def test_who_is_competent(folder: Path) -> None:
    edit(
        folder / "competence.yaml",
        "code: 'Y*', tiers: [CITY, DISTRICT], sector: YJJ",
        "code: 'Y*', tiers: [CITY], sector: XFJY",
    )

    def ask(*arguments: str, folder: Path | None = None) -> Result:
        return CliRunner().invoke(
            reference, ["who", *arguments, "-o", "json"], env={"HUB_REFERENCE_DIR": str(folder) if folder else None}
        )

    district = ("Y1", "DISTRICT", "--division", "520115")
    assert json.loads(ask(*district).stdout)["items"][0]["principal"] == "GSH-YJJ"
    (item,) = json.loads(ask("Y1", "CITY").stdout)["items"]
    assert (item["principal"], item["handler"]) == ("GY-YJJ", "GY-ZD-DD2")
    assert json.loads(ask("Y1", "CITY", folder=folder).stdout)["items"][0]["principal"] == "GY-XFJY"
    unknown = ask(*district, folder=folder)
    assert unknown.exit_code == 5
    assert "GY-LXHY" in unknown.stderr


def test_a_folder_that_cannot_be_read_is_no_bug_of_the_hub(folder: Path) -> None:
    (folder / "charges.yaml").unlink()

    environment = {**os.environ, "HUB_REFERENCE_DIR": str(folder)}
    done = subprocess.run(
        [sys.executable, "-m", "hub", "play", str(WAGES)], capture_output=True, text=True, env=environment, check=False
    )
    assert done.returncode == Exit.CONFIGURATION
    assert "charges.yaml" in done.stderr
    assert "no such file: copy the shipped one" in done.stderr
