"""One record that tells several events: each step its own event, its own id, its own party; what repeats is harmless."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors import registry
from connectors.mapping import MappingInvalid, compare, journey, load
from connectors.mapping.swift import swift
from connectors.protocol import Draft, NotUnderstood
from hub.canonical.catalogue import Catalogue
from tests.connectors.events import TEXT, events
from tests.connectors.interpreter import Interpreter, Refused
from tests.connectors.test_laws import ANY, ENVELOPE, QUICK, _spoilt

SYSTEM = registry.system("rexian-json")
ORDER = [event for event, message in SYSTEM.dialect.messages.items() if message.step]
SAMPLES = orjson.loads((SYSTEM.folder / "samples/orders.json").read_bytes())["orders"]


def work_order(data: st.DataObject) -> Any:
    """An order with any of its steps, of which each was written alone, in one case of two with a wrong value."""
    record: dict[str, Any] = {"biz": "ORDER", "order_id": data.draw(TEXT)}
    for event in data.draw(st.lists(st.sampled_from(ORDER), min_size=1, unique=True)):
        alone = copy.deepcopy(SYSTEM.dialect.write(event, data.draw(events(Catalogue.load()[event], TEXT)), ENVELOPE))
        assert alone is not None
        under = SYSTEM.dialect.messages[event].under
        if alone["biz"] == "ORDER":
            record[under] = alone[under]
    if data.draw(st.booleans()):
        record = data.draw(st.builds(_spoilt, st.just(record), st.randoms(use_true_random=False), ANY))
    return record


@QUICK
@given(data=st.data())
def test_a_record_of_several_steps_means_what_the_file_says(data: st.DataObject) -> None:
    """Compiled, swift or not, and read by the interpreter that shares no code: the same events, ids and parties."""
    record = work_order(data)
    if record.get("biz") != "ORDER":
        return
    try:
        expected: Any = Interpreter(SYSTEM.folder / "mapping.yaml").steps(record)
    except Refused:
        expected = None
    try:
        found: Any = [(each.type, each.own_id, each.party, each.data) for each in SYSTEM.dialect.read(record)]
    except NotUnderstood as error:
        if "no rule names" in error.detail_en:  # the interpreter does not count names
            return
        found = None
    assert found == expected


def drafts(record: dict[str, Any]) -> list[Draft]:
    return list(SYSTEM.dialect.read(record))


def test_three_steps_are_three_events_of_two_parties() -> None:
    told = drafts(SAMPLES[0])

    assert [(each.type, each.own_id, each.party) for each in told] == [
        ("complaint.ticket.received", "GD20260309000123-received", ""),
        ("complaint.ticket.accepted", "GD20260309000123-accepted", "GSH-ZJJ"),
        ("complaint.ticket.answered", "GD20260309000123-answered", "GSH-ZJJ"),
    ]
    times = [Catalogue.load()[each.type].legal_time(each.data) for each in told]
    assert times == sorted(set(times))


def test_a_later_version_repeats_the_former_steps_under_the_same_ids() -> None:
    """So the hub takes each step once, however often the platform sends the order."""
    earlier = {name: value for name, value in SAMPLES[0].items() if name not in {"sign", "reply", "revisit"}}

    assert drafts(earlier) == drafts(SAMPLES[0])[:1]
    assert drafts({**SAMPLES[0], "order_version": 9}) == drafts(SAMPLES[0])


def test_each_event_is_written_as_an_order_of_that_step_alone() -> None:
    for draft in drafts(SAMPLES[0]):
        record = SYSTEM.dialect.write(draft.type, draft.data, ENVELOPE)
        assert record is not None
        assert set(record) & {"call", "sign", "reply"} == {SYSTEM.dialect.messages[draft.type].under}
        assert [(each.type, each.own_id, each.data) for each in SYSTEM.dialect.read(record)] == [
            (draft.type, ENVELOPE.id, draft.data)
        ]


def test_an_order_of_three_steps_is_read_swiftly() -> None:
    for draft in drafts(SAMPLES[0]):
        assert swift(SYSTEM.dialect.messages[draft.type].codec)(SAMPLES[0]) == draft.data


def test_a_verdict_nobody_knows_is_not_passed_over() -> None:
    """The order's other step is understood; silence about this one would be a loss."""
    record = {**SAMPLES[0], "sign": {**SAMPLES[0]["sign"], "verdict": "转办"}}

    with pytest.raises(NotUnderstood) as caught:
        SYSTEM.dialect.read(record)

    assert (caught.value.source, caught.value.value) == ("sign.verdict", "转办")
    assert caught.value.rule.startswith("rexian/mapping.yaml:")


