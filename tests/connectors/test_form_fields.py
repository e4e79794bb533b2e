"""Web forms: names in brackets both ways, and what a form may not be."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors import registry
from connectors.formats import limits, make
from connectors.protocol import NotUnderstood
from hub.gateway import dialects
from tests.connectors.events import TEXT
from tests.connectors.test_laws import QUICK

FORM = make({"kind": "form", "batch": "record"})
NAMES = st.text(st.characters(categories=["L"]), min_size=1, max_size=6)
CONTENT = st.recursive(
    TEXT | st.just(""),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, min_size=1, max_size=3),
    max_leaves=12,
)
RECORDS = st.dictionaries(NAMES.filter(lambda name: name != "record"), CONTENT, min_size=1, max_size=4)


@QUICK
@given(records=st.lists(RECORDS, min_size=1, max_size=3))
def test_what_is_written_is_read_back(records: list[dict[str, object]]) -> None:
    """One record alone, several as a batch."""
    assert [row.record for row in FORM.decode(FORM.encode(records))] == records


@pytest.mark.parametrize(
    ("body", "record"),
    [
        (b"a=1&b=", {"a": "1", "b": ""}),
        (b"a=1+2%2B3%20%E4%B8%AD\r\n", {"a": "1 2+3 中"}),
        (b"plan%5Bno%5D=1&plan[to]=2", {"plan": {"no": "1", "to": "2"}}),
        (b"i[1][c]=y&i[0][c]=x", {"i": [{"c": "x"}, {"c": "y"}]}),
        (b"i[]=&a=1", {"i": [], "a": "1"}),
        (b"a==", {"a": "="}),
    ],
)
def test_a_form_is_one_record(body: bytes, record: dict[str, object]) -> None:
    [row] = FORM.decode(body)
    assert row.record == record


def test_a_broken_record_of_a_batch_costs_only_itself() -> None:
    rows = FORM.decode(b"record[0][a]=1&record[1]=2&record[2][a]=3")

    assert [row.record for row in rows] == [{"a": "1"}, None, {"a": "3"}]
    assert rows[1].error is not None
    assert rows[1].error.source == "record[1]"


HOSTILE = {
    "nothing": b"",
    "no pair": b"a&b=1",
    "no name": b"=1",
    "name twice": b"a=1&a=2",
    "entry twice": b"i[0]=1&i[0]=2",
    "value and object": b"a=1&a[b]=2",
    "object and value": b"a[b]=2&a=1",
    "list and object": b"i[0]=1&i[x]=2",
    "a gap": b"i[0]=1&i[2]=2",
    "a far number": b"i[4000000000]=1&i[0]=2",
    "a number with a zero before it": b"i[00]=1&i[0]=2",
    "an entry without number": b"i[]=1",
    "an open bracket": b"a[b=1",
    "brackets inside": b"a[b[c]]=1",
    "text behind brackets": b"a[b]c=1",
    "brackets first": b"[a]=1",
    "torn percent": b"a=%4",
    "percent and letters": b"a=%zz",
    "not UTF-8": b"a=%D6%D0",
    "raw GBK": b"a=\xd6\xd0",
    "NUL": b"a=%00",
    "overlong UTF-8": b"a=%C0%AF",
    "surrogate": b"a=%ED%A0%80",
    "1001 fields": b"&".join(b"a%d=1" % number for number in range(1001)),
    "a million separators": b"&" * 1_000_000,
    "deep": b"a" + b"[b]" * 50 + b"=1",
    "long name": b"a" * 300 + b"=1",
    "large": b"a=" + b"x" * limits.FORM_BYTES,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_it_is_refused_with_a_reason(name: str) -> None:
    started = time.perf_counter()

    with pytest.raises(NotUnderstood) as caught:
        registry.read("wlj-form", HOSTILE[name])

    reason = caught.value.as_reason()
    assert reason["code"] == "INVALID_FIELD"
    assert reason["detailEn"]
    assert time.perf_counter() - started < 1.0


def test_a_thousand_fields_are_a_form() -> None:
    assert len(FORM.decode(b"&".join(b"a%d=1" % number for number in range(1000)))[0].record or ()) == 1000


def test_the_door_reads_forms_of_this_dialect() -> None:
    """With the charset that browsers add; nothing but a form."""
    sample = (registry.system("wlj-form").folder / "samples/plan.form").read_bytes()

    assert dialects.content_types("wlj-form") == ("application/x-www-form-urlencoded",)
    drafts = dialects.read("wlj-form", sample, "application/x-www-form-urlencoded; charset=UTF-8")
    assert drafts is not None
    assert [draft.type for draft in drafts] == ["inspection.plan.submitted"]
    with pytest.raises(NotUnderstood):
        dialects.read("wlj-form", sample, "multipart/form-data")
