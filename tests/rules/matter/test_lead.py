"""The lead's way: transfer, receipt, verdict, rights and supervision, and the clocks of each step (contract §6.6 F, §7.4)."""

from __future__ import annotations

import pytest

from tests.rules.matter.thread import DD2, GAJ, JCY, YJJ, Thread

# ---- approval and transfer


@pytest.mark.parametrize(
    ("approver", "codes"),
    [
        ({"post": "HEAD", "approvedAt": "2026-07-06T10:00:00+08:00"}, []),
        ({"post": "ACTING_HEAD", "approvedAt": "2026-07-06T09:59:59+08:00"}, []),
        ({"post": "HEAD"}, ["NOT_APPROVED"]),
        ({"post": "HEAD", "approvedAt": "2026-07-06T10:00:01+08:00"}, ["NOT_APPROVED"]),
        ({"post": "DEPUTY", "approvedAt": "2026-07-06T09:00:00+08:00"}, ["NOT_PERMITTED"]),
    ],
)
def test_approval(approver: dict[str, str], codes: list[str]) -> None:
    assert Thread().send("07-06 10:00", "lead.transferred", DD2, approver=approver) == codes


def test_refused_transfer_stays_refused_until_approved_again() -> None:
    thread = Thread()
    thread.send("07-06 09:00", "suspicion.reported", DD2)
    thread.send("07-06 10:00", "transfer.refused", YJJ)
    assert thread.send("07-06 11:00", "lead.transferred", YJJ) == ["NOT_APPROVED"]
    thread.send("07-07 09:00", "suspicion.reported", DD2, reportId="R2")
    assert thread.send("07-07 11:00", "lead.transferred", YJJ) == []
    assert thread.matter.reports["R2"].lead == "L"
    assert thread.matter.reports["R"].lead == ""


def test_approval_may_come_after_the_lead() -> None:
    thread = Thread()
    approver = {"post": "HEAD", "approvedAt": "2026-07-07T09:00:00+08:00"}
    thread.send("07-07 10:00", "lead.transferred", YJJ, approver=approver)
    assert thread.clock("F02").state == "MET"
    thread.send("07-06 09:00", "suspicion.reported", DD2, seen="07-07 11:00")
    assert (thread.clock("F01").state, thread.clock("F01").ended_at) == ("MET", "2026-07-07T09:00:00+08:00")
    thread.send("07-07 09:00", "transfer.approved", YJJ, seen="07-07 12:00")
    assert len([row for row in thread.matter.clocks if row.clock == "F02"]) == 1


def test_late_transfer_is_missed_at_once() -> None:
    thread = Thread()
    thread.send(
        "07-08 10:00", "lead.transferred", YJJ, approver={"post": "HEAD", "approvedAt": "2026-07-06T10:00:00+08:00"}
    )
    assert thread.clock("F02").state == "MISSED"
    assert set(thread.told("clock.missed")) == {YJJ, DD2, GAJ, "GY-GOV", "GY-SFJ", JCY}


def test_zone_report_is_owed_to_the_police_of_its_division() -> None:
    thread = Thread()
    thread.send("07-06 09:00", "suspicion.reported", "JK-GWH", principal="JK-GWH")
    thread.send("07-06 10:00", "transfer.approved", "JK-GWH")
    assert thread.clock("F02").obligee == "HX-GAFJ"
    approver = {"post": "HEAD", "approvedAt": "2026-07-06T10:00:00+08:00"}
    thread.send(
        "07-06 11:00",
        "lead.transferred",
        "GY-ZD-JK",
        principal="JK-GWH",
        toPolice="NM-GAFJ",
        divisionCode="520102",
        approver=approver,
    )
    assert (thread.clock("F02").state, thread.clock("F02").obligee) == ("MET", "NM-GAFJ")


