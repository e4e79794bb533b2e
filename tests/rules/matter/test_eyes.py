"""Nobody sees of a lead what he may not see: every secret word of every fact is marked, and every copy is searched for it.

The marks are the classes of the catalogue; who may read a mark is written down here from the contract (§9), not from the rules.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from hub import reference
from hub.canonical.catalogue import Catalogue, Field
from hub.canonical.event import Event
from hub.rules.ledger import Refusal, Routed
from hub.rules.pipeline import deliveries
from tests.rules.matter.thread import COURT_PAPERS, PAPERS, SAID, Thread, fact

ORGAN, UNIT = "YY-ZHZFJ", "GY-ZD-YY"
OLD, NEW, OLD_JCY, NEW_JCY = "YY-GAFJ", "NM-GAFJ", "YY-JCY", "NM-JCY"
SENDER, SENT_TO, SENT_UNIT = "BY-GAFJ", "BY-ZHZFJ", "GY-ZD-BY"
CHILD = {"subjectType": "PERSON", "name": "孩子", "isMinor": True, "address": "某处"}
ADULT = {"subjectType": "PERSON", "name": "成人", "isMinor": False, "phone": "13900000000"}
ENT = {"subjectType": "ENT", "name": "企业"}
SEEN = "12-01 10:00"

#: A matter in which everything happens, with a lead that wanders and facts that contradict it.
TOLD: list[tuple[str, str, str, dict[str, Any]]] = [
    ("03-02 10:00", "case.filed", UNIT, {"principal": ORGAN, "subject": ADULT}),
    ("03-03 09:00", "suspicion.reported", UNIT, {"principal": ORGAN}),
    ("03-03 10:00", "transfer.approved", ORGAN, {}),
    ("03-03 11:00", "lead.transferred", UNIT, {"principal": ORGAN, "toPolice": OLD, "divisionCode": "520102", "subjects": [ENT, ADULT, CHILD], "itemList": [{"name": "账册", "qty": 1, "unit": "本"}], "contact": {"name": "某", "phone": "1"}}),
    ("03-03 12:00", "lead.receipted", OLD, {"signer": "某"}),
    ("03-03 13:00", "lead.forwarded", OLD, {"toPolice": NEW}),
    ("03-03 14:00", "lead.receipted", NEW, {"receiptId": "H2"}),
    ("03-03 15:00", "supplement.required", NEW, {}),
    ("03-04 10:00", "supplement.supplied", UNIT, {"materials": [{"kind": "TEST_REPORT", "no": "检1号"}]}),
    ("03-05 10:00", "lead.declined", NEW, {}),
    ("03-06 10:00", "reconsideration.requested", ORGAN, {}),
    ("03-09 10:00", "reconsideration.decided", NEW, {}),
    ("03-11 10:00", "supervision.suggested", ORGAN, {"procuratorate": NEW_JCY}),
    ("03-12 10:00", "reasons.required", NEW_JCY, {}),
    ("03-13 10:00", "reasons.given", NEW, {}),
    ("03-16 10:00", "reasons.accepted", NEW_JCY, {}),
    ("03-17 10:00", "supervision.answered", NEW_JCY, {}),
    ("03-18 10:00", "filing.ordered", NEW_JCY, {}),
    ("03-20 10:00", "lead.filed", NEW, {}),
    ("03-21 10:00", "lead.disclaimed", NEW, {}),
    ("03-21 11:00", "lead.filed", NEW, {"policeDocNo": "又一次"}),
    ("03-23 10:00", "handover.completed", UNIT, {"signer": "某"}),
    ("03-24 10:00", "dutycrime.reported", ORGAN, {"principal": ORGAN, "splitFromLeadId": "L"}),
    ("03-24 11:00", "dutycrime.reported", ORGAN, {"principal": ORGAN, "splitFromLeadId": "L"}),
    ("03-25 10:00", "referral.sent", SENDER, {"toOrgan": SENT_TO, "subject": ENT | {"address": "某路"}, "ccJustice": True}),
    ("03-25 11:00", "referral.redirected", SENT_UNIT, {"toOrgan": "BY-SWJ"}),
    ("03-26 10:00", "referral.replied", "BY-SWJ", {}),
    ("03-27 10:00", "assistance.requested", UNIT, {"requestee": "GY-STHJJ", "personalDataScope": "名单"}),
    ("03-28 10:00", "lead.concluded", NEW, {"outcome": "NOT_PROSECUTED"}),
    ("03-29 10:00", "lead.filed", OLD, {}),
    ("03-30 10:00", "access.requested", "KY-ZHZFJ", {}),
]  # fmt: skip

#: Event → parties that may read its secret words, by the class of the word; a party not named reads none of them.
#: p alone is personal, w a work secret, wp both. "police" = whoever is the current police when the copy is made.
READERS: dict[str, dict[str, set[str]]] = {
    "case.filed": {"p": {ORGAN, UNIT}},
    "suspicion.reported": {"p": {ORGAN, UNIT}},
    "lead.transferred": {
        "w": {ORGAN, UNIT, "police", OLD_JCY, NEW_JCY},
        "p": {ORGAN, UNIT, "police", NEW_JCY},
        "wp": {ORGAN, UNIT, "police", NEW_JCY},
        "i": {"police", NEW_JCY},
    },
    "lead.receipted": {"p": {ORGAN, UNIT}},
    "supplement.supplied": {"w": {"police"}},
    "reconsideration.requested": {"w": {"police"}},
    "supervision.suggested": {"w": {NEW_JCY}},
    "reasons.given": {"w": {NEW_JCY}},
    "supervision.answered": {"w": {ORGAN, UNIT}},
    "handover.completed": {"w": {"police"}, "p": {"police"}},
    "dutycrime.reported": {"wp": {"GY-JW"}},
    "referral.sent": {
        "w": {SENT_TO, SENT_UNIT, "BY-SWJ", "GY-SFJ"},
        "wp": {SENT_TO, SENT_UNIT, "BY-SWJ"},
    },
    "assistance.requested": {"w": {"GY-STHJJ"}},
    "access.requested": {},
}
MARK = re.compile(r"⟦([a-z.]+)/[A-Za-z]+:([wpsi]+)⟧")


def marked(fields: tuple[Field, ...], value: dict[str, Any], name: str) -> dict[str, Any]:
    """*value* with every secret free word replaced by a mark, and informants added wherever the catalogue lets one be named."""
    result = dict(value)
    person = value.get("subjectType") == "PERSON"
    for field in fields:
        classes = field.classes | field.person_classes if person else field.classes
        if field.record is not None and field.name in value:
            inside = value[field.name]
            result[field.name] = (
                [marked(field.record.fields, one, name) for one in inside]
                if field.many
                else marked(field.record.fields, inside, name)
            )
        elif (
            field.kind == "string"
            and classes
            and not (field.form or field.enum)
            and (field.name in value or "i" in classes)
        ):
            word = f"⟦{name}/{field.name}:{''.join(sorted(classes, key='wpsi'.index))}⟧"
            result[field.name] = [word] if field.many else word
    return result


def event(number: int) -> Event:
    at, name, party, said = TOLD[number]
    plain = fact(at, name, party, f"e{number}", said)
    data = marked(Catalogue.load()[plain.type].fields, dict(plain.data), name)
    if name == "lead.transferred":
        data["materials"] = PAPERS  # kinds are no secret words, the form wants them as they are
        data["suspectedCharges"] = [{"name": "⟦lead.transferred/charge:w⟧", "article": "134-1"}]
    return replace(plain, data=data)


EVENTS = [event(number) for number in range(len(TOLD))]


def copies(thread: Thread) -> Iterator[tuple[str, str, str, str, str]]:
    """(event, party, projection, text, current police) of every copy ever made."""
    police = OLD
    for step in thread.all:
        if not isinstance(step, Routed):
            continue
        name = step.event.type.removeprefix("matter.")
        if name == "lead.forwarded" and not step.copy:
            police = step.event.data["toPolice"]
        for copy in deliveries(step):
            yield name, copy.party, copy.projection, json.dumps(copy.data, ensure_ascii=False), police


def involved(thread: Thread) -> set[str]:
    """All who are someone in this matter, and those who hear of missed clocks."""
    named = {
        ORGAN,
        UNIT,
        OLD,
        NEW,
        OLD_JCY,
        NEW_JCY,
        SENDER,
        SENT_TO,
        SENT_UNIT,
        "BY-SWJ",
        "GY-STHJJ",
        "GY-JW",
        "KY-ZHZFJ",
    }
    directory = reference.load().directory
    return named | {"GY-SFJ"} | {superior for party in named if (superior := directory.superior_of(party))}


def check(thread: Thread) -> None:
    everybody = involved(thread)
    forwarded = False
    for name, party, projection, text, police in copies(thread):
        assert party in everybody, (name, party)
        forwarded = forwarded or police == NEW
        for of, classes in MARK.findall(text):
            readers = READERS[of].get(classes, set())
            current = {police} if "police" in readers else set()
            assert party in readers | current, (name, party, projection, of, classes)
            # the names still missing are those of the item list
            assert of == name or (of, name) == ("lead.transferred", "handover.assessed")
        if "孩子" in text or "⟦lead.transferred/facts:" in text:  # a child's name, and the facts of a child's case
            assert projection == "FULL", (name, party)
        if party in (NEW, NEW_JCY):
            assert forwarded, f"{party} hears {name} before it has a part in the matter"
        if party == "GY-SFJ" and not name.startswith("referral.sent"):
            assert projection in ("STUB", "OPEN")
        if name == "dutycrime.reported" or '"DC"' in text:
            assert party in ("GY-JW", ORGAN), (name, party)
        if party == "GY-JW":
            assert name == "dutycrime.reported"


def arrived(order: list[int]) -> Thread:
    thread = Thread()
    for number in order:
        thread.take(EVENTS[number], SEEN)
    thread.wait("12-31 10:00")
    return thread


def test_marks_are_there_to_be_found() -> None:
    thread = arrived(list(range(len(TOLD))))
    refused = [(step.event.type, step.refused.code) for step in thread.all if isinstance(step, Refusal)]
    assert refused == [("matter.lead.filed", "NOT_PERMITTED")]  # by the police that had passed it on
    found = {mark for *_, text, _ in copies(thread) for mark in MARK.findall(text)}
    assert found == {(name, classes) for name, by in READERS.items() for classes, readers in by.items() if readers}
    codes = [made["code"] for made in thread.made("matter.conflict.detected", ever=True)]
    assert sorted(codes) == ["CONTRADICTION", "REPEATED_DIFFERENT", "REPEATED_DIFFERENT"]
    check(thread)


@settings(max_examples=25, deadline=None)
@given(order=st.permutations(range(len(TOLD))))
def test_nobody_sees_more_whatever_arrives_when(order: list[int]) -> None:
    check(arrived(order))


@settings(max_examples=25, deadline=None)
@given(
    party=st.sampled_from(reference.load().directory.codes()),
    name=st.sampled_from(sorted(SAID)),
    before=st.integers(0, len(TOLD)),
)
def test_a_stranger_learns_nothing_by_sending(party: str, name: str, before: int) -> None:
    thread = Thread()
    known = involved(thread)
    for number in range(before):
        thread.take(EVENTS[number], SEEN)
    if party in known:
        return
    said = {"materials": COURT_PAPERS} if name == "application.filed" else {}
    thread.take(fact("03-31 10:00", name, party, "stranger", said), SEEN)
    for step in thread.steps:
        if isinstance(step, Routed) and not step.event.type.startswith("clock."):
            for copy in deliveries(step):
                if copy.party == party:
                    assert not MARK.search(json.dumps(copy.data, ensure_ascii=False)), (name, copy.party)
                    assert step.event.cause == "stranger" or step.event.id == "stranger", step.event.type
