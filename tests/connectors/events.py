"""Strategies: any event that a schema allows, with the fields a projection may have dropped."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from hypothesis import strategies as st

from hub.canonical.catalogue import EventType, Field, Record
from hub.canonical.identifiers import uscc_check_char

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), min_size=1, max_size=12)
#: What XML cannot carry is a law of XML, not of a mapping.
XML_TEXT = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], include_characters="\n\t", exclude_characters="\ufffe\uffff"),
    min_size=1,
    max_size=12,
)

DAYS = st.dates(date(1900, 1, 1), date(2199, 12, 31)).map(date.isoformat)
INSTANTS = st.datetimes(datetime(1900, 1, 2), datetime(2199, 12, 31, 23, 59, 59)).map(
    lambda t: f"{t:%Y-%m-%dT%H:%M:%S}+08:00"
)
USCCS = st.text("0123456789ABCDEFGHJKLMNPQRTUWXY", min_size=17, max_size=17).map(
    lambda text: text + uscc_check_char(text)
)
INTS = st.integers(-(2**53) + 1, 2**53 - 1)


#: In every projection that carries the event's own content, so that a dialect may leave them out where they are the usual ones.
KEPT = frozenset(
    {"agency", "principal", "outcome", "type", "mode", "tier", "subjectType", "purpose", "unannounced", "procedure"}
)


def events(event_type: EventType, texts: st.SearchStrategy[str]) -> st.SearchStrategy[dict[str, Any]]:
    """Data of *event_type*: any field but `KEPT` may be missing, as in a delivery."""
    return _record(event_type.record, texts)


def _record(record: Record, texts: st.SearchStrategy[str]) -> st.SearchStrategy[dict[str, Any]]:
    kept = {field.name: _field(field, texts) for field in record.fields if field.name in KEPT}
    rest = {field.name: _field(field, texts) for field in record.fields if field.name not in KEPT}
    return st.fixed_dictionaries(kept, optional=rest)


def _field(field: Field, texts: st.SearchStrategy[str]) -> st.SearchStrategy[Any]:
    one = _one(field, texts)
    return st.lists(one, max_size=3) if field.many else one


def _one(field: Field, texts: st.SearchStrategy[str]) -> st.SearchStrategy[Any]:
    if field.record is not None:
        # a block with nothing in it is not an event's: the projection drops it
        return _record(field.record, texts).filter(bool)
    if field.enum:
        return st.sampled_from(field.enum)
    by_form: Mapping[str, st.SearchStrategy[Any]] = {
        "dt": INSTANTS,
        "date": DAYS,
        "dateOrDt": DAYS | INSTANTS,
        "uscc": USCCS,
    }
    by_kind: Mapping[str, st.SearchStrategy[Any]] = {"int": INTS, "bool": st.booleans(), "string": texts}
    return by_form[field.form] if field.form in by_form else by_kind[field.kind]