def test_dossier_goes_to_each_as_it_may() -> None:
    thread = Thread()
    thread.send("07-06 10:00", "lead.transferred", YJJ)
    assert thread.told("matter.lead.transferred") == {GAJ: "FULL", DD2: "WORK", JCY: "SUPER", "GY-SFJ": "STUB"}
    assert thread.told("matter.lead.advanced") == {YJJ: "STUB", DD2: "STUB", GAJ: "STUB", JCY: "STUB", "GY-SFJ": "STUB"}
    quiet = Thread()
    quiet.send("07-06 10:00", "lead.transferred", DD2, procuratorateCopy=False)
    assert quiet.told("matter.lead.transferred") == {GAJ: "FULL", YJJ: "WORK", "GY-SFJ": "STUB"}


# ---- receipt, forwarding, supplement


def test_receipt_starts_the_review() -> None:
    thread = Thread().receipted()
    assert {name: state for name, state in thread.clocks().items() if name != "F02"} == {
        "F04": "RUNNING",
        "F06": "RUNNING",
        "F08": "RUNNING",
    }
    economic = Thread().receipted(economicCrime=True)
    assert (economic.clock("F08").kind, economic.clock("F08b").due_at) == ("soft", "2026-07-16")


def test_forwarding_starts_the_review_anew_elsewhere() -> None:
    thread = Thread().receipted(economicCrime=True)
    thread.send("07-06 15:00", "lead.forwarded", GAJ)
    assert {name: thread.clocks()[name] for name in ("F04", "F06", "F08", "F08b")} == {
        "F04": "VOID",
        "F06": "MET",
        "F08": "VOID",
        "F08b": "VOID",
    }
    assert thread.told("matter.lead.forwarded") == {"GSH-GAFJ": "WORK", YJJ: "WORK", DD2: "WORK"}
    assert thread.told("matter.lead.transferred") == {"GSH-GAFJ": "FULL"}
    assert thread.send("07-06 16:00", "lead.filed", GAJ) == ["NOT_PERMITTED"]
    assert thread.send("07-06 16:30", "lead.filed", "WD-GAFJ") == []
    assert thread.made("matter.event.parked")[0]["needs"] == "lead.forwarded"
    thread.send("07-07 09:00", "lead.receipted", "GSH-GAFJ")
    assert (thread.clock("F08").obligor, thread.clock("F08").procuratorate) == ("GSH-GAFJ", "GSH-JCY")
    assert thread.told("matter.lead.receipted") == {YJJ: "WORK", DD2: "WORK"}


def test_a_lead_may_come_back_to_the_police_it_left() -> None:
    thread = Thread().receipted()
    thread.send("07-06 12:00", "lead.forwarded", GAJ)
    thread.send("07-06 13:00", "lead.receipted", "GSH-GAFJ")
    thread.send("07-06 14:00", "lead.forwarded", "GSH-GAFJ", toPolice=GAJ)
    assert thread.send("07-06 15:00", "lead.filed", GAJ) == []
    assert thread.made("matter.event.parked")[0]["needs"] == "lead.receipted"
    assert thread.send("07-06 14:30", "lead.receipted", GAJ, seen="07-06 15:30") == []
    assert thread.lead == ("FILED", "")


def test_late_forwarding_is_missed() -> None:
    thread = Thread().receipted()
    thread.send("07-07 11:00", "lead.forwarded", GAJ)
    assert thread.clock("F06").state == "MET"
    late = Thread().receipted()
    late.send("07-07 11:01", "lead.forwarded", GAJ)
    assert late.clock("F06").state == "MISSED"


def test_supplement() -> None:
    thread = Thread().receipted()
    thread.send("07-06 12:00", "supplement.required", GAJ)
    assert (thread.clock("F04").state, thread.clock("F05").due_at, thread.lead) == (
        "MET",
        "2026-07-09",
        ("ACCEPTED", "SUPPLEMENT_REQUIRED"),
    )
    thread.send("07-07 12:00", "supplement.supplied", DD2)
    assert (thread.clock("F05").state, thread.clock("F08").state, thread.lead) == (
        "MET",
        "RUNNING",
        ("ACCEPTED", "SUPPLEMENTED"),
    )


# ---- verdicts


