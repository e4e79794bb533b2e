"""Lists in numbered columns, and days as databases and papers spell them."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given

from connectors import registry
from connectors.mapping import journey
from connectors.mapping.moments import reader, writer
from connectors.mapping.unfit import Unfit
from connectors.protocol import Envelope, NotUnderstood
from tests.connectors.events import DAYS
from tests.connectors.test_laws import QUICK

JTW = registry.system("jtw-csv")
PLAN = next(
    row.record
    for row in registry.rows("jtw-csv", (JTW.folder / "samples/plans.csv").read_bytes())
    if row.record is not None
)


def items(**changes: str) -> Any:
    [draft] = JTW.dialect.read({**PLAN, **changes})
    return draft.data.get("items")


def test_the_count_says_how_many_there_are() -> None:
    assert [each["code"] for each in items()] == ["DL-011", "DL-034"]
    assert [each["code"] for each in items(ITEM_CNT="")] == ["DL-011", "DL-034"]
    emptied = {name: "" for name in PLAN if name.startswith("ITEM_")}
    assert items(**emptied) is None
    assert items(**emptied | {"ITEM_CNT": "0"}) == []


@pytest.mark.parametrize("count", ["1", "3", "6", "two", "-1", "999"])
def test_a_count_that_is_not_theirs_is_refused_at_its_column(count: str) -> None:
    with pytest.raises(NotUnderstood) as caught:
        items(ITEM_CNT=count)
    assert (caught.value.source, caught.value.value) == ("ITEM_CNT", count)


def test_a_gap_is_refused_without_a_count_too() -> None:
    moved = {name.replace("_2", "_3"): value for name, value in PLAN.items() if name.endswith("_2") and "ITEM" in name}
    emptied = {name: "" for name in PLAN if name.endswith("_2") and "ITEM" in name}
    with pytest.raises(NotUnderstood):
        items(**emptied, **moved, ITEM_CNT="")


def test_a_wrong_value_is_said_at_its_numbered_column() -> None:
    with pytest.raises(NotUnderstood) as caught:
        items(ITEM_LVL_CD_2="P")
    assert caught.value.source == "ITEM_LVL_CD_2"


def test_a_list_longer_than_the_columns_goes_out_as_a_notice() -> None:
    data = {"planId": "P", "items": [{"code": str(number)} for number in range(6)]}

    written = JTW.dialect.write("inspection.plan.submitted", data, Envelope("1"))

    assert written is not None
    assert written["MSG_TYP_CD"] == "NTF"


def test_explain_leads_each_column_to_its_entry() -> None:
    legs = {leg.source: (leg.field, leg.result) for leg in journey.journey(JTW.dialect, PLAN)}

    assert legs["ITEM_CD_2"] == ("items[1].code", "DL-034")
    assert legs["ITEM_CNT"][0] == "items"


def test_no_column_is_longer_than_the_database_allows() -> None:
    names = {path for message in JTW.dialect.messages.values() for path in message.names.paths()}
    assert all(re.fullmatch("[A-Z][A-Z0-9_]{0,29}", name) for name in names)


FORMS = [["%d-%b-%y", "%d-%b-%Y"], ["%OY年%Om月%Od日"], ["%-m/%-d/%Y"]]


@pytest.mark.parametrize("forms", FORMS, ids=lambda forms: forms[0])
@QUICK
@given(day=DAYS)
def test_a_day_comes_back_whatever_its_spelling(forms: list[str], day: str) -> None:
    assert reader(forms)(writer(forms)(day)) == day


@pytest.mark.parametrize(
    ("forms", "written", "day"),
    [
        (FORMS[0], "09-MAR-26", "2026-03-09"),
        (FORMS[0], "09-mar-49", "2049-03-09"),
        (FORMS[0], "31-DEC-50", "1950-12-31"),
        (FORMS[1], "二〇二六年三月九日", "2026-03-09"),
        (FORMS[1], "二○○九年十月二十一日", "2009-10-21"),
        (FORMS[1], "二零二六年十二月三十日", "2026-12-30"),
        (FORMS[2], "3/9/2026", "2026-03-09"),
    ],
)
def test_a_spelling_is_read(forms: list[str], written: str, day: str) -> None:
    assert reader(forms)(written) == day


def test_two_digits_are_never_written_for_another_century() -> None:
    assert writer(FORMS[0])("1930-12-31") == "31-DEC-1930"
    with pytest.raises(Unfit):
        writer(["%d-%b-%y"])("1930-12-31")


@pytest.mark.parametrize(
    ("forms", "written"),
    [
        (FORMS[0], "30-FEB-26"),
        (FORMS[0], "09-MRZ-26"),
        (FORMS[0], "09-三月-26"),
        (FORMS[1], "二〇二六年十三月一日"),
        (FORMS[1], "二〇二六年二月三十日"),
        (FORMS[1], "二千零二十六年三月九日"),
        (FORMS[2], "13/9/2026"),
    ],
)
def test_no_such_day(forms: list[str], written: str) -> None:
    with pytest.raises(Unfit):
        reader(forms)(written)
