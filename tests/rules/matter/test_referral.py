"""Reverse referral and the procuratorate's review (contract §6.6 R; 310 art 13; 刑诉法177)."""

from __future__ import annotations

from typing import Any

import pytest

from hub.rules.ledger import Routed
from tests.rules.matter.thread import DD2, JCY, YJJ, Thread

POLICE, ORGAN, UNIT, OTHER = "HX-GAFJ", "HX-ZHZFJ", "GY-ZD-HX", "HX-STHJJ"
OPINION: dict[str, Any] = {"fromKind": "PROCURATORATE", "toOrgan": YJJ, "basisDoc": "检察意见书"}


@pytest.mark.parametrize(
    ("party", "kind", "clock", "codes"),
    [
        (POLICE, "POLICE", "R01", []),
        ("HX-FY", "COURT", "R01", []),
        ("HX-JCY", "PROCURATORATE", "R06", []),
        (POLICE, "COURT", None, ["NOT_PERMITTED"]),
    ],
)
def test_referral_starts_its_clock(party: str, kind: str, clock: str | None, codes: list[str]) -> None:
    thread = Thread()
    assert thread.send("04-29 10:00", "referral.sent", party, fromKind=kind) == codes
    if clock:
        assert set(thread.clocks()) == {clock}
        row = thread.clock(clock)
        assert (row.obligor, row.told_obligor, row.obligee) == (ORGAN, (ORGAN, UNIT), party)
        assert thread.told("matter.referral.sent") == {ORGAN: "FULL", UNIT: "WORK"}


@pytest.mark.parametrize(("name", "state"), [("referral.acknowledged", "MET"), ("referral.replied", "MET")])
@pytest.mark.parametrize(("party", "codes"), [(ORGAN, []), (UNIT, []), (OTHER, ["NOT_PERMITTED"])])
def test_answers_of_the_organ(name: str, state: str, party: str, codes: list[str]) -> None:
    thread = Thread()
    thread.send("04-29 10:00", "referral.sent", POLICE)
    assert thread.send("04-30 10:00", name, party) == codes
    assert thread.clock("R01").state == ("RUNNING" if codes else state)


def test_redirected_by_police_begins_anew() -> None:
    thread = Thread()
    thread.send("04-29 10:00", "referral.sent", POLICE)
    assert thread.send("04-30 09:00", "referral.redirected", ORGAN, toOrgan=ORGAN) == ["NOT_PERMITTED"]
    assert thread.send("04-30 09:00", "referral.redirected", UNIT, toOrgan=ORGAN) == ["NOT_PERMITTED"]
    thread.send("04-30 10:00", "referral.redirected", UNIT)
    assert [(row.obligor, row.state) for row in thread.matter.clocks] == [(ORGAN, "VOID"), (OTHER, "RUNNING")]
    assert thread.told("matter.referral.redirected") == {POLICE: "WORK", OTHER: "WORK"}
    assert thread.told("matter.referral.sent") == {OTHER: "FULL"}
    assert thread.send("05-06 10:00", "referral.replied", ORGAN) == ["NOT_PERMITTED"]
    thread.send("05-06 10:00", "referral.redirected", OTHER, toOrgan=ORGAN)
    assert thread.told("matter.referral.sent") == {ORGAN: "FULL", UNIT: "WORK"}


def test_redirected_opinion_goes_on() -> None:
    thread = Thread()
    thread.send("04-29 10:00", "referral.sent", "HX-JCY", fromKind="PROCURATORATE")
    thread.send("05-06 10:00", "referral.redirected", ORGAN)
    (row,) = thread.matter.clocks
    assert (row.clock, row.obligor, row.started_at, row.due_at) == (
        "R06",
        OTHER,
        "2026-04-29T10:00:00+08:00",
        "2026-06-29",
    )
    thread.send("06-29 10:00", "referral.replied", OTHER)
    assert thread.clock("R06").state == "MET"
    assert thread.told("matter.referral.replied") == {"HX-JCY": "FULL"}


def test_justice_bureau_has_a_copy_if_asked() -> None:
    thread = Thread()
    thread.send("04-29 10:00", "referral.sent", POLICE, ccJustice=True)
    sent = [step for step in thread.steps if isinstance(step, Routed) and step.event.type == "matter.referral.sent"]
    assert [dict(step.recipients) for step in sent] == [{ORGAN: "FULL", UNIT: "WORK"}, {"GY-SFJ": "SUPER"}]
    own = Thread()
    own.send("04-29 10:00", "referral.sent", POLICE, ccJustice=True, toOrgan="GY-SFJ")
    assert own.told("matter.referral.sent") == {"GY-SFJ": "FULL"}


def test_expired_limitation_alarms() -> None:
    thread = Thread()
    thread.send("04-29 10:00", "referral.sent", POLICE, limitationCheck="EXPIRED")
    assert thread.made("matter.alarm.raised") == [{"correlationId": "MT", "code": "LIMITATION_RISK", "entity": "F"}]
    assert thread.told("matter.alarm.raised") == {ORGAN: "OPEN", UNIT: "OPEN", "GY-SFJ": "OPEN"}


def test_review_inside_the_procuratorate_in_either_order() -> None:
    first, second = Thread(), Thread()
    for thread in (first, second):
        thread.send("08-14 16:00", "prosecution.declined", JCY)
    first.send("08-19 09:00", "opinion.registered", JCY)
    first.send("09-02 10:00", "referral.sent", JCY, **OPINION)
    second.send("09-02 10:00", "referral.sent", JCY, **OPINION)
    second.send("08-19 09:00", "opinion.registered", JCY, seen="09-02 11:00")
    for thread in (first, second):
        assert (thread.clock("R03").state, thread.clock("R04").state, thread.clock("R04").ended_at) == (
            "MET",
            "MET",
            "2026-09-02T10:00:00+08:00",
        )
        assert thread.clock("R06").state == "RUNNING"


def test_appeal_lets_the_review_rest() -> None:
    thread = Thread()
    thread.send("08-14 16:00", "prosecution.declined", "HX-JCY")
    assert thread.send("08-19 09:00", "opinion.registered", "NM-JCY") == ["NOT_PERMITTED"]
    thread.send("08-19 09:00", "opinion.registered", "HX-JCY")
    thread.send("08-24 09:00", "appeal.filed", "HX-JCY")
    assert thread.clock("R04").state == "SUSPENDED"
    thread.send("09-07 09:00", "appeal.closed", "HX-JCY")
    assert (thread.clock("R04").state, thread.clock("R04").due_at) == ("RUNNING", "2026-09-16")
    thread.send("09-10 09:00", "opinion.terminated", "HX-JCY")
    assert thread.clock("R04").state == "MET"


def test_case_after_the_opinion_is_that_of_the_organ() -> None:
    thread = Thread()
    thread.send("09-02 10:00", "referral.sent", JCY, **OPINION)
    assert thread.send("09-07 10:00", "case.filed", DD2, source="TRANSFER") == []
    assert thread.clock("P01").reading == "C"
