"""Assistance, disputes before the joint conference, and who may look into a matter (contract §6.6 A01, D01; §9)."""

from __future__ import annotations

import pytest

from tests.rules.matter.thread import COURT, DD2, GAJ, JCY, YJJ, Thread


@pytest.mark.parametrize(("urgency", "due"), [("NORMAL", "2026-07-13"), ("URGENT", "2026-07-08")])
def test_assistance(urgency: str, due: str) -> None:
    thread = Thread()
    thread.send("07-06 10:00", "assistance.requested", YJJ, urgency=urgency)
    row = thread.clock("A01")
    assert (row.due_at, row.obligor, row.obligee) == (due, "GY-STHJJ", YJJ)
    assert thread.told("matter.assistance.requested") == {"GY-STHJJ": "WORK"}
    assert thread.send("07-07 10:00", "assistance.answered", YJJ) == ["NOT_PERMITTED"]
    thread.send("07-07 10:00", "assistance.answered", "GY-STHJJ")
    assert (thread.clock("A01").state, thread.told("matter.assistance.answered")) == ("MET", {YJJ: "WORK"})


def test_answer_waits_for_its_request() -> None:
    thread = Thread()
    thread.send("07-07 10:00", "assistance.answered", "GY-STHJJ")
    assert thread.made("matter.event.parked")[0]["needs"] == "assistance.requested"
    thread.send("07-06 10:00", "assistance.requested", YJJ, seen="07-07 11:00")
    assert thread.clock("A01").state == "MET"


@pytest.mark.parametrize(("said", "codes"), [({}, ["MISSING_MATERIAL"]), ({"approvalDoc": "批1号"}, [])])
def test_police_need_approval_for_personal_data(said: dict[str, str], codes: list[str]) -> None:
    assert Thread().send("07-06 10:00", "assistance.requested", GAJ, personalDataScope="名单", **said) == codes


def test_dispute() -> None:
    thread = Thread()
    assert thread.send("09-01 10:00", "dispute.raised", DD2) == ["NOT_PERMITTED"]
    thread.send("09-01 10:00", "dispute.raised", "GY-SWJ")
    assert thread.told("matter.dispute.raised") == {"GY-LXHY": "OPEN", YJJ: "OPEN"}
    thread.send("09-10 10:00", "minute.issued", "GY-ZHZFJ")
    assert thread.told("matter.minute.issued") == {YJJ: "OPEN", "GY-SWJ": "OPEN"}
    row = thread.clock("D01")
    assert (row.entity, row.due_at, row.obligor, row.obligee) == ("T1", "2026-09-30", YJJ, "GY-LXHY")
    assert thread.send("09-20 10:00", "task.reported", "GY-SWJ") == ["NOT_PERMITTED"]
    thread.send("09-20 10:00", "task.reported", YJJ, taskId="T9")
    assert thread.made("matter.event.parked")[0]["needs"] == "minute.issued"
    thread.send("10-01 10:00", "task.reported", YJJ)
    assert thread.clock("D01").state == "MISSED"


def test_access() -> None:
    thread = Thread().applied()
    thread.send("09-02 10:00", "lead.transferred", YJJ)
    thread.send("09-02 11:00", "lead.receipted", GAJ)
    thread.send("09-02 12:00", "lead.forwarded", GAJ)
    thread.send("09-03 10:00", "referral.sent", "NM-GAFJ", toOrgan="BY-ZHZFJ")
    inside = {YJJ, DD2, GAJ, JCY, "GSH-GAFJ", "GSH-JCY", COURT, "NM-GAFJ", "BY-ZHZFJ", "GY-ZD-BY"}
    for number, party in enumerate([*sorted(inside), "YY-RSJ", "GY-SFJ", "GY-FY", "YY-JCY", "GY-JW", "GY-ZD"]):
        thread.send("09-04 10:00", "access.requested", party, requestId=f"X{number}")
        verdict = "granted" if party in inside else "denied"
        assert thread.told(f"matter.access.{verdict}") == {party: "OPEN"}, party
        assert thread.made(f"matter.access.{verdict}")[0].get("reason") == (None if party in inside else "NOT_A_PARTY")


def test_unknown_matter_is_nobodys() -> None:
    thread = Thread()
    thread.send("09-04 10:00", "access.requested", YJJ)
    assert thread.made("matter.access.denied")
