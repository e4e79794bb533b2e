"""News that comes late: what was so by legal time is so, whatever had been said before it was heard (contract §6, §10)."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import pytest

from tests.rules.matter.thread import COURT, COURT_PAPERS, DD2, GAJ, JCY, YJJ, Thread

POLICE, UNIT, ORGAN, OTHER = "WD-GAFJ", "GY-ZD-WD", "WD-ZHZFJ", "WD-SWJ"
STEEL = [{"name": "钢瓶", "qty": 2, "unit": "个"}, {"name": "账册", "qty": 1, "unit": "本"}]


@pytest.mark.parametrize("order", list(permutations(("L", "L2", "L3"))))
def test_case_runs_on_from_the_last_file_in_whatever_order_they_are_heard_of(order: tuple[str, ...]) -> None:
    thread = Thread()
    thread.send("03-02 10:00", "case.filed", DD2)
    for lead, day in (("L", "10"), ("L2", "12"), ("L3", "30")):
        thread.send(f"03-{day} 10:00", "lead.transferred", YJJ, leadId=lead)
        thread.send(f"03-{day} 11:00", "lead.receipted", GAJ, leadId=lead)
        thread.send(f"03-{day} 12:00", "lead.disclaimed", GAJ, leadId=lead)
    back = {"L": "04-20 10:00", "L2": "03-31 10:00", "L3": "04-01 10:00"}
    for lead in order:
        assert thread.send(back[lead], "file.returned", GAJ, seen="04-20 12:00", leadId=lead) == []
    row = thread.clock("P01")
    # 8 of 90 days were used by 03-10; the other 82 run from 04-20 and end on Saturday 07-11
    assert (row.reading, row.state, row.due_at) == ("SUSPENDED", "RUNNING", "2026-07-13")
    assert thread.clock("P01", "UNSUSPENDED").due_at == "2026-06-01"


def test_a_transfer_is_one_rest_though_the_file_came_back_twice() -> None:
    thread = Thread()
    thread.send("03-02 10:00", "case.filed", DD2)
    thread.send("03-10 10:00", "lead.transferred", YJJ)
    thread.send("03-10 11:00", "lead.receipted", GAJ)
    thread.send("03-12 10:00", "lead.declined", GAJ)
    thread.send("03-20 10:00", "file.returned", GAJ)
    due = thread.clock("P01").due_at
    thread.send("03-23 10:00", "lead.filed", GAJ)
    thread.send("03-24 10:00", "filing.withdrawn", GAJ)
    thread.send("03-25 10:00", "lead.disclaimed", GAJ)
    assert thread.send("03-26 10:00", "file.returned", GAJ) == []
    assert (thread.clock("P01").due_at, due) == ("2026-06-10", "2026-06-10")  # 8 days used by 03-10, 82 more from 03-20


@pytest.mark.parametrize("order", list(permutations(range(4))))
def test_appeals_that_overlap_rest_alike_in_any_order(order: tuple[int, ...]) -> None:
    turns = [
        ("08-20 09:00", "appeal.filed", {"kind": "REVIEW"}),
        ("08-21 09:00", "appeal.filed", {"kind": "PRIVATE_SUIT"}),
        ("08-25 09:00", "appeal.closed", {}),
        ("08-28 09:00", "appeal.closed", {}),
    ]
    thread = Thread()
    thread.send("08-14 16:00", "prosecution.declined", "WD-JCY")
    thread.send("08-19 09:00", "opinion.registered", "WD-JCY")
    for number in order:
        at, name, said = turns[number]
        thread.send(at, name, "WD-JCY", seen="08-28 10:00", **said)
    assert (thread.clock("R04").state, thread.clock("R04").due_at) == ("RUNNING", "2026-09-07")


@pytest.mark.parametrize(
    ("clock", "late", "end", "verdict"),
    [
        ("F04", ("07-07 10:00", "supplement.required", GAJ, {}), ("07-08 10:00", "lead.declined", GAJ, {}), "MET"),
        ("F11", ("07-09 10:00", "reconsideration.requested", YJJ, {}), ("07-10 10:00", "lead.filed", GAJ, {}), "MET"),
        ("F11", ("07-13 10:00", "reconsideration.requested", YJJ, {}), ("07-10 10:00", "lead.filed", GAJ, {}), "VOID"),
    ],
)
def test_end_that_happened_before_its_matter_lapsed_is_heard(
    clock: str, late: tuple[str, str, str, Any], end: tuple[str, str, str, Any], verdict: str
) -> None:
    thread = Thread().receipted()
    if clock == "F11":
        thread.send("07-08 10:00", "lead.declined", GAJ)
    at, name, party, said = end
    seen = "07-07 10:30" if clock == "F04" else "07-13 11:00"
    thread.send(at, name, party, seen=max(seen, at), **said)
    if clock == "F11":
        assert thread.clock(clock).state == "VOID"
    at, name, party, said = late
    assert thread.send(at, name, party, seen="07-13 12:00", **said) == []
    assert thread.clock(clock).state == verdict


def test_supplement_asked_for_before_the_conclusion_but_heard_after_it_runs_no_more() -> None:
    thread = Thread().receipted()
    thread.send("07-08 10:00", "lead.filed", GAJ)
    thread.send("07-08 12:00", "lead.concluded", GAJ)
    thread.send("07-07 10:00", "supplement.required", GAJ, seen="07-08 13:00")
    assert thread.clock("F05").state == "VOID"
    thread.send("07-08 11:00", "supplement.supplied", DD2, seen="07-08 14:00")
    assert thread.clock("F05").state == "MET"
    thread.wait("08-08 10:00")
    assert "F05" not in [missed["clock"] for missed in thread.made("clock.missed", ever=True)]


def test_a_duty_already_over_when_the_lead_was_concluded_stays_missed() -> None:
    thread = Thread().receipted()
    thread.send("07-08 10:00", "lead.filed", GAJ)
    thread.send("08-10 10:00", "lead.concluded", GAJ)
    thread.send("07-07 10:00", "supplement.required", GAJ, seen="08-10 11:00")
    assert thread.clock("F05").state == "MISSED"
    assert [missed["clock"] for missed in thread.made("clock.missed")] == ["F05"]


def test_order_to_file_heard_after_the_conclusion_was_supervised_to_its_end() -> None:
    thread = Thread().declined()
    thread.send("07-10 10:00", "lead.filed", GAJ)
    thread.send("08-10 10:00", "lead.concluded", GAJ)
    thread.send("07-09 10:00", "filing.ordered", JCY, seen="08-10 11:00")
    rows = {row.clock: (row.state, row.ended_at[:10]) for row in thread.matter.clocks if row.clock in ("F16", "F18")}
    assert rows == {"F16": ("MET", "2026-07-10"), "F18": ("MET", "2026-08-10")}


def test_handover_of_the_first_filing_heard_of_under_the_second() -> None:
    thread = Thread().receipted(itemList=STEEL)
    thread.send("07-07 10:00", "lead.filed", GAJ)
    thread.send("07-08 10:00", "handover.completed", DD2, items=["钢瓶"])
    thread.send("07-09 10:00", "filing.withdrawn", GAJ)
    thread.send("07-13 10:00", "lead.filed", GAJ)
    thread.send("07-08 12:00", "handover.completed", DD2, seen="07-13 11:00", items=["账册"])
    assert thread.made("matter.handover.assessed")[0]["complete"] is True
    states = [(row.started_at[:10], row.state) for row in thread.matter.clocks if row.clock == "F10" and row.governing]
    assert states == [("2026-07-07", "MET"), ("2026-07-13", "RUNNING")]
    thread.send("07-14 10:00", "handover.completed", DD2, items=["账册"])
    assert thread.made("matter.handover.assessed")[0]["missing"] == ["钢瓶"]
    thread.send("07-15 10:00", "handover.completed", YJJ, items=["钢瓶"])
    assert thread.clock("F10").state == "MET"


def test_referral_that_comes_back_is_acknowledged_anew_once_per_organ() -> None:
    thread = Thread()
    thread.send("04-29 10:00", "referral.sent", POLICE, toOrgan=ORGAN)
    thread.send("04-29 11:00", "referral.acknowledged", UNIT)
    thread.send("04-29 12:00", "referral.acknowledged", ORGAN)
    assert [made["code"] for made in thread.made("matter.conflict.detected")] == ["REPEATED_DIFFERENT"]
    thread.send("04-30 10:00", "referral.redirected", ORGAN, toOrgan=OTHER)
    thread.send("04-30 11:00", "referral.acknowledged", OTHER)
    thread.send("05-06 10:00", "referral.redirected", OTHER, toOrgan=ORGAN)
    assert thread.clock("R01").state == "RUNNING"
    thread.send("05-07 10:00", "referral.acknowledged", ORGAN)
    assert thread.made("matter.conflict.detected") == []
    assert [(row.obligor, row.state) for row in thread.matter.clocks] == [
        (ORGAN, "MET"),
        (OTHER, "MET"),
        (ORGAN, "MET"),
    ]


@pytest.mark.parametrize("results", [("PASS", "RETURN"), ("RETURN", "PASS")])
def test_of_two_reviews_of_one_instant_the_return_counts(results: tuple[str, str]) -> None:
    thread = Thread()
    thread.send("03-02 10:00", "case.filed", DD2, reviewClass="MANDATORY_58")
    thread.send("03-03 10:00", "notice.served", DD2)
    for result in results:
        thread.send("03-04 10:00", "legality.reviewed", YJJ, result=result)
    assert thread.send("03-05 10:00", "decision.made", YJJ) == ["REVIEW_MISSING"]


def test_miss_of_a_zone_is_told_to_the_procuratorate_of_the_police_that_got_the_lead() -> None:
    thread = Thread()
    zone = {"principal": "SL-GWH"}
    thread.send("07-06 09:00", "suspicion.reported", "GY-ZD-SL", **zone)
    lead = {"divisionCode": "520111", "toPolice": "HX-GAFJ"}
    approved = {"post": "ACTING_HEAD", "approvedAt": "2026-07-07T08:00:00+08:00"}
    thread.send("07-09 09:00", "lead.transferred", "GY-ZD-SL", approver=approved, **zone, **lead)
    assert [missed["clock"] for missed in thread.made("clock.missed")] == ["F02"]
    assert set(thread.told("clock.missed")) == {"SL-GWH", "GY-ZD-SL", "HX-GAFJ", "GY-GOV", "GY-SFJ", "HX-JCY"}


def test_way_out_of_court_is_told_to_the_handler_of_the_case() -> None:
    thread = Thread()
    assert thread.send("2025-11-03 10:00", "case.filed", "GY-ZD", handler="GY-ZD") == []
    thread.send("2025-12-01 10:00", "notice.served", "GY-ZD")
    thread.send("01-08 10:00", "decision.made", YJJ, kinds=["DEMOLISH"])
    said = {"lawBasis": "PLANNING_LAW", "object": "DEMOLISH", "venueBasis": "IMMOVABLE", "materials": COURT_PAPERS}
    assert thread.send("08-31 10:00", "application.filed", YJJ, **said) == ["ROUTE_NOT_COURT"]
    assert set(thread.told("matter.route.redirected")) == {"GY-GOV", YJJ, "GY-ZD"}
    assert COURT not in thread.told("matter.application.filed")


def test_a_lead_that_bears_the_number_of_another_organs_case_stays_its_own() -> None:
    thread = Thread()
    thread.send("03-02 10:00", "case.filed", DD2, caseNo="2026-1")
    lead = {"leadId": "2026-1", "principal": "NM-ZHZFJ", "toPolice": "NM-GAFJ", "divisionCode": "520102"}
    thread.send("03-03 10:00", "lead.transferred", "GY-ZD-NM", **lead)
    assert set(thread.told("matter.lead.advanced")) == {"NM-ZHZFJ", "GY-ZD-NM", "NM-GAFJ", "NM-JCY", "GY-SFJ"}
    assert thread.send("03-03 11:00", "lead.receipted", "NM-GAFJ", leadId="2026-1") == []
    assert set(thread.told("matter.lead.receipted")) == {"NM-ZHZFJ", "GY-ZD-NM"}
    assert (thread.clock("F08").obligee, thread.clock("P01").obligor) == ("NM-ZHZFJ", YJJ)
    assert thread.send("03-04 10:00", "notice.served", "GY-ZD-NM", caseNo="2026-1") == ["NOT_PERMITTED"]
    assert thread.send("03-04 10:00", "notice.served", DD2, caseNo="2026-1") == []
    thread.send("03-04 11:00", "notice.served", DD2, caseNo="2026-1")
    assert set(thread.told("matter.conflict.detected")) == {YJJ, DD2, "GY-SFJ"}
