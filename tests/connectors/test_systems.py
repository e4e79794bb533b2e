"""What goes wrong at the real systems: their refused rows, and the same sheet in every form it is saved in."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest

from connectors import formats, registry
from connectors.protocol import Draft, NotUnderstood

REFUSED = [
    (dialect, sample)
    for dialect in registry.CONNECTORS
    for sample in sorted((registry.system(dialect).folder / "samples").glob("refused.*"))
    if not sample.name.endswith(".reasons.json")
]


def reason(dialect: str, row: formats.Row) -> dict[str, object]:
    """What the sender of *row* is told."""
    with pytest.raises(NotUnderstood) as caught:
        if row.error is not None:
            raise row.error
        assert row.record is not None
        registry.dialect(dialect).read(row.record)
    said = caught.value.as_reason()
    return {"row": row.number, **{key: said[key] for key in ("field", "value", "detail", "suggestion") if key in said}}


def in_file(dialect: str, path: Path) -> list[Draft]:
    """The events of *path*, as a file drop reads it."""
    system = registry.system(dialect)
    with path.open("rb") as file:
        rows = list(formats.rows(formats.for_file(system.format, path.name), file))
    assert all(row.error is None for row in rows)
    return [draft for row in rows if row.record is not None for draft in system.dialect.read(row.record)]


@pytest.mark.parametrize(("dialect", "sample"), REFUSED, ids=[dialect for dialect, _ in REFUSED])
def test_each_row_says_what_is_wrong_with_it(dialect: str, sample: Path) -> None:
    """Field, value, sentence and advice stand beside the sample, as the bureau's staff will see them."""
    told = [reason(dialect, row) for row in registry.rows(dialect, sample.read_bytes())]

    assert told == orjson.loads(sample.with_suffix(".reasons.json").read_bytes())


@pytest.mark.parametrize("name", ["plans.xls", "plans.tsv"])
def test_the_same_sheet_in_another_form_is_the_same_events(name: str) -> None:
    """True date cells, typed dates and empty cells included."""
    samples = registry.system("nyncj-xlsx").folder / "samples"

    assert in_file("nyncj-xlsx", samples / name) == in_file("nyncj-xlsx", samples / "plans.xlsx")


def test_an_old_terminals_empty_fields_are_absent() -> None:
    """Every field of the code book is there, most with nothing in it."""
    path = registry.system("sthjj-jsonl").folder / "samples/old-terminals.jsonl"
    result, case, decision = in_file("sthjj-jsonl", path)

    assert not {"orderToCorrect", "enterpriseRating"} & set(result.data)
    assert case.data["subject"] == {"subjectType": "PERSON", "name": "车某某"}
    assert (decision.data["fineFen"], "confiscateFen" in decision.data) == (1_250_000, False)


def test_an_instant_of_the_gis_platform_may_fall_on_another_day() -> None:
    """UTC in the evening is the next day here; a day without a time stays what it is."""
    path = registry.system("zrghj-json").folder / "samples/trouble.json"
    plan, survey, decision = in_file("zrghj-json", path)

    assert plan.data["submittedAt"] == "2026-03-04T01:05:00+08:00"
    assert plan.data["window"] == {"from": "2026-03-16", "to": "2026-03-20"}
    assert survey.data["endedAt"] == "2026-03-17T09:00:00+08:00"
    assert decision.data["decidedAt"] == "2026-03-06T00:00:00+08:00"
    assert (decision.data["fineFen"], decision.data["confiscateFen"]) == (1_250_500_000, 350_000)


def test_a_construction_site_is_the_site_and_its_builder_the_subject() -> None:
    """The system of 住建 knows projects only."""
    path = registry.system("zjj-xml").folder / "samples/site-supervision.xml"
    plan = in_file("zjj-xml", path)[0]

    assert plan.data["siteCode"] == "ZJXM-2025-0107"
    assert plan.data["subject"]["name"] == "贵阳南明虚构建筑工程有限公司"
    assert plan.data["unannounced"] is False


def test_a_workbook_is_opened_in_a_file_drop_and_nowhere_else() -> None:
    """At the door and in the log it is no record: opening one there would hold up everybody."""
    system = registry.system("nyncj-xlsx")
    book = (system.folder / "samples/plans.xlsx").read_bytes()
    [row, *_] = registry.rows("nyncj-xlsx", book)
    assert row.record is not None

    with pytest.raises(NotUnderstood):
        registry.read("nyncj-xlsx", book, "text/csv", logged=True)
    as_logged = formats.logged(system.format).encode([row.record])
    assert registry.read("nyncj-xlsx", as_logged, "text/csv", logged=True) == registry.read("nyncj-xlsx", book)[:1]
