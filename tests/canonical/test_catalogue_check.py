"""What is well formed: each question of `check`, asked once with the right answer and once with each wrong one."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from hub.canonical.catalogue import Catalogue
from hub.canonical.check import check, check_secrecy
from hub.canonical.refused import Refused

CATALOGUE = Catalogue.load()
USCC = "91520100MA6A000230"
DT = "2026-03-02T09:00:00+08:00"
OFFICERS = [{"name": "甲", "certNo": "1"}, {"name": "乙", "certNo": "2"}]
ABSENT = object()

PLAN: dict[str, Any] = {
    "planId": "P1",
    "submittedAt": DT,
    "version": 1,
    "agency": "GY-YJJ",
    "type": "DAILY",
    "subject": {"subjectType": "ENT", "name": "某公司", "uscc": USCC},
    "siteCode": "S1",
    "items": [{"catalogue": "QZ", "code": "Y1", "tier": "CITY"}],
    "window": {"from": "2026-03-10", "to": "2026-03-13"},
    "mode": "ONSITE",
    "state": "SUBMITTED",
    "unannounced": False,
}
GOOD: dict[str, dict[str, Any]] = {
    "inspection.plan.submitted": PLAN,
    "inspection.code.requested": {"uscc": USCC, "jointId": "J1", "requestedAt": DT},
    "inspection.visit.recorded": {
        "uscc": USCC,
        "visitId": "V1",
        "startedAt": DT,
        "agency": "GY-YJJ",
        "siteCode": "S1",
        "purpose": "INSPECTION",
        "officers": OFFICERS,
    },
    "matter.ruling.made": {
        "correlationId": "MT-1",
        "applicationId": "A1",
        "decidedAt": DT,
        "rulingNo": "R1",
        "kind": "ALLOW",
        "executor": "GOV",
    },
    "matter.minute.issued": {
        "correlationId": "MT-1",
        "disputeId": "D1",
        "minuteNo": "M1",
        "issuedAt": DT,
        "sealedBy": "GY-SFJ",
        "tasks": [{"taskId": "T1", "task": "t", "dueDate": "2026-04-01", "standard": "s", "unit": "GY-YJJ"}],
    },
    "matter.suspicion.reported": {
        "correlationId": "MT-1",
        "reportId": "R1",
        "reportedAt": DT,
        "principal": "GY-YJJ",
        "team": OFFICERS,
    },
    "matter.access.requested": {
        "correlationId": "MT-1",
        "requestId": "Q1",
        "requestedAt": DT,
        "purpose": "p",
        "searchBy": "ID_NUMBER",
        "idNo": "11010519491231002X",
    },
    "matter.decision.made": {
        "correlationId": "MT-1",
        "caseNo": "C1",
        "decisionNo": "D1",
        "decidedAt": DT,
        "kinds": ["FINE"],
        "fineFen": 100,
        "basis": ["b"],
    },
    "clock.calendar.loaded": {
        "year": 2027,
        "loadedAt": DT,
        "noticeNo": "n",
        "offDays": ["2027-01-01"],
        "workDays": [],
    },
}


def put(data: dict[str, Any], pointer: str, value: object) -> dict[str, Any]:
    changed = copy.deepcopy(data)
    *path, last = pointer.removeprefix("/").split("/")
    place: Any = changed
    for step in path:
        place = place[int(step)] if isinstance(place, list) else place[step]
    if value is ABSENT:
        del place[last]
    elif isinstance(place, list):
        place[int(last)] = value
    else:
        place[last] = value
    return changed


@pytest.mark.parametrize("name", GOOD)
def test_what_is_right_passes(name: str) -> None:
    check(CATALOGUE[name], GOOD[name])


PLAN_NAME = "inspection.plan.submitted"
WRONG = [
    (PLAN_NAME, "/planId", ABSENT, "/planId"),
    (PLAN_NAME, "/planId", None, "/planId"),
    (PLAN_NAME, "/planId", 7, "/planId"),
    (PLAN_NAME, "/mystery", "x", "/mystery"),
    (PLAN_NAME, "/a~b", "x", "/a~0b"),
    (PLAN_NAME, "/version", True, "/version"),
    (PLAN_NAME, "/version", 1.0, "/version"),
    (PLAN_NAME, "/version", "1", "/version"),
    (PLAN_NAME, "/version", 2**53, "/version"),
    (PLAN_NAME, "/version", -(2**53), "/version"),
    (PLAN_NAME, "/unannounced", 0, "/unannounced"),
    (PLAN_NAME, "/mode", "ON_SITE", "/mode"),
    (PLAN_NAME, "/mode", ["ONSITE"], "/mode"),
    (PLAN_NAME, "/deploymentNo", None, "/deploymentNo"),
    (PLAN_NAME, "/submittedAt", "2026-03-02T09:00:00Z", "/submittedAt"),
    (PLAN_NAME, "/submittedAt", "2026-03-02T09:00:00+00:00", "/submittedAt"),
    (PLAN_NAME, "/submittedAt", "2026-03-02T09:00:00.000+08:00", "/submittedAt"),
    (PLAN_NAME, "/submittedAt", "2026-03-02 09:00:00+08:00", "/submittedAt"),
    (PLAN_NAME, "/submittedAt", "2026-02-29T09:00:00+08:00", "/submittedAt"),
    (PLAN_NAME, "/submittedAt", "2026-03-02T24:00:00+08:00", "/submittedAt"),
    (PLAN_NAME, "/submittedAt", "2026-03-02T09:00:60+08:00", "/submittedAt"),
    (PLAN_NAME, "/submittedAt", "0001-01-01T00:00:00+08:00", "/submittedAt"),
    (PLAN_NAME, "/submittedAt", "２０26-03-02T09:00:00+08:00", "/submittedAt"),
    (PLAN_NAME, "/submittedAt", DT + "\n", "/submittedAt"),
    (PLAN_NAME, "/window/from", "2026-03-14", "/window/from"),
    (PLAN_NAME, "/window/to", "2026-02-30", "/window/to"),
    (PLAN_NAME, "/window/to", "2026-3-13", "/window/to"),
    (PLAN_NAME, "/window", [], "/window"),
    (PLAN_NAME, "/items", {}, "/items"),
    (PLAN_NAME, "/items/0", "Y1", "/items/0"),
    (PLAN_NAME, "/items/0/tier", "TOWN", "/items/0/tier"),
    (PLAN_NAME, "/items/0/extra", 1, "/items/0/extra"),
    (PLAN_NAME, "/subject/uscc", USCC[:17] + "1", "/subject/uscc"),
    (PLAN_NAME, "/subject/uscc", ABSENT, "/subject/uscc"),
    (PLAN_NAME, "/subject/idNo", "110105194912310021", "/subject/idNo"),
    (PLAN_NAME, "/subject/birthDate", "1990-13-01", "/subject/birthDate"),
    (PLAN_NAME, "/type", "CASE", "/trigger"),
    (PLAN_NAME, "/state", "APPROVED", "/approvedAt"),
    (PLAN_NAME, "/officers", OFFICERS[:1], "/officers"),
    (PLAN_NAME, "/officers", [], "/officers"),
    ("inspection.code.requested", "/planId", "P1", "/jointId"),
    ("inspection.code.requested", "/jointId", ABSENT, "/jointId"),
    ("inspection.visit.recorded", "/purpose", "INVESTIGATION", "/caseNo"),
    ("inspection.visit.recorded", "/officers", OFFICERS[:1], "/officers"),
    ("inspection.visit.recorded", "/officers/1/certNo", ABSENT, "/officers/1/certNo"),
    ("matter.ruling.made", "/executor", ABSENT, "/executor"),
    ("matter.minute.issued", "/sealedBy", "GY-LXHY", "/sealedBy"),
    ("matter.minute.issued", "/tasks/0/dueDate", "soon", "/tasks/0/dueDate"),
    ("matter.suspicion.reported", "/team", OFFICERS[:1], "/team"),
    ("matter.access.requested", "/idNo", "520102199001010019", "/idNo"),
    ("matter.access.requested", "/correlationId", "", ""),
    ("matter.decision.made", "/kinds/0", "PRAISE", "/kinds/0"),
    ("clock.calendar.loaded", "/offDays/0", "2027-02-29", "/offDays/0"),
]


@pytest.mark.parametrize(("name", "place", "value", "pointer"), WRONG)
def test_what_is_wrong_is_refused_at_its_place(name: str, place: str, value: object, pointer: str) -> None:
    with pytest.raises(Refused) as refused:
        check(CATALOGUE[name], put(GOOD[name], place, value))

    assert (refused.value.code, refused.value.pointer) == ("INVALID_FIELD", pointer)
    assert refused.value.detail
    assert refused.value.detail_en


@pytest.mark.parametrize("data", [None, [], "text", 7])
def test_what_is_no_object_is_refused(data: Any) -> None:
    with pytest.raises(Refused, match="INVALID_FIELD"):
        check(CATALOGUE[PLAN_NAME], data)


@pytest.mark.parametrize("trigger", ["COMPLAINT", "ASSIGNED", "MONITORING", "EMERGENCY", "REQUEST"])
def test_a_case_plan_has_one_of_five_triggers(trigger: str) -> None:
    check(CATALOGUE[PLAN_NAME], {**PLAN, "type": "CASE", "trigger": trigger})


@pytest.mark.parametrize("trigger", ["PLAN", "RANDOM"])
def test_a_case_plan_is_not_triggered_by_the_annual_plan(trigger: str) -> None:
    with pytest.raises(Refused):
        check(CATALOGUE[PLAN_NAME], {**PLAN, "type": "CASE", "trigger": trigger})


def test_refusals_never_repeat_what_was_sent() -> None:
    with pytest.raises(Refused) as refused:
        check(CATALOGUE["matter.access.requested"], put(GOOD["matter.access.requested"], "/idNo", "520102199001010019"))

    assert "520102199001010019" not in f"{refused.value} {refused.value.detail} {refused.value.detail_en}"


@pytest.mark.parametrize("mark", ["绝密★", "机密★", "秘密★"])
def test_a_mark_of_secrecy_is_found_at_any_depth(mark: str) -> None:
    with pytest.raises(Refused) as refused:
        check_secrecy(put(PLAN, "/items/0/name", f"……{mark}五年"))

    assert (refused.value.code, refused.value.pointer) == ("SECRET_MARKED", "/items/0/name")


def test_a_star_alone_is_no_secret() -> None:
    check_secrecy(put(PLAN, "/subject/name", "五★饭店，商业秘密"))
