"""Well-formed data for any event type, drawn from its schema."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from hub.canonical.catalogue import EventType, Field, Record
from hub.canonical.check import LARGEST_INT

USCC = "91520100MA6A000230"
DT = "2026-03-02T09:00:00+08:00"
_FORMS = {
    "dt": st.just(DT),
    "date": st.sampled_from(["2026-03-10", "2028-02-29"]),
    "dateOrDt": st.sampled_from([DT, "2026-03-10"]),
    "uscc": st.sampled_from([USCC, "91350100M000100Y43"]),
    "idNo": st.just("11010519491231002X"),
    "party": st.sampled_from(["GY-YJJ", "YY-GAFJ"]),
}
_TEXT = st.text(max_size=80) | st.just("长" * 200)
_INT = st.integers(-LARGEST_INT, LARGEST_INT)


def data_of(event_type: EventType) -> st.SearchStrategy[dict[str, Any]]:
    """Data with every mandatory field and any of the others."""
    return _record(event_type.record)


def _record(record: Record) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(
        {f.name: _field(f) for f in record.fields if f.mandatory},
        optional={f.name: _field(f) for f in record.fields if not f.mandatory},
    )


def _field(field: Field) -> st.SearchStrategy[Any]:
    one = _one(field)
    return st.lists(one, max_size=3) if field.many else one


def _one(field: Field) -> st.SearchStrategy[Any]:
    if field.record is not None:
        return _record(field.record)
    if field.enum:
        return st.sampled_from(field.enum)
    if field.kind == "int":
        return _INT
    if field.kind == "bool":
        return st.booleans()
    return _FORMS.get(field.form, _TEXT)
