"""`hub reference check`: the shipped data hold together, and each kind of mistake is found where it stands."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from hub.cli.reference import reference
from hub.local.files import project_file
from tests.reference.folders import copied, edit

TODAY = "2026-11-22"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return copied(tmp_path / "reference")


def check(folder: Path | None = None, *more: str, environment: dict[str, str] | None = None) -> Result:
    arguments = ["check", *([str(folder)] if folder else []), "--on", TODAY, *more]
    return CliRunner().invoke(reference, arguments, env=environment)


def found(result: Result) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = json.loads(result.stdout)["items"]
    return items


@dataclass(frozen=True)
class Mistake:
    """*old* becomes *new* in *file*; the check must say *code* at *entry* of *where* (default: the same file)."""

    code: str
    entry: str
    file: str
    old: str
    new: str
    where: str = ""


MISTAKES = (
    Mistake("MALFORMED", "F01", "clocks.yaml", "F01: {title: 移送决定期限, span: 3", "F01: {title: 移送决定期限, spann: 3"),
    Mistake("MALFORMED", "-", "clocks.yaml", "F02: {title", "F01: {title"),
    Mistake("MALFORMED", "gapDays.value", "policy.yaml", "gapDays: {value: 30", "gapDays: {value: thirty"),
    Mistake("MALFORMED", "parkDays", "policy.yaml", "parkDays: {value: 7,", "parkDay: {value: 7,"),
    Mistake("MALFORMED", "F01", "clocks.yaml", "miss: osjp, basis: '310 art 5(2)', from", "miss: osjp, from"),
    Mistake("UNKNOWN_PARTY", "courtOfCity", "policy.yaml", "value: GSH-FY", "value: GHS-FY"),
    Mistake("UNKNOWN_PARTY", "subjects.keySector", "leads.yaml", "重点行业领域, lead: GY-ZD", "重点行业领域, lead: GY-ZT"),
    Mistake("UNKNOWN_PARTY", "GY-12345", "parties.yaml", "  GY-12345:", "  GY-12346:"),
    Mistake("NOT_A_COURT", "courtOfCity", "policy.yaml", "value: GSH-FY", "value: GSH-JCY"),
    Mistake("UNKNOWN_CLOCK", "P13", "clocks.yaml", "P13: {", "P23: {"),
    Mistake("CLOCK_NOT_STARTED", "P23", "clocks.yaml", "P13: {", "P23: {"),
    Mistake("UNKNOWN_CLOCK", "clockUnit.P01", "policy.yaml", "clockUnit: {value: {}", "clockUnit: {value: {P01: W}"),
    Mistake("UNKNOWN_SECTOR", "S*", "competence.yaml", "sector: SWJ", "sector: SWU"),
    Mistake("UNKNOWN_SECTOR", "charges.336.sectors", "charges.yaml", "sectors: [WJW]", "sectors: [WJ]"),
    Mistake("UNKNOWN_SCOPE", "zoneDivision.SL", "policy.yaml", "SL: NM}", "SL: NN}"),
    Mistake("UNKNOWN_SCOPE", "zoneDivision", "policy.yaml", ", SL: NM}", "}"),
    Mistake("UNKNOWN_SCOPE", "bodies.GZ-DSJ", "parties.yaml", "  GY-DSJ:", "  GZ-DSJ:"),
    Mistake("UNKNOWN_KIND", "c03.求助", "policy.yaml", "求助: 7, ", ""),
    Mistake("UNKNOWN_DOCUMENT", "kinds.DEMAND", "documents.yaml", "  DEMAND: {", "  DEMANDS: {"),
    Mistake("UNKNOWN_DOCUMENT", "charges.276-1", "charges.yaml", "[ORDER_TO_PAY]", "[ORDER_PAY]"),
    Mistake("UNKNOWN_FIELD", "required.matter.lead.transferred.3.when", "documents.yaml", "testNeeded", "testWanted"),
    Mistake("UNKNOWN_EVENT", "required.matter.application.file", "documents.yaml", "application.filed:", "application.file:"),
    Mistake("UNKNOWN_EVENT", "matter.case.opened", "events.yaml", "matter.case.filed:", "matter.case.opened:"),
    Mistake("UNKNOWN_ROLE", "matter.demand.served.from", "events.yaml", "demand.served: {from: [PRINCIPAL, HANDLER]", "demand.served: {from: [PRINCIPAL, HANDLERS]"),
    Mistake("UNKNOWN_ROLE", "matter.demand.served.needs", "events.yaml", "HANDLER], needs: decision.served, to: [organ:WORK]}\nmatter.application.filed", "HANDLER], needs: decision.serve, to: [organ:WORK]}\nmatter.application.filed"),
    Mistake("UNKNOWN_ROLE", "complaint.conflict.detected.to", "events.yaml", "complaint.conflict.detected: {from: [HUB], to: [source:OPEN]}", "complaint.conflict.detected: {from: [HUB], to: [source:OPENED]}"),
    Mistake("UNKNOWN_ROLE", "F17.owes", "clocks.yaml", "说明逾期未立案理由期限, span: 7, unit: C, kind: duty, owes: police", "说明逾期未立案理由期限, span: 7, unit: C, kind: duty, owes: polise"),
    Mistake("UNKNOWN_ROLE", "F18.miss", "clocks.yaml", "miss: e, basis: '高检规则564'", "miss: ex, basis: '高检规则564'"),
    Mistake("NO_ROUTE", "F18.miss", "clocks.yaml", "miss: e, basis: '高检规则564'", "miss: '', basis: '高检规则564'"),
    Mistake("NO_ROUTE", "P06.miss", "clocks.yaml", "miss: e, basis: '处罚法67(3)'", "miss: os, basis: '处罚法67(3)'"),
    Mistake("NO_ROUTE", "P03.miss", "clocks.yaml", "miss: '', basis: '处罚法64(1)'", "miss: e, basis: '处罚法64(1)'"),
    Mistake("NO_ROUTE", "clock.warned.to", "events.yaml", "clock.warned: {from: [HUB], to: [obligor:OPEN]}", "clock.warned: {from: [HUB]}"),
    Mistake("NO_ROUTE", "clock.missed.to", "events.yaml", "clock.missed: {from: [HUB], to: [missList:OPEN]}", "clock.missed: {from: [HUB], to: [obligor:OPEN]}"),
    Mistake("NO_SPAN", "F14.span", "clocks.yaml", "说明不立案理由期限, span: 7", "说明不立案理由期限, span: 0"),
    Mistake("NO_SPAN", "F08b.extensions", "clocks.yaml", "{COUNTY_30: 30, UPPER_60: 60}", "{COUNTY_30: 30}"),
    Mistake("CONTRADICTION", "P13.extensions.ONCE", "clocks.yaml", "extensions: {ONCE: 60}", "extensions: {ONCE: 30}"),
    Mistake("CONTRADICTION", "charges.385", "charges.yaml", "  '336': {title: 非法行医罪", "  '385': {title: 受贿罪"),
    Mistake("UNKNOWN_LAW", "P02", "clocks.yaml", "basis: '处罚法56'", "basis: '处罚办54'"),
    Mistake("BEFORE_ITS_LAW", "P05", "clocks.yaml", "basis: '处罚法61', from: '2021-07-15'", "basis: '处罚法61', from: '2021-07-14'"),
    Mistake("AFTER_ITS_LAW", "C02c", "laws.yaml", "{title: 信访工作条例, from: '2022-05-01'}", "{title: 信访工作条例, from: '2022-05-01', to: '2026-12-31'}", "clocks.yaml"),
    Mistake("ENDS_BEFORE_IT_BEGINS", "gapDays", "policy.yaml", "相隔不足此天数则建议合并, basis: '[choice]', from: '2024-01-01'", "相隔不足此天数则建议合并, basis: '[choice]', from: '2024-01-01', to: '2023-12-31'"),
    Mistake("VALIDITY_GAP", "P02", "clocks.yaml", "basis: '处罚法56', from: '2021-07-15'", "basis: '处罚法56', from: '2021-07-15', to: '2026-12-31'"),
    Mistake("VALIDITY_GAP", "bodies.GY-ZD-DD6.supersedes", "parties.yaml", "直属六大队, kind", "直属六大队, supersedes: GY-ZD-DD5, kind"),
    Mistake("VALIDITY_OVERLAP", "Y1*", "competence.yaml", "code: 'G*'", "code: 'Y1*'"),
    Mistake("OUTLIVES_PARTY", "entrusted.GY-SWJ.unit", "parties.yaml", "直属六大队, kind: BRIGADE, level: CITY, basis: 筑51 三, from: '2024-01-01'", "直属六大队, kind: BRIGADE, level: CITY, basis: 筑51 三, from: '2024-01-01', to: '2026-12-31'", "entrustment.yaml"),
    Mistake("NO_BRIGADE", "must.GY-RSJ", "entrustment.yaml", "  GY-RSJ: {unit: GY-ZD-DD4, scope: 劳动监察, basis: 处罚法20; 筑51 三, from: '2024-01-01'}\n", ""),
    Mistake("IDLE_BRIGADE", "GY-ZD-DD4", "entrustment.yaml", "  GY-RSJ: {unit: GY-ZD-DD4,", "  GY-RSJ: {unit: GY-ZD-DD5,"),
    Mistake("NO_BRIGADE", "entrusted.GY-RSJ.unit", "entrustment.yaml", "unit: GY-ZD-DD4", "unit: GY-GAJ"),
    Mistake("NO_BRIGADE", "entrusted.GY-GAJ", "entrustment.yaml", "  GY-RSJ: {", "  GY-GAJ: {"),
    Mistake("CALENDAR_CONTRADICTION", "workDays", "calendars/2026.yaml", "'10-10']", "'10-12']"),
    Mistake("CALENDAR_CONTRADICTION", "year", "calendars/2025.yaml", "year: 2025", "year: 2023"),
    Mistake("CALENDAR_MISSING", "announced", "calendars/2026.yaml", "announced: '2025-11-04'", "announced: null"),
    Mistake("MALFORMED", "offDays", "calendars/2026.yaml", "'01-01..01-03'", "'01-01..01-32'"),
)  # fmt: skip


def test_the_shipped_data_hold_together() -> None:
    result = check()
    assert result.exit_code == 0, result.stdout
    assert "✔" in result.stderr


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: f"{mistake.code} {mistake.entry}")
def test_a_planted_mistake_is_found_where_it_stands(mistake: Mistake, folder: Path) -> None:
    edit(folder / mistake.file, mistake.old, mistake.new)

    result = check(folder, "-o", "json")

    assert result.exit_code == 1
    where = mistake.where or mistake.file
    (finding, *_) = [
        each
        for each in found(result)
        if each["code"] == mistake.code and each["file"] == where and each["entry"].startswith(mistake.entry)
    ] or [None]
    assert finding is not None, found(result)
    assert finding["zh"] != finding["en"]
    assert finding["what"] in (finding["zh"], finding["en"])


def test_versions_of_a_clock_must_meet(folder: Path) -> None:
    lines = (folder / "clocks.yaml").read_text("utf-8").splitlines()
    old = next(line.removeprefix("P02: ") for line in lines if line.startswith("P02: "))
    ended = old.replace("}", ", to: '2026-06-30'}")
    for begins, code in (("2026-07-02", "VALIDITY_GAP"), ("2026-06-30", "VALIDITY_OVERLAP"), ("2026-07-01", "")):
        new = old.replace("'2021-07-15'", f"'{begins}'")
        here = copied(folder.parent / begins)
        edit(here / "clocks.yaml", f"P02: {old}", f"P02: [{ended}, {new}]")
        assert [each["code"] for each in found(check(here, "-o", "json"))] == ([code] if code else [])


def test_a_year_in_use_without_a_file(folder: Path) -> None:
    (folder / "calendars" / "2027.yaml").unlink()
    (finding,) = found(check(folder, "-o", "json"))
    assert (finding["code"], finding["file"]) == ("CALENDAR_MISSING", "calendars/2027.yaml")
    assert "announced: null" in finding["en"]


def test_a_year_that_has_begun_unannounced(folder: Path) -> None:
    arguments = ["check", str(folder), "--on", "2027-01-01", "-o", "json"]
    codes = [(each["code"], each["file"]) for each in found(CliRunner().invoke(reference, arguments))]
    assert codes == [("CALENDAR_MISSING", "calendars/2028.yaml"), ("CALENDAR_MISSING", "calendars/2027.yaml")]


def test_a_party_without_a_topic(tmp_path: Path) -> None:
    topics = tmp_path / "topics.yaml"
    text = project_file("topics.yaml").read_text("utf-8")
    topics.write_text(text.replace("\n  '*':\n", "\n  '[!Q]*':\n").replace("\n  GY-YJJ:\n", "\n  GY-YJ:\n"), "utf-8")

    codes = {
        (each["code"], each["entry"])
        for each in found(check(None, "-o", "json", environment={"HUB_TOPICS_FILE": str(topics)}))
    }

    assert ("NO_TOPIC", "parties.QZ-GAFJ") in codes
    assert ("UNKNOWN_PARTY", "parties.GY-YJ") in codes
    assert {code for code, _ in codes} == {"NO_TOPIC", "UNKNOWN_PARTY"}


def test_the_table_names_file_entry_and_what_to_do(folder: Path) -> None:
    edit(folder / "policy.yaml", "value: GSH-FY", "value: GHS-FY")
    result = check(folder)
    assert "policy.yaml" in result.stdout
    assert "courtOfCity" in result.stdout
    assert "请补录该机构或更正代码" in result.stdout
    assert "✘" in result.stderr


def test_show_gives_every_entry_its_basis_and_days() -> None:
    tables = json.loads(CliRunner().invoke(reference, ["show", "-o", "json"]).stdout)["items"]
    assert len(tables) == 8
    for table in tables:
        items = json.loads(CliRunner().invoke(reference, ["show", table["table"], "-o", "json"]).stdout)["items"]
        assert len(items) == table["entries"]
        assert all(item["basis"] and item["from"] for item in items)
