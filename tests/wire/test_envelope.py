"""CloudEvents 1.0 on Kafka and as JSON: what is written is read, and what the specification forbids is refused."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from typing import Any

import pytest
from msgspec.structs import replace

from hub.canonical.event import SHANGHAI, Event
from hub.wire import envelope
from hub.wire.avro import encode, encode_delivery
from hub.wire.strictjson import read_json
from hub.wire.unreadable import Unreadable
from tests.wire.samples import DT, USCC

DATA = {"uscc": USCC, "planId": "P1", "requestedAt": DT}
EVENT = Event(
    id="e-1",
    type="inspection.code.requested",
    party="GY-YJJ",
    key=USCC,
    time=DT,
    recorded=datetime(2026, 3, 2, 9, 0, 1, 250_000, tzinfo=SHANGHAI),
    data=DATA,
    cause="e-0",
    sequence=7,
    system="sector",
    basis="筑府办函〔2024〕51号",
)
VALUE = encode(EVENT.type, DATA)
HEADERS = envelope.to_headers(EVENT)
STRUCTURED = (("content-type", b"Application/CloudEvents+json; charset=UTF-8"),)


def changed(**headers: bytes | None) -> list[tuple[str, bytes]]:
    kept = [(name, value) for name, value in HEADERS if name not in headers]
    return kept + [(name, value) for name, value in headers.items() if value is not None]


def body(**attributes: Any) -> bytes:
    content = {**json.loads(envelope.to_json(EVENT)), **attributes}
    return json.dumps({name: value for name, value in content.items() if value is not None}).encode()


def test_the_headers_of_the_contract() -> None:
    assert dict(HEADERS) == {
        "ce_specversion": b"1.0",
        "content-type": b"application/avro",
        "ce_id": b"e-1",
        "ce_source": b"urn:guiyang:GY-YJJ:sector",
        "ce_type": b"cn.guiyang.hub.inspection.code.requested.v1",
        "ce_time": DT.encode(),
        "ce_subject": USCC.encode(),
        "ce_correlationid": USCC.encode(),
        "ce_causationid": b"e-0",
        "ce_recordedtime": b"2026-03-02T09:00:01.250000+08:00",
        "ce_sequence": b"000000000007",
        "ce_fromparty": b"GY-YJJ",
        "ce_dataclassification": b"internal",
        "ce_legalbasis": "筑府办函〔2024〕51号".encode(),
    }


@pytest.mark.parametrize(
    "event", [EVENT, replace(EVENT, realm="s1"), replace(EVENT, cause="", sequence=0, basis="", system="hub")]
)
def test_every_mode_gives_the_event_back(event: Event) -> None:
    key = envelope.kafka_key(event)

    assert envelope.from_record(key, VALUE, envelope.to_headers(event)) == event
    assert envelope.from_record(key, envelope.to_json(event), STRUCTURED) == event
    assert envelope.from_json(envelope.to_json(event)) == event
    assert [envelope.from_structured(o) for o in envelope.read_batch(envelope.to_json_batch([event] * 2))] == [
        event
    ] * 2


def test_the_mode_is_told_by_the_content_type_and_not_by_ce_headers() -> None:
    headers = [*(h for h in HEADERS if h[0] != "content-type"), *STRUCTURED]

    assert envelope.from_record(None, envelope.to_json(EVENT), headers) == EVENT
    assert envelope.is_structured("APPLICATION/CLOUDEVENTS-batch+json")
    assert not envelope.is_structured("application/json")


def test_of_a_header_that_comes_twice_the_last_counts() -> None:
    headers = [("ce_id", b"first"), *HEADERS]

    assert envelope.from_record(None, VALUE, headers).id == "e-1"
    assert envelope.header([*HEADERS, ("ce_id", b"last")], "ce_id") == "last"
    assert envelope.header(HEADERS, "ce_mystery") == ""


def test_a_recorded_time_of_another_offset_is_the_same_instant() -> None:
    event = replace(EVENT, recorded=EVENT.recorded.astimezone(UTC))

    assert dict(envelope.to_headers(event))["ce_recordedtime"].endswith(b"+08:00")
    assert envelope.from_record(None, VALUE, envelope.to_headers(event)) == EVENT


def test_who_sent_it_and_when_are_not_for_the_sender_to_say() -> None:
    now = datetime(2026, 3, 5, tzinfo=SHANGHAI)
    event = envelope.from_record(None, VALUE, HEADERS, foreign=True, party="GY-RSJ", recorded=now)

    assert (event.party, event.recorded) == ("GY-RSJ", now)


def test_a_short_event_from_outside_needs_little() -> None:
    least = {"specversion": "1.0", "id": "x", "source": "urn:guiyang:GY-YJJ:s:1", "type": EVENT.type, "data": DATA}
    now = datetime(2026, 3, 5, tzinfo=SHANGHAI)
    event = envelope.from_structured(least, party="GY-YJJ", recorded=now)

    assert (event.key, event.time, event.system, event.sequence) == (USCC, DT, "s:1", 0)


@pytest.mark.parametrize(
    "headers",
    [
        changed(ce_specversion=b"0.3"),
        changed(ce_specversion=None),
        changed(ce_id=None),
        changed(ce_id=b""),
        changed(ce_source=None),
        changed(ce_source=b"urn:other:GY-YJJ:s"),
        changed(ce_source=b"urn:guiyang:GY-YJJ"),
        changed(ce_type=b"cn.guiyang.hub.inspection.plan.cancelled.v1"),
        changed(ce_subject=b"91350100M000100Y43"),
        changed(ce_recordedtime=None),
        changed(ce_recordedtime=b"2026-03-02T09:00:01"),
        changed(ce_sequence=b"-1"),
        changed(ce_sequence=b"9" * 5_000),
        changed(ce_id=b"\xff"),
    ],
)
def test_envelopes_that_break_the_rules_are_refused(headers: list[tuple[str, bytes]]) -> None:
    with pytest.raises(Unreadable):
        envelope.from_record(None, VALUE, headers)


@pytest.mark.parametrize(("key", "value"), [(b"other", VALUE), (b"s1~" + USCC.encode(), VALUE), (None, None)])
def test_key_and_value_belong_together(key: bytes | None, value: bytes | None) -> None:
    with pytest.raises(Unreadable):
        envelope.from_record(key, value, HEADERS)


def test_a_realm_and_a_key_with_its_mark_are_never_mistaken_for_each_other() -> None:
    keys = {
        envelope.kafka_key(replace(EVENT, realm=realm, key=key))
        for realm, key in [("", "K"), ("a", "b"), ("", "a~b"), ("a", "~b"), ("", "~a~b")]
    }

    assert len(keys) == 5
    assert b"K" in keys
    assert b"a~b" in keys


def test_a_delivery_may_have_lost_its_key() -> None:
    headers = envelope.to_headers(EVENT, projection="OPEN")
    event = envelope.from_record(USCC.encode(), encode_delivery(EVENT.type, {"planId": "P1"}), headers)

    assert event == replace(EVENT, data={"planId": "P1"}, time=DT)


def test_traceparent_passes_untouched() -> None:
    assert ("traceparent", b"00-a-b-01") in envelope.to_headers(EVENT, traceparent="00-a-b-01")


@pytest.mark.parametrize(
    ("name", "projection", "expected"),
    [
        ("inspection.code.requested", "", "internal"),
        ("matter.handover.completed", "", "confidential"),
        ("matter.lead.transferred", "", "restricted"),
        ("matter.lead.transferred", "FULL", "restricted"),
        ("matter.lead.transferred", "WORK", "confidential"),
        ("matter.lead.transferred", "STUB", "internal"),
        ("inspection.code.requested", "WORK", "internal"),
    ],
)
def test_the_classification_follows_the_classes_that_are_left(name: str, projection: str, expected: str) -> None:
    assert envelope.classification(name, projection) == expected


def test_recipients_are_named_in_one_header() -> None:
    pairs = (("GY-GAJ", "FULL"), ("GY-JCY", "SUPER"))

    assert envelope.encode_recipients(pairs) == b"GY-GAJ:FULL,GY-JCY:SUPER"
    assert envelope.decode_recipients(b"GY-GAJ:FULL,GY-JCY:SUPER") == pairs
    assert envelope.decode_recipients(b"") == ()
    for bad in (b"GY-GAJ", b"GY-GAJ:", b":FULL", b"\xff"):
        with pytest.raises(Unreadable):
            envelope.decode_recipients(bad)


@pytest.mark.parametrize(
    "text",
    [
        body(id=7),
        body(data=[]),
        body(data=None),
        body(data_base64="AAAA"),
        body(type="cn.guiyang.hub.matter.unheard.v1"),
        body(subject="other"),
        body(specversion="1.1"),
        body(time=None, source=None),
        b"[]",
        b"{}",
        b"7",
        b"",
    ],
)
def test_objects_that_are_no_event_are_refused(text: bytes) -> None:
    with pytest.raises(Unreadable):
        envelope.from_json(text)


def test_a_batch_is_an_array() -> None:
    with pytest.raises(Unreadable):
        envelope.read_batch(b"{}")


@pytest.mark.parametrize(
    "text",
    [
        b'{"a":1,"a":2}',
        b'{"a":{"b":1,"b":1}}',
        b'{"a" : 1, "a":2}',
        b'{"a":"\\":", "b":1, "b":2}',
        b'{"x":" :", "b" :1, "b":2}',
        b'{"a":NaN}',
        b'{"a":Infinity}',
        b'{"a":"\\ud800"}',
        b'{"a":"\xff"}',
        b"[" * 33 + b"]" * 33,
        b'{"a":' * 33 + b"1" + b"}" * 33,
        b"[" * 100_000,
        b"[" * 100_000 + b"]" * 100_000,
        b'"' + b"a" * (256 * 1024) + b'"',
        b'{"a":1}x',
    ],
)
def test_json_that_two_readers_could_understand_differently_is_refused(text: bytes) -> None:
    before = time.perf_counter()

    with pytest.raises(Unreadable):
        read_json(text)

    assert time.perf_counter() - before <= 0.25


@pytest.mark.parametrize(
    "text",
    [
        '{"a":":","b":"\\":\\"","c":{"a":[{"a":1},{"a":2}]}}',
        '{ "a" : ":" , ":" :\n1 , "\\\\" : "\\\\" }',
        "[" * 32 + "]" * 32,
        '{":":{":":":\\":"}}',
        "7",
    ],
)
def test_ordinary_json_passes(text: str) -> None:
    assert read_json(text.encode()) == json.loads(text)