@pytest.mark.parametrize("name", ["lead.filed", "lead.declined", "lead.disclaimed"])
def test_verdict_ends_the_review(name: str) -> None:
    thread = Thread().receipted(economicCrime=True)
    thread.send("07-07 10:00", name, GAJ)
    states = thread.clocks()
    assert {clock: states[clock] for clock in ("F04", "F06", "F08", "F08b")} == {
        "F04": "VOID",
        "F06": "VOID",
        "F08": "MET",
        "F08b": "MET",
    }
    assert ("F09" in states, "F10" in states, "F11" in states) == (
        name != "lead.disclaimed",
        name == "lead.filed",
        name == "lead.declined",
    )


def test_notice_served_late_is_missed() -> None:
    thread = Thread().receipted()
    thread.send("07-07 10:00", "lead.declined", GAJ, noticeServedAt="2026-07-13T10:00:00+08:00", seen="07-13 10:00")
    assert (thread.clock("F09").state, thread.clock("F11").started_at) == ("MISSED", "2026-07-13T10:00:00+08:00")


@pytest.mark.parametrize(
    ("economic", "steps", "codes"),
    [
        (False, [("07-08", "COUNTY_30", "COUNTY_POLICE_HEAD")], ["EXTENSION_NOT_ALLOWED"]),
        (True, [("07-08", "COUNTY_30", "HEAD")], ["NOT_PERMITTED"]),
        (True, [("07-08", "UPPER_60", "UPPER_POLICE_HEAD")], ["EXTENSION_NOT_ALLOWED"]),
        (True, [("07-16", "COUNTY_30", "COUNTY_POLICE_HEAD"), ("08-05", "UPPER_60", "UPPER_POLICE_HEAD")], []),
        (True, [("07-17", "COUNTY_30", "COUNTY_POLICE_HEAD")], ["TOO_LATE"]),
        (
            True,
            [("07-16", "COUNTY_30", "COUNTY_POLICE_HEAD"), ("08-06", "UPPER_60", "UPPER_POLICE_HEAD")],
            ["TOO_LATE"],
        ),
    ],
)
def test_ladder(economic: bool, steps: list[tuple[str, str, str]], codes: list[str]) -> None:
    thread, got = Thread().receipted(economicCrime=economic), []
    for day, stage, post in steps:
        got += thread.send(f"{day} 10:00", "filing.extended", GAJ, stage=stage, approver={"post": post})
    assert got == codes
    if not codes:
        assert thread.clock("F08b").due_at == "2026-09-04"


def test_extension_in_time_takes_the_miss_back() -> None:
    thread = Thread().receipted(economicCrime=True)
    thread.wait("07-20 10:00")
    assert thread.clock("F08b").state == "MISSED"
    thread.send("07-15 10:00", "filing.extended", GAJ, seen="07-20 11:00")
    assert (thread.clock("F08b").state, thread.clock("F08b").due_at) == ("RUNNING", "2026-08-05")
    assert thread.made("clock.miss.withdrawn")


def test_contradiction_and_withdrawal() -> None:
    thread = Thread().receipted()
    thread.send("07-07 10:00", "lead.filed", GAJ)
    thread.send("07-08 10:00", "lead.declined", GAJ)
    assert thread.told("matter.conflict.detected") == {YJJ: "OPEN", DD2: "OPEN", GAJ: "OPEN", "GY-SFJ": "OPEN"}
    assert thread.lead == ("FILED", "")
    thread.send("07-08 12:00", "filing.withdrawn", GAJ)
    assert (thread.clock("F10").state, thread.lead) == ("VOID", ("WITHDRAWN", ""))
    thread.send("07-07 10:00", "lead.filed", GAJ, seen="07-08 13:00")  # the old filing once more
    assert (thread.lead, thread.steps) == (("WITHDRAWN", ""), [])
    thread.send("07-09 10:00", "lead.filed", GAJ)
    assert (thread.lead, thread.clock("F10").state) == (("FILED", ""), "RUNNING")
    thread.send("07-10 10:00", "filing.withdrawn", GAJ)
    assert thread.lead == ("WITHDRAWN", "")


def test_refusal_dated_before_the_filing_is_history_not_contradiction() -> None:
    thread = Thread().receipted()
    thread.send("07-08 10:00", "lead.filed", GAJ)
    thread.send("07-07 10:00", "lead.declined", GAJ, seen="07-08 11:00")
    assert (thread.lead, thread.clock("F11").state) == (("FILED", ""), "VOID")


