"""The catalogue says of each event what the contract says."""

from __future__ import annotations

import pytest

from hub.canonical.catalogue import Catalogue, EventType

CATALOGUE = Catalogue.load()


def test_it_holds_every_event_type_and_is_read_once() -> None:
    assert len(CATALOGUE) == 135
    assert Catalogue.load() is CATALOGUE


def test_ids_are_found_again() -> None:
    for event in CATALOGUE.values():
        assert CATALOGUE.by_id[event.schema_id] is event


@pytest.mark.parametrize(
    ("name", "data", "key"),
    [
        ("inspection.plan.approved", {"uscc": "91520100MA6A000230"}, "91520100MA6A000230"),
        ("inspection.plan.submitted", {"subject": {"uscc": "91520100MA6A000230"}}, "91520100MA6A000230"),
        ("inspection.plan.submitted", {"subject": {}}, ""),
        ("inspection.plan.submitted", {}, ""),
        ("matter.case.filed", {"correlationId": "MT-1"}, "MT-1"),
        ("complaint.ticket.received", {"complaintId": "CP-1"}, "CP-1"),
        ("clock.started", {"key": "MT-1"}, "MT-1"),
        ("clock.calendar.loaded", {"year": 2027}, "2027"),
        ("receipt.ingress.refused", {"eventId": "e1"}, "e1"),
    ],
)
def test_the_key_is_in_the_data(name: str, data: dict[str, object], key: str) -> None:
    assert CATALOGUE[name].key_of(data) == key


@pytest.mark.parametrize(
    ("name", "field"),
    [
        ("inspection.plan.amended", "amendedAt"),
        ("matter.lead.filed", "decidedAt"),
        ("matter.referral.sent", "servedAt"),
        ("matter.lead.transferred", "transferredAt"),
        ("matter.relief.opened", "openedAt"),
        ("clock.met", "startedAt"),
        ("matter.alarm.raised", ""),
    ],
)
def test_legal_time_is_the_first_mandatory_datetime(name: str, field: str) -> None:
    event = CATALOGUE[name]

    assert event.legal_time_field == field
    assert event.legal_time({field: "T"} if field else {}) == ("T" if field else "")


def field(event: EventType, *path: str):  # type: ignore[no-untyped-def]
    fields = event.fields
    for name in path:
        found = next(each for each in fields if each.name == name)
        fields = found.record.fields if found.record else ()
    return found


def test_a_blocks_class_adds_to_its_fields() -> None:
    duty, lead = CATALOGUE["matter.dutycrime.reported"], CATALOGUE["matter.lead.transferred"]

    assert field(duty, "subjects").classes == {"w", "p"}
    assert field(duty, "subjects", "uscc").classes == {"w", "p"}
    assert field(duty, "subjects", "birthDate").classes == {"w", "p", "s"}
    assert field(lead, "subjects", "phone").classes == {"w", "p"}
    assert field(lead, "leadId").classes == frozenset()
    assert field(lead, "informantRef").classes == {"i"}


def test_a_persons_name_and_address_are_personal() -> None:
    subject = field(CATALOGUE["matter.case.filed"], "subject").record

    assert {each.name for each in subject.fields if each.person_classes == {"p"}} == {"name", "address"}


def test_conditional_fields_are_optional_by_form() -> None:
    trigger = field(CATALOGUE["inspection.plan.submitted"], "trigger")

    assert (trigger.conditional, trigger.mandatory) == (True, False)
    assert trigger.enum[:2] == ("COMPLAINT", "ASSIGNED")
