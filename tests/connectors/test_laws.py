"""The laws every dialect keeps, whichever system it is."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors import formats, registry
from connectors.protocol import Draft, Envelope, NotUnderstood
from hub.canonical.catalogue import Catalogue
from tests.connectors.events import TEXT, XML_TEXT, events

ENVELOPE = Envelope("3f2b7a52-0000-5000-8000-000000000001", "GY-GAJ", "LX-1", "2026-03-09T10:00:00+08:00", 7)
QUICK = settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)


def texts(dialect: str) -> st.SearchStrategy[str]:
    return XML_TEXT if dialect.endswith(("xml", "xlsx")) else TEXT


def logged(dialect: str, event: str, sent: dict[str, Any]) -> bytes:
    """*sent* in the bytes of the peer; in place of a workbook its row as it lies in the log: a workbook costs a process."""
    spoken = registry.system(dialect)
    record = spoken.dialect.write(event, sent, ENVELOPE)
    assert record is not None
    return formats.logged(spoken.format).encode([record])


@pytest.mark.parametrize("dialect", registry.CONNECTORS)
@QUICK
@given(data=st.data())
def test_what_is_written_is_read_back(dialect: str, data: st.DataObject) -> None:
    """read(write(event)) == [event], through the bytes of the peer's own format."""
    spoken = registry.system(dialect)
    event = data.draw(st.sampled_from(sorted(spoken.dialect.messages)))
    sent = data.draw(events(Catalogue.load()[event], texts(dialect)))

    [draft] = registry.read(dialect, logged(dialect, event, sent))

    assert draft == Draft(event, sent, ENVELOPE.id, draft.party)


@pytest.mark.parametrize("dialect", registry.CONNECTORS)
@QUICK
@given(data=st.data())
def test_what_has_no_message_becomes_a_notice(dialect: str, data: st.DataObject) -> None:
    """Nothing that a party may see is left out of its deliveries."""
    spoken = registry.system(dialect)
    others = sorted(set(Catalogue.load()) - set(spoken.dialect.messages))
    event = data.draw(st.sampled_from(others))
    sent = data.draw(events(Catalogue.load()[event], texts(dialect)))

    [draft] = registry.read(dialect, logged(dialect, event, sent))
    assert (draft.type, draft.data) == (event, sent)


@settings(QUICK, max_examples=5)
@given(data=st.data())
def test_a_workbook_of_many_events_is_read_back(data: st.DataObject) -> None:
    """One of each kind under the union of their columns, and some that this peer has no message for."""
    spoken = registry.system("nyncj-xlsx")
    sent = {
        event: data.draw(events(Catalogue.load()[event], XML_TEXT))
        for event in [*spoken.dialect.messages, "matter.alarm.raised", "matter.case.filed"]
    }
    records = [spoken.dialect.write(event, each, ENVELOPE) for event, each in sent.items()]

    drafts = registry.read("nyncj-xlsx", spoken.format.encode([record for record in records if record is not None]))

    assert [(draft.type, draft.data) for draft in drafts] == list(sent.items())


@pytest.mark.parametrize("dialect", registry.CONNECTORS)
@QUICK
@given(junk=st.binary(max_size=200))
def test_junk_bytes_are_not_understood(dialect: str, junk: bytes) -> None:
    """Nothing but `NotUnderstood` leaves a format."""
    with suppress(NotUnderstood):
        registry.read(dialect, junk)


ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)


@pytest.mark.parametrize("dialect", registry.CONNECTORS)
@QUICK
@given(data=st.data())
def test_a_record_of_wrong_values_is_not_understood(dialect: str, data: st.DataObject) -> None:
    """Any values under the right names: a draft or `NotUnderstood`, never another error."""
    spoken = registry.system(dialect).dialect
    event = data.draw(st.sampled_from(sorted(spoken.messages)))
    sent = data.draw(events(Catalogue.load()[event], texts(dialect)))
    record: Any = spoken.write(event, sent, ENVELOPE)
    record = data.draw(st.builds(_spoilt, st.just(record), st.randoms(use_true_random=False), ANY))
    with suppress(NotUnderstood):
        spoken.read(record)


def _spoilt(record: Any, random: Any, value: Any) -> Any:
    """*record* with one value somewhere replaced."""
    if isinstance(record, dict) and record:
        name = random.choice(sorted(record))
        return {**record, name: _spoilt(record[name], random, value) if random.random() < 0.7 else value}
    return value