def test_filing_dated_before_a_known_refusal_contradicts_it_unless_its_withdrawal_waits() -> None:
    thread = Thread().receipted()
    thread.send("07-09 10:00", "lead.declined", GAJ)
    thread.send("07-07 10:00", "lead.filed", GAJ, seen="07-09 11:00")
    assert thread.made("matter.conflict.detected")[0]["code"] == "CONTRADICTION"
    thread.send("07-08 10:00", "filing.withdrawn", GAJ, seen="07-09 12:00")
    thread.send("07-07 10:00", "lead.filed", GAJ, seen="07-09 13:00")
    assert thread.lead == ("DECLINED", "")
    assert thread.clocks()["F10"] == "VOID"
    assert thread.clocks()["F11"] == "RUNNING"


# ---- handover


def test_handover_is_complete_when_everything_has_been_handed_over() -> None:
    thread = Thread().receipted(itemList=[{"name": name, "qty": 1, "unit": "件"} for name in ("雷管", "导爆索")])
    thread.send("07-07 10:00", "lead.filed", GAJ)
    thread.send("07-09 10:00", "handover.completed", DD2, items=["导爆索"])
    assert thread.made("matter.handover.assessed")[0] | {"correlationId": ""} == {
        "correlationId": "",
        "leadId": "L",
        "complete": False,
        "missing": ["雷管"],
    }
    thread.send("07-08 10:00", "handover.completed", DD2, items=["雷管", "别的"], seen="07-09 12:00")
    assert thread.made("matter.handover.assessed")[0]["complete"] is True
    assert thread.clock("F10").ended_at == "2026-07-09T10:00:00+08:00"  # complete with the later of the two
    assert thread.told("matter.handover.assessed") == {YJJ: "OPEN", DD2: "OPEN", GAJ: "OPEN"}


def test_nothing_to_hand_over_is_complete() -> None:
    thread = Thread().receipted()
    thread.send("07-07 10:00", "lead.filed", GAJ)
    thread.send("07-08 10:00", "handover.completed", YJJ, items=[])
    assert thread.clock("F10").state == "MET"


# ---- reconsideration and supervision


def test_rights_live_until_the_later_reading() -> None:
    thread = Thread().declined()  # Wednesday 07-08: C until Monday 07-13 (rolled), W until 07-13
    assert thread.send("07-14 10:00", "reconsideration.requested", YJJ) == ["TOO_LATE"]
    assert Thread().declined().send("07-13 23:00", "reconsideration.requested", YJJ) == []
    assert thread.send("07-14 10:00", "supervision.suggested", YJJ) == ["TOO_LATE"]


def test_reconsideration_upheld_then_supervision() -> None:
    thread = Thread().declined()
    thread.send("07-10 10:00", "reconsideration.requested", YJJ)
    assert (thread.clock("F11").state, thread.clock("F12").state, thread.lead) == (
        "MET",
        "RUNNING",
        ("RECONSIDERING", ""),
    )
    thread.send("07-13 10:00", "reconsideration.decided", GAJ)
    assert (thread.clock("F12").state, thread.clock("F13").obligee, thread.lead) == ("MET", JCY, ("DECLINED", "UPHELD"))
    thread.send("07-16 10:00", "supervision.suggested", YJJ)
    assert (thread.clock("F13").state, thread.lead) == ("MET", ("DECLINED", "SUPERVISION_SUGGESTED"))
    assert thread.told("matter.lead.transferred") == {JCY: "FULL"}


def test_suggestion_waits_for_the_pending_reconsideration() -> None:
    thread = Thread().declined()
    thread.send("07-10 10:00", "reconsideration.requested", YJJ)
    thread.send("07-16 10:00", "supervision.suggested", YJJ)
    assert thread.made("matter.event.parked")[0]["needs"] == "reconsideration.decided"
    thread.send("07-13 10:00", "reconsideration.decided", GAJ, seen="07-16 11:00")
    assert thread.clock("F13").state == "MET"


