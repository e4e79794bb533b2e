"""The compiled reader against the definition, and both against a plain interpreter of the same file."""

from __future__ import annotations

import copy
import time
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors import registry
from connectors.mapping.swift import swift
from connectors.mapping.unfit import Unfit
from connectors.protocol import NotUnderstood
from hub.canonical.catalogue import Catalogue
from tests.connectors.events import events
from tests.connectors.interpreter import Interpreter, Refused
from tests.connectors.test_laws import ANY, ENVELOPE, QUICK, _spoilt, texts

JSON_SYSTEMS = [name for name in registry.CONNECTORS if name.endswith("json")]


def written_or_spoilt(dialect: str, data: st.DataObject) -> tuple[str, Any]:
    """A record as the system would send it, in one of two cases with a wrong value or a name too many."""
    spoken = registry.system(dialect).dialect
    event = data.draw(st.sampled_from(sorted(spoken.messages)))
    sent = data.draw(events(Catalogue.load()[event], texts(dialect)))
    record = copy.deepcopy(spoken.write(event, sent, ENVELOPE))
    if data.draw(st.booleans()):
        record = data.draw(st.builds(_spoilt, st.just(record), st.randoms(use_true_random=False), ANY))
    return event, record


@pytest.mark.parametrize("dialect", registry.CONNECTORS)
@QUICK
@given(data=st.data())
def test_the_swift_reader_agrees_with_the_definition_or_says_nothing(dialect: str, data: st.DataObject) -> None:
    """Whatever the record holds; where it says nothing, the definition is asked."""
    spoken = registry.system(dialect).dialect
    event, record = written_or_spoilt(dialect, data)
    message = spoken.messages[event]
    body = record.get(spoken.frame.body) if spoken.frame.body else record
    if not isinstance(body, dict):
        return
    quick = swift(message.codec)(body)
    if quick is None:
        return
    assert quick == message.codec.read(body)
    assert list(quick) == list(message.codec.read(body))
    inside = f"{spoken.frame.body}." if spoken.frame.body else ""
    assert [path for path in message.unknown(record) or () if path.startswith(inside)] == []


@pytest.mark.parametrize("dialect", JSON_SYSTEMS)
@QUICK
@given(data=st.data())
def test_a_compiled_mapping_means_what_its_file_says(dialect: str, data: st.DataObject) -> None:
    """Read by an interpreter that shares no code with the compiler."""
    spoken = registry.system(dialect).dialect
    event, record = written_or_spoilt(dialect, data)
    body = record.get(spoken.frame.body) if spoken.frame.body else record
    if not isinstance(body, dict):
        return
    try:
        expected: Any = Interpreter(registry.system(dialect).folder / "mapping.yaml").read(event, body)
    except Refused:
        expected = None
    try:
        found: Any = spoken.messages[event].codec.read(body)
    except Unfit:
        found = None
    assert found == expected


@pytest.mark.parametrize("dialect", registry.CONNECTORS)
def test_every_sample_is_read_swiftly(dialect: str) -> None:
    """Or the swift reader would be a promise that no real record keeps."""
    system = registry.system(dialect)
    swiftly = records = 0
    for sample, _ in system.cases():
        for row in registry.rows(dialect, sample.read_bytes()):
            assert row.record is not None
            for draft in system.dialect.read(row.record):
                message = system.dialect.messages.get(draft.type)
                if message is None:
                    continue
                body = row.record[system.dialect.frame.body] if system.dialect.frame.body else row.record
                records += 1
                swiftly += swift(message.codec)(body) == draft.data
    assert swiftly >= records * 0.5


def test_a_name_too_many_is_never_read_swiftly() -> None:
    """Beside a null as well, where counting alone would be even."""
    system = registry.system("yjj-json")
    document = orjson.loads((system.folder / "samples/results.json").read_bytes())
    quick = swift(system.dialect.messages["inspection.result.recorded"].codec)
    body = document["内容"]
    assert quick(body) is not None
    assert quick({**body, "多余": 1}) is None
    assert quick({**body, "场所编号": None, "多余": 1}) is None
    assert quick({**body, "执法人员": [{**body["执法人员"][0], "多余": 1}]}) is None


def test_the_reference_record_is_read_within_its_budget() -> None:
    """A record with two nested lists, a code table, dates and a block: 3 µs of processor time measured, ten times that allowed on a busy machine."""
    system = registry.system("yjj-json")
    document = orjson.loads((system.folder / "samples/results.json").read_bytes())
    quick = swift(system.dialect.messages["inspection.result.recorded"].codec)
    body, best = document["内容"], 1.0
    for _ in range(100):
        start = time.process_time()
        for _ in range(200):
            quick(body)
        best = min(best, (time.process_time() - start) / 200)
    assert best < 30e-6


def test_an_error_keeps_its_place_line_value_and_advice() -> None:
    """The swift reader gives way to the definition, which says everything."""
    system = registry.system("yjj-json")
    record = orjson.loads((system.folder / "samples/results.json").read_bytes())
    record["内容"]["检查结果明细"][0]["结果"] = "不符和"
    with pytest.raises(NotUnderstood) as caught:
        system.dialect.read(record)
    error = caught.value
    assert (error.source, error.value) == ("内容.检查结果明细[0].结果", "不符和")
    assert error.rule.startswith("yjj/mapping.yaml:")
    assert "不符合" in error.suggestion