@pytest.mark.parametrize("number", ["", " ", "\r\n", "\u3000", None, 7])
def test_an_order_without_a_number_has_no_id_for_its_steps(number: object) -> None:
    """Or two orders would share one."""
    with pytest.raises(NotUnderstood) as caught:
        SYSTEM.dialect.read({**SAMPLES[0], "order_id": number})
    assert caught.value.source == "order_id"


def test_a_name_too_many_is_found_in_whichever_step_it_stands() -> None:
    for step in ("call", "sign", "reply"):
        with pytest.raises(NotUnderstood, match="no rule names"):
            SYSTEM.dialect.read({**SAMPLES[0], step: {**SAMPLES[0][step], "extra": 1}})


def test_explain_says_which_event_a_value_went_to() -> None:
    legs = journey.journey(SYSTEM.dialect, SAMPLES[0])

    to = {(leg.source, leg.event): (leg.state, leg.field) for leg in legs}
    assert to["reply.time", "complaint.ticket.answered"] == ("mapped", "answeredAt")
    assert {event for source, event in to if source == "order_id"} == {
        "complaint.ticket.received", "complaint.ticket.accepted", "complaint.ticket.answered",
    }  # fmt: skip
    assert to["sign.unit", ""] == ("frame", "")
    assert to["revisit.satisfied", ""] == ("ignored", "")


HEAD = 'mapping: t@1\nformat: {kind: json}\nframe: {kind: k, id: no%s}\nwords: {complaintId: id, acceptedAt: at, endedAt: at, outcome: how}\nrules: {outcome: {cel: \'how == "1" ? "AGREED" : "FAILED"\', in: {how: how}}}\nmessages:\n'
ACCEPTED = "  complaint.ticket.accepted: {kind: W%s}\n"
ENDED = "  complaint.mediation.ended: {kind: W%s}\n"


@pytest.mark.parametrize(
    ("frame", "first", "second", "said"),
    [
        ("", ", step: a, under: x", ", step: b, under: y", "frame needs steps"),
        (", steps: n", ", step: a, under: x", ", step: a, under: y", "a step of its own name"),
        (", steps: n", ", step: a, under: x", "", "a step of its own name"),
        (", steps: n", ", step: a, under: x", ", step: b", "needs under or when"),
    ],
)
def test_wrong_steps_are_found_at_loading(tmp_path: Path, frame: str, first: str, second: str, said: str) -> None:
    path = tmp_path / "mapping.yaml"
    path.write_text(HEAD % frame + ACCEPTED % first + ENDED % second, "utf-8")

    with pytest.raises(MappingInvalid, match=said) as caught:
        load(path, "t")
    assert "line " in str(caught.value)


def test_another_step_or_party_is_a_difference(tmp_path: Path) -> None:
    text = (SYSTEM.folder / "mapping.yaml").read_text("utf-8")
    (tmp_path / "tables").symlink_to(SYSTEM.folder / "tables")
    (tmp_path / "mapping.yaml").write_text(text.replace("party: reply.unit", "party: reply.by"), "utf-8")

    found = [each.place for each in compare.mappings(SYSTEM.dialect, load(tmp_path / "mapping.yaml", "rexian-json"))]

    assert "complaint.ticket.answered kind" in found