def test_reconsideration_filed_counts_as_the_filing() -> None:
    thread = Thread().declined()
    thread.send("07-10 10:00", "reconsideration.requested", YJJ)
    thread.send(
        "07-13 10:00",
        "reconsideration.decided",
        GAJ,
        outcome="FILED",
        noticeServedAt="2026-07-14T09:00:00+08:00",
        seen="07-14 09:00",
    )
    assert (thread.clock("F12").state, thread.clock("F10").started_at, thread.lead) == (
        "MET",
        "2026-07-14T09:00:00+08:00",
        ("FILED", ""),
    )
    thread.send("07-13 10:00", "lead.filed", GAJ, seen="07-14 10:00")
    assert thread.steps == []
    thread.send("07-14 10:00", "lead.filed", GAJ)
    assert thread.made("matter.conflict.detected")[0]["code"] == "REPEATED_DIFFERENT"
    assert thread.send("07-14 11:00", "handover.completed", DD2) == []
    assert thread.clock("F10").state == "MET"


@pytest.mark.parametrize(("name", "clock"), [("reasons.given", "F14"), ("lead.filed", "F14")])
def test_reasons_why_not_filed(name: str, clock: str) -> None:
    thread = Thread().declined()
    thread.send("07-13 10:00", "reasons.required", "GY-JCY")
    assert (thread.clock(clock).obligee, thread.clock(clock).due_at) == (JCY, "2026-07-20")
    thread.send("07-16 10:00", name, GAJ)
    assert thread.clock(clock).state == "MET"


@pytest.mark.parametrize("name", ["reasons.given", "lead.filed", "lead.declined"])
def test_reasons_for_silence(name: str) -> None:
    thread = Thread().receipted()
    thread.send("07-13 10:00", "reasons.required", JCY, kind="SILENCE")
    thread.send("07-16 10:00", name, GAJ)
    assert thread.clock("F17").state == "MET"


def test_supervision_answered() -> None:
    thread = Thread().declined()
    thread.send("07-13 10:00", "reasons.required", JCY)
    thread.send("07-16 10:00", "reasons.given", GAJ)
    thread.send("07-17 10:00", "reasons.accepted", JCY)
    assert (thread.clock("F15").obligor, thread.clock("F15").due_at) == (JCY, "2026-07-27")
    thread.send("07-20 10:00", "supervision.answered", JCY)
    assert (thread.clock("F15").state, thread.told("matter.supervision.answered")) == (
        "MET",
        {YJJ: "WORK", DD2: "WORK"},
    )


def test_filing_ordered_in_either_order() -> None:
    thread, other = Thread().declined(), Thread().declined()
    thread.send("07-20 10:00", "filing.ordered", JCY)
    thread.send("07-24 10:00", "lead.filed", GAJ)
    other.send("07-24 10:00", "lead.filed", GAJ)
    other.send("07-20 10:00", "filing.ordered", JCY, seen="07-24 11:00")
    for each in (thread, other):
        assert {clock: each.clocks()[clock] for clock in ("F16", "F18", "F10", "F11")} == {
            "F16": "MET",
            "F18": "RUNNING",
            "F10": "RUNNING",
            "F11": "VOID",
        }
        assert (each.clock("F18").due_at, each.clock("F18").obligee) == ("2026-10-26", JCY)
        each.send("07-27 10:00", "lead.concluded", GAJ)
        assert each.clock("F18").state == "MET"


def test_duty_crime_is_nobody_elses_business() -> None:
    thread = Thread().receipted()
    thread.send("07-07 10:00", "dutycrime.reported", YJJ)
    assert thread.told("matter.dutycrime.reported") == {"GY-JW": "FULL"}
    thread.send("07-07 11:00", "dutycrime.reported", YJJ)
    assert thread.told("matter.conflict.detected") == {YJJ: "OPEN"}


def test_forwarding_in_time_heard_of_late_takes_the_miss_back() -> None:
    thread = Thread().receipted()
    thread.wait("07-11 10:00")
    assert thread.clock("F08").state == "MISSED"
    thread.send("07-06 15:00", "lead.forwarded", GAJ, seen="07-11 11:00")
    assert (thread.clock("F08").state, thread.clock("F06").state) == ("VOID", "MET")
    assert [gone["clock"] for gone in thread.made("clock.miss.withdrawn")] == ["F08"]
