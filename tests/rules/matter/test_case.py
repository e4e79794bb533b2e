"""The case from filing to closing: jurisdiction, guards of the decision, the criminal track, periods that rest (contract §7.1, §7.2)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.rules.matter.thread import DD2, GAJ, YJJ, Thread


def filed(**said: Any) -> Thread:
    thread = Thread()
    assert thread.send("03-02 10:00", "case.filed", DD2, **said) == []
    return thread


# ---- one matter, one principal


@pytest.mark.parametrize("number", ["C", "C2"])
def test_second_principal_is_refused(number: str) -> None:
    thread = filed()
    assert thread.send("03-03 10:00", "case.filed", "GSH-YJJ", principal="GSH-YJJ", caseNo=number) == [
        "DUPLICATE_JURISDICTION"
    ]
    assert list(thread.matter.cases) == ["C"]


def test_earlier_filing_is_told_to_both() -> None:
    thread = filed()
    assert (
        thread.send("03-01 10:00", "case.filed", "GSH-YJJ", principal="GSH-YJJ", caseNo="C2", seen="03-03 10:00") == []
    )
    assert thread.made("matter.conflict.detected")[0]["code"] == "EARLIER_FILING"
    assert thread.told("matter.conflict.detected") == {YJJ: "OPEN", DD2: "OPEN", "GSH-YJJ": "OPEN", "GY-SFJ": "OPEN"}
    assert list(thread.matter.cases) == ["C"]


def test_same_filing_again() -> None:
    thread = filed()
    thread.send("03-02 10:00", "case.filed", YJJ, seen="03-03 10:00")
    assert thread.steps == []
    thread.send("03-02 11:00", "case.filed", YJJ, seen="03-03 10:00")
    assert thread.made("matter.conflict.detected")[0]["code"] == "REPEATED_DIFFERENT"


@pytest.mark.parametrize(
    ("party", "codes"), [(YJJ, []), (DD2, ["NOT_PERMITTED"]), ("GY-SWJ", ["NOT_PERMITTED"]), (GAJ, ["NOT_PERMITTED"])]
)
def test_the_principal_signs(party: str, codes: list[str]) -> None:
    thread = filed()
    thread.send("03-03 10:00", "notice.served", DD2)
    assert thread.send("03-04 10:00", "decision.made", party) == codes


def test_case_handled_by_the_brigade_itself() -> None:
    thread = Thread()
    assert thread.send("03-02 10:00", "case.filed", "GY-ZD", handler="GY-ZD") == []
    assert thread.send("03-03 10:00", "notice.served", DD2) == ["NOT_PERMITTED"]
    assert thread.send("03-03 10:00", "notice.served", "GY-ZD") == []
    assert thread.told("matter.notice.served") == {YJJ: "WORK"}


# ---- guards of the decision, in their order


def test_guards_in_order() -> None:
    thread = filed(reviewClass="MANDATORY_58", majorComplex=True)

    def decide(at: str, **said: Any) -> list[str]:
        return thread.send(at, "decision.made", YJJ, **said)

    thread.send("03-03 09:00", "suspicion.reported", DD2)
    assert decide("03-03 10:00") == ["PENALTY_IN_LIEU"]
    thread.send("03-03 11:00", "transfer.refused", YJJ)
    assert decide("03-03 12:00") == ["NOTICE_MISSING"]
    thread.send("03-04 09:00", "notice.served", DD2, hearingOffered=True)
    assert decide("03-04 10:00") == ["REVIEW_MISSING"]
    thread.send("03-04 11:00", "legality.reviewed", "GY-SFJ")
    assert decide("03-04 12:00") == ["DISCUSSION_MISSING"]
    assert decide("03-11 23:00", collectiveDiscussion=True) == ["TOO_EARLY"]  # five working days end that night
    assert decide("03-12 09:00", collectiveDiscussion=True) == []


def test_what_the_law_wants_first_must_lie_first() -> None:
    thread = filed(reviewClass="MANDATORY_58")
    thread.send("03-10 10:00", "notice.served", DD2)
    thread.send("03-10 11:00", "legality.reviewed", YJJ)
    assert thread.send("03-10 09:00", "decision.made", YJJ, seen="03-10 12:00") == ["NOTICE_MISSING"]
    assert thread.send("03-10 10:30", "decision.made", YJJ, seen="03-10 12:00") == ["REVIEW_MISSING"]
    thread.send("03-10 12:00", "legality.reviewed", YJJ, result="RETURN")
    assert thread.send("03-10 13:00", "decision.made", YJJ) == ["REVIEW_MISSING"]
    assert thread.send("03-10 11:30", "decision.made", YJJ, seen="03-10 14:00") == []


def test_hearing_asked_for_must_be_held() -> None:
    thread = filed()
    thread.send("03-04 09:00", "notice.served", DD2, hearingOffered=True)
    thread.send("03-05 09:00", "hearing.requested", DD2)
    assert thread.clock("P03").state == "MET"
    assert thread.send("03-20 09:00", "decision.made", YJJ) == ["TOO_EARLY"]
    thread.send("03-20 10:00", "hearing.held", YJJ)
    assert thread.send("03-20 11:00", "decision.made", YJJ) == []


@pytest.mark.parametrize(
    ("subject", "fine", "codes"),
    [
        ({"subjectType": "PERSON", "name": "甲"}, 20_000, []),
        ({"subjectType": "PERSON", "name": "甲"}, 20_001, ["SIMPLE_LIMIT"]),
        ({"subjectType": "SELF_EMPLOYED", "name": "某店"}, 300_000, []),
        ({"subjectType": "ORG", "name": "某会"}, 300_001, ["SIMPLE_LIMIT"]),
    ],
)
def test_simple_procedure(subject: dict[str, str], fine: int, codes: list[str]) -> None:
    thread = filed(procedure="SIMPLE", reviewClass="SIMPLE", subject=subject)
    assert thread.send("03-02 11:00", "decision.made", YJJ, fineFen=fine) == codes


# ---- the criminal track

TO_POLICE: list[tuple[str, str, str, dict[str, str]]] = [
    ("03-03 10:00", "lead.transferred", YJJ, {}),
    ("03-03 11:00", "lead.receipted", GAJ, {}),
]
DECLINED = [*TO_POLICE, ("03-04 10:00", "lead.declined", GAJ, {})]
RECONSIDERED = [*DECLINED, ("03-05 10:00", "reconsideration.requested", YJJ, {})]
FILED = [*TO_POLICE, ("03-04 10:00", "lead.filed", GAJ, {})]
RETURNED = [*DECLINED, ("03-05 09:00", "file.returned", GAJ, {})]


@pytest.mark.parametrize(
    ("way", "fine"),
    [
        ([], ""),
        ([("03-03 10:00", "suspicion.reported", DD2, {})], "PENALTY_IN_LIEU"),
        (TO_POLICE, "PENALTY_IN_LIEU"),
        (DECLINED, "PENALTY_IN_LIEU"),
        (RETURNED, ""),
        ([*TO_POLICE, ("03-04 10:00", "lead.disclaimed", GAJ, {})], ""),
        ([*RECONSIDERED, ("03-06 10:00", "reconsideration.decided", GAJ, {})], "PENALTY_IN_LIEU"),
        (
            [
                *RETURNED,
                ("03-05 10:00", "reconsideration.requested", YJJ, {}),
                ("03-06 10:00", "reconsideration.decided", GAJ, {}),
            ],
            "",
        ),
        (
            [
                *RETURNED,
                ("03-05 10:00", "reconsideration.requested", YJJ, {}),
                ("03-06 10:00", "reconsideration.decided", GAJ, {"outcome": "FILED"}),
            ],
            "PENALTY_IN_LIEU",
        ),
        ([*RETURNED, ("03-06 10:00", "filing.ordered", "GY-JCY", {})], "PENALTY_IN_LIEU"),
        (FILED, "PENALTY_IN_LIEU"),
        ([*FILED, ("03-06 10:00", "lead.concluded", GAJ, {"outcome": "CASE_DROPPED"})], ""),
        ([*FILED, ("03-06 10:00", "lead.concluded", "NM-FY", {"outcome": "CONVICTED"})], "FINE_AFTER_CONVICTION"),
        (
            [
                *FILED,
                ("03-06 10:00", "lead.concluded", GAJ, {"outcome": "CONVICTED"}),
                ("03-07 10:00", "suspicion.reported", DD2, {}),
            ],
            "FINE_AFTER_CONVICTION",
        ),
    ],
)
def test_track(way: list[tuple[str, str, str, dict[str, str]]], fine: str) -> None:
    thread = filed()
    thread.send("03-02 11:00", "notice.served", DD2)
    for at, name, party, said in way:
        assert thread.send(at, name, party, **said) == []
    closing = thread.send("03-09 09:00", "case.closed", YJJ)
    assert closing == (["PENALTY_IN_LIEU"] if fine == "PENALTY_IN_LIEU" else [])
    assert thread.send("03-09 10:00", "decision.made", YJJ) == ([fine] if fine else [])
    if fine:
        assert thread.send("03-09 11:00", "decision.made", YJJ, kinds=["WARNING"]) == []


def test_confiscation_after_conviction_is_allowed() -> None:
    thread = filed()
    thread.send("03-02 11:00", "notice.served", DD2)
    for at, name, party, said in [*FILED, ("03-06 10:00", "lead.concluded", GAJ, {"outcome": "CONVICTED"})]:
        thread.send(at, name, party, **said)
    assert thread.send("03-09 11:00", "decision.made", YJJ, kinds=["CONFISCATE"]) == []


# ---- periods


def test_case_period_rests_whatever_arrives_first() -> None:
    facts = [("03-02 10:00", "case.filed", DD2), ("04-01 10:00", "lead.transferred", YJJ), ("04-01 11:00", "lead.receipted", GAJ), ("04-03 10:00", "lead.declined", GAJ), ("05-12 10:00", "file.returned", GAJ)]  # fmt: skip
    for order in ([0, 1, 2, 3, 4], [1, 2, 3, 4, 0], [1, 0, 2, 3, 4], [4, 3, 2, 0, 1]):
        thread = Thread()
        for place in order:
            at, name, party = facts[place]
            assert thread.send(at, name, party, seen="05-12 12:00") == []
        rows = {row.reading: (row.due_at, row.governing) for row in thread.matter.clocks if row.clock == "P01"}
        assert rows == {"SUSPENDED": ("2026-07-13", True), "UNSUSPENDED": ("2026-06-01", False)}, order


def test_policy_may_let_the_period_run() -> None:
    thread = Thread(suspendP01OnTransfer=False)
    thread.send("03-02 10:00", "case.filed", DD2)
    thread.send("04-01 10:00", "lead.transferred", YJJ)
    assert thread.clock("P01").reading == "UNSUSPENDED"


def test_case_filed_after_the_transfer_does_not_rest() -> None:
    thread = Thread()
    thread.send("03-02 10:00", "lead.transferred", YJJ)
    thread.send("03-03 10:00", "case.filed", DD2)
    assert (thread.clock("P01").reading, thread.clock("P01").state) == ("C", "RUNNING")


def test_period_runs_on_when_every_lead_is_back() -> None:
    thread = filed()
    for number, day in (("L", "03-03"), ("L2", "03-04")):
        thread.send(f"{day} 10:00", "lead.transferred", YJJ, leadId=number)
        thread.send(f"{day} 11:00", "lead.receipted", GAJ, leadId=number)
        thread.send(f"{day} 12:00", "lead.disclaimed", GAJ, leadId=number)
    thread.send("03-05 10:00", "file.returned", GAJ, leadId="L")
    assert thread.clock("P01").state == "SUSPENDED"
    thread.send("03-06 10:00", "file.returned", GAJ, leadId="L2")
    assert thread.clock("P01").due_at == "2026-06-03"


@pytest.mark.parametrize(
    ("begins", "clock", "ends"),
    [
        ("evidence.held", "P02", "evidence.disposed"),
        ("seizure.imposed", "P13", "seizure.decided"),
    ],
)
def test_measures(begins: str, clock: str, ends: str) -> None:
    thread = filed()
    thread.send("03-03 10:00", begins, DD2)
    assert thread.clock(clock).state == "RUNNING"
    thread.send("03-05 10:00", ends, YJJ)
    assert thread.clock(clock).state == "MET"


def test_extensions() -> None:
    thread = filed(principal="GY-YJJ")
    thread.send("03-03 10:00", "seizure.imposed", DD2)
    assert thread.send("03-04 10:00", "investigation.extended", YJJ) == ["EXTENSION_NOT_ALLOWED"]
    assert thread.send("04-02 10:00", "seizure.extended", DD2) == ["NOT_PERMITTED"]
    assert thread.send("04-02 10:00", "seizure.extended", YJJ) == []
    assert thread.clock("P13").due_at == "2026-05-06"
    late = filed()
    late.send("03-03 10:00", "seizure.imposed", DD2)
    assert late.send("04-03 10:00", "seizure.extended", YJJ) == ["TOO_LATE"]


def test_labour_inspection_has_its_own_period() -> None:
    thread = Thread()
    thread.send("03-02 10:00", "case.filed", "GY-ZD-DD4", principal="GY-RSJ")
    assert thread.clock("P14").due_at == "2026-05-28"
    assert thread.send("05-29 10:00", "investigation.extended", "GY-RSJ") == ["TOO_LATE"]
    thread.send("05-29 10:00", "case.closed", "GY-RSJ", closeReason="TERMINATED")
    assert thread.clocks() == {"P01": "MET", "P14": "MISSED"}


def test_publication_of_a_changed_decision_is_withdrawn() -> None:
    thread = filed()
    thread.send("03-03 10:00", "notice.served", DD2)
    thread.send("03-04 10:00", "decision.made", YJJ)
    thread.send("03-05 10:00", "decision.changed", YJJ)
    assert "P08" not in thread.clocks()
    thread.send("03-04 12:00", "decision.published", YJJ, seen="03-05 11:00")  # it had been published before
    assert thread.clock("P08").started_at == "2026-03-05T10:00:00+08:00"
    thread.send("03-06 10:00", "decision.changed", YJJ, change="UNLAWFUL")
    assert len([row for row in thread.matter.clocks if row.clock == "P08"]) == 1
    thread.send("03-10 10:00", "publication.withdrawn", YJJ)
    assert thread.clock("P08").state == "MET"


def test_service_of_another_decision_waits_for_it() -> None:
    thread = filed()
    thread.send("03-03 10:00", "notice.served", DD2)
    thread.send("03-04 10:00", "decision.made", YJJ)
    thread.send("03-05 10:00", "decision.served", DD2, decisionNo="D2")
    assert thread.made("matter.event.parked")[0]["needs"] == "decision.made"
