"""Every statutory clock of a matter: the fact that starts it, its last day, and each fact that ends it (contract §6.6)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from hub import reference
from tests.rules.matter.thread import COURT, DD2, GAJ, JCY, YJJ, Thread

Step = tuple[str, str, str, dict[str, Any]]
Beginning = Callable[[], Thread]

ORDER_TO_FILE: tuple[Step, ...] = (("07-09 10:00", "filing.ordered", JCY, {}),)


def reported() -> Thread:
    thread = Thread()
    thread.send("07-06 09:00", "suspicion.reported", DD2)
    return thread


def filed(principal: str = YJJ, handler: str = DD2) -> Thread:
    thread = Thread()
    thread.send("03-02 10:00", "case.filed", handler, principal=principal)
    thread.send("03-02 11:00", "notice.served", handler)
    return thread


def economic() -> Thread:
    return Thread().receipted(economicCrime=True)


def accepted() -> Thread:
    thread = Thread().applied()
    thread.send("09-04 10:00", "application.accepted", COURT)
    return thread


def reconsidering() -> Thread:
    thread = Thread().declined()
    thread.send("07-09 10:00", "reconsideration.requested", YJJ)
    return thread


def reviewing() -> Thread:
    thread = Thread()
    thread.send("08-14 16:00", "prosecution.declined", JCY)
    thread.send("08-17 16:00", "opinion.registered", JCY)
    return thread


APPROVED = {"post": "HEAD", "approvedAt": "2026-07-07T09:00:00+08:00"}
OPINION = {"fromKind": "PROCURATORATE", "toOrgan": YJJ}
URGENT = {"kind": "ALLOW", "executor": "COURT", "urgent": True, "presidentApproved": True}
UPHELD, REFUSED, NOT_ACCEPTED = {"outcome": "UPHELD"}, {"kind": "REFUSED"}, {"kind": "NOT_ACCEPTED"}
GIVEN: tuple[Step, ...] = (("07-09 10:00", "reasons.required", JCY, {}), ("07-10 10:00", "reasons.given", GAJ, {}))

#: clock → where the matter stands, facts up to the start, last day, the facts any of which ends it in time.
ROWS: list[tuple[str, Beginning, tuple[Step, ...], str, tuple[Step, ...]]] = [
    ("F01", reported, (), "2026-07-09", (("07-07 10:00", "transfer.approved", YJJ, {}), ("07-07 10:00", "transfer.refused", YJJ, {}), ("07-07 10:00", "lead.transferred", YJJ, {"approver": APPROVED}))),
    ("F02", reported, (("07-07 09:00", "transfer.approved", YJJ, {}),), "2026-07-08T09:00:00+08:00", (("07-07 10:00", "lead.transferred", YJJ, {"approver": APPROVED}),)),
    ("F04", lambda: Thread().receipted(), (), "2026-07-07T11:00:00+08:00", (("07-07 10:00", "supplement.required", GAJ, {}),)),
    ("F05", lambda: Thread().receipted(), (("07-07 10:00", "supplement.required", GAJ, {}),), "2026-07-10", (("07-10 10:00", "supplement.supplied", YJJ, {}),)),
    ("F06", lambda: Thread().receipted(), (), "2026-07-07T11:00:00+08:00", (("07-07 10:00", "lead.forwarded", GAJ, {}),)),
    ("F08", lambda: Thread().receipted(), (), "2026-07-09", tuple(("07-09 23:00", f"lead.{name}", GAJ, {}) for name in ("filed", "declined", "disclaimed"))),
    ("F08b", economic, (), "2026-07-16", tuple(("07-16 23:00", f"lead.{name}", GAJ, {}) for name in ("filed", "declined", "disclaimed"))),
    ("F10", lambda: Thread().receipted(), (("07-07 10:00", "lead.filed", GAJ, {}),), "2026-07-10", (("07-10 10:00", "handover.completed", DD2, {}),)),
    ("F11", lambda: Thread().declined(), (), "2026-07-13", (("07-13 10:00", "reconsideration.requested", YJJ, {}), ("07-13 10:00", "supervision.suggested", YJJ, {}))),
    ("F12", reconsidering, (), "2026-07-13", (("07-13 10:00", "reconsideration.decided", GAJ, UPHELD), ("07-13 10:00", "reconsideration.decided", GAJ, {"outcome": "FILED"}))),
    ("F13", reconsidering, (("07-13 10:00", "reconsideration.decided", GAJ, UPHELD),), "2026-07-16", (("07-16 10:00", "supervision.suggested", YJJ, {}),)),
    ("F14", lambda: Thread().declined(), GIVEN[:1], "2026-07-16", (GIVEN[1], ("07-16 10:00", "lead.filed", GAJ, {}))),
    ("F15", lambda: Thread().declined(), (*GIVEN, ("07-10 11:00", "reasons.accepted", JCY, {})), "2026-07-20", (("07-20 10:00", "supervision.answered", JCY, {}),)),
    ("F16", lambda: Thread().declined(), ORDER_TO_FILE, "2026-07-24", (("07-24 10:00", "lead.filed", GAJ, {}),)),
    ("F17", lambda: Thread().receipted(), (("07-09 10:00", "reasons.required", JCY, {"kind": "SILENCE"}),), "2026-07-16", (GIVEN[1], ("07-16 10:00", "lead.filed", GAJ, {}), ("07-16 10:00", "lead.declined", GAJ, {}))),
    ("F18", lambda: Thread().declined(), (*ORDER_TO_FILE, ("07-10 10:00", "lead.filed", GAJ, {})), "2026-10-10", (("10-10 10:00", "lead.concluded", GAJ, {}),)),
    ("R01", Thread, (("04-29 10:00", "referral.sent", "HX-GAFJ", {}),), "2026-05-07", (("05-07 10:00", "referral.acknowledged", "HX-ZHZFJ", {}), ("05-07 10:00", "referral.replied", "GY-ZD-HX", {}))),
    ("R03", Thread, (("08-14 16:00", "prosecution.declined", JCY, {}),), "2026-08-19", (("08-19 10:00", "opinion.registered", JCY, {}),)),
    ("R04", reviewing, (), "2026-08-31", (("08-31 10:00", "opinion.terminated", JCY, {}), ("08-31 10:00", "referral.sent", JCY, OPINION))),
    ("R06", Thread, (("09-02 10:00", "referral.sent", JCY, OPINION),), "2026-11-02", (("11-02 10:00", "referral.replied", YJJ, {}),)),
    ("P01", filed, (), "2026-06-01", (("06-01 10:00", "decision.made", YJJ, {}), ("06-01 10:00", "case.closed", YJJ, {}))),
    ("P02", filed, (("03-03 10:00", "evidence.held", DD2, {}),), "2026-03-12", (("03-12 10:00", "evidence.disposed", DD2, {}),)),
    ("P03", Thread, (("03-02 10:00", "case.filed", DD2, {}), ("03-03 10:00", "notice.served", DD2, {"hearingOffered": True})), "2026-03-10", (("03-10 10:00", "hearing.requested", DD2, {}),)),
    ("P05", filed, (("03-03 10:00", "decision.made", YJJ, {}),), "2026-03-12", (("03-12 10:00", "decision.served", DD2, {}),)),
    ("P06", lambda: Thread().served(), (), "2026-01-30", (("01-30 10:00", "obligation.performed", DD2, {}),)),
    ("P08", lambda: Thread().served(), (("01-16 10:00", "decision.published", YJJ, {}), ("01-19 10:00", "decision.changed", YJJ, {})), "2026-01-22", (("01-22 10:00", "publication.withdrawn", YJJ, {}),)),
    ("P11", lambda: Thread().served(), (), "2026-03-16", (("03-16 10:00", "relief.opened", "GY-SFJ", {}),)),
    ("P12", lambda: Thread().served(), (), "2026-07-15", (("07-15 10:00", "relief.opened", YJJ, {"kind": "LITIGATION", "body": "NM-FY"}),)),
    ("P12a", lambda: Thread().served("LAND83"), (), "2026-01-30", (("01-30 10:00", "relief.opened", YJJ, {"kind": "LITIGATION", "body": "NM-FY"}),)),
    ("P12b", lambda: Thread().served(), (("02-24 10:00", "relief.opened", YJJ, {}), ("04-20 10:00", "relief.closed", YJJ, {})), "2026-05-06", (("05-06 10:00", "relief.opened", YJJ, {"kind": "LITIGATION", "body": "NM-FY"}),)),
    ("P13", filed, (("03-03 10:00", "seizure.imposed", DD2, {}),), "2026-04-02", (("04-02 10:00", "seizure.decided", YJJ, {}),)),
    ("P14", lambda: filed("GY-RSJ", "GY-ZD-DD4"), (), "2026-05-28", (("05-28 10:00", "investigation.ended", "GY-ZD-DD4", {}),)),
    ("E01", lambda: Thread().served(), (("07-20 10:00", "demand.served", DD2, {}),), "2026-10-15", (("10-15 10:00", "application.filed", YJJ, {}),)),
    ("E03", lambda: Thread().applied(), (), "2026-09-08", (("09-08 10:00", "application.accepted", COURT, {}), ("09-08 10:00", "application.rejected", COURT, {}))),
    ("E04", lambda: Thread().applied(), (("09-04 10:00", "application.rejected", COURT, {}),), "2026-09-20", (("09-20 10:00", "rulingreview.requested", YJJ, NOT_ACCEPTED),)),
    ("E04b", lambda: Thread().applied(), (("09-04 10:00", "application.rejected", COURT, {}), ("09-07 10:00", "rulingreview.requested", YJJ, NOT_ACCEPTED)), "2026-09-22", (("09-22 10:00", "rulingreview.decided", "GY-FY", NOT_ACCEPTED),)),
    ("E05", accepted, (), "2026-09-15", (("09-15 10:00", "ruling.made", COURT, {}),)),
    ("E06", accepted, (("09-07 10:00", "doubt.raised", COURT, {}),), "2026-10-08", (("10-08 10:00", "ruling.made", COURT, {}),)),
    ("E07", accepted, (("09-14 10:00", "ruling.made", COURT, {}),), "2026-09-20", (("09-20 10:00", "ruling.served", COURT, {}),)),
    ("E08", accepted, (("09-14 10:00", "ruling.made", COURT, {}), ("09-18 10:00", "ruling.served", COURT, {})), "2026-10-08", (("10-08 10:00", "rulingreview.requested", YJJ, REFUSED),)),
    ("E08b", accepted, (("09-14 10:00", "ruling.made", COURT, {}), ("09-18 10:00", "ruling.served", COURT, {}), ("10-08 16:00", "rulingreview.requested", YJJ, REFUSED)), "2026-11-09", (("11-09 10:00", "rulingreview.decided", "GY-FY", REFUSED),)),
    ("E09", accepted, (("09-14 10:00", "ruling.made", COURT, URGENT),), "2026-09-20", (("09-20 10:00", "execution.opened", COURT, {}),)),
    ("A01", Thread, (("07-06 10:00", "assistance.requested", YJJ, {}),), "2026-07-13", (("07-13 10:00", "assistance.answered", "GY-STHJJ", {}),)),
    ("D01", Thread, (("09-01 10:00", "dispute.raised", YJJ, {}), ("09-10 10:00", "minute.issued", "GY-LXHY", {})), "2026-09-30", (("09-30 10:00", "task.reported", YJJ, {}),)),
]  # fmt: skip


@pytest.mark.parametrize(
    ("clock", "beginning", "start", "due", "end"),
    [(clock, beginning, start, due, end) for clock, beginning, start, due, ends in ROWS for end in ends],
)
def test_clock_starts_and_is_met_on_its_last_day(
    clock: str, beginning: Beginning, start: tuple[Step, ...], due: str, end: Step
) -> None:
    thread = beginning()
    for at, name, party, said in start:
        assert thread.send(at, name, party, **said) == []
    row = thread.clock(clock)
    assert (row.state, row.due_at) == ("RUNNING", due)
    at, name, party, said = end
    assert thread.send(at, name, party, **said) == []
    assert thread.clock(clock).state == "MET"
    assert clock not in [missed["clock"] for missed in thread.made("clock.missed")]


def test_every_clock_is_tried_but_the_two_that_end_with_their_start_or_by_themselves() -> None:
    assert {clock for clock, *_ in ROWS} == {clock for clock in reference.load().clocks if clock[0] in "FRPEAD"} - {
        "F09",
        "E02",
    }
    assert reference.load().clocks["E02"].kind == "wait"


def test_second_police_may_ask_for_a_supplement_of_its_own() -> None:
    thread = Thread().receipted()
    thread.send("07-06 12:00", "supplement.required", GAJ)
    thread.send("07-06 13:00", "lead.forwarded", GAJ)
    thread.send("07-06 14:00", "lead.receipted", "GSH-GAFJ")
    thread.send("07-07 10:00", "supplement.required", "GSH-GAFJ")
    rows = [(row.obligee, row.state) for row in thread.matter.clocks if row.clock == "F05" and row.governing]
    assert rows == [(GAJ, "VOID"), ("GSH-GAFJ", "RUNNING")]


def test_relief_after_the_application_does_not_open_the_window_twice() -> None:
    thread = Thread().applied()
    thread.send("09-02 10:00", "relief.opened", YJJ, kind="LITIGATION", body="NM-FY")
    thread.send("09-03 10:00", "relief.closed", YJJ, kind="LITIGATION", outcome="WITHDRAWN")
    assert [row.state for row in thread.matter.clocks if row.clock == "E01"] == ["MET"]
