"""Assistance, disputes before the joint conference, and who may look into a matter (contract §6.6 A01, D01; §9)."""

from __future__ import annotations

import pytest

from hub.rules.ledger import Routed
from hub.rules.pipeline import deliveries
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


def test_assistance_belongs_to_its_request_even_if_it_names_a_case() -> None:
    """Two requests in one case, to two bodies, across a long holiday; each answers its own, once."""
    thread = Thread()
    thread.send("09-29 16:00", "assistance.requested", "NM-GAFJ", requestId="Q1", requestee="NM-WJW", caseNo="C")
    thread.send(
        "09-29 16:00", "assistance.requested", "BY-FY", requestId="Q2", requestee="GY-JTW", caseNo="C", urgency="URGENT"
    )
    rows = {row.entity: (row.due_at, row.obligor, row.obligee) for row in thread.matter.clocks}
    assert rows == {"Q1": ("2026-10-12", "NM-WJW", "NM-GAFJ"), "Q2": ("2026-10-08", "GY-JTW", "BY-FY")}
    assert thread.send("10-08 09:00", "assistance.answered", "NM-WJW", requestId="Q2") == ["NOT_PERMITTED"]
    assert (
        thread.send("10-08 23:59", "assistance.answered", "GY-JTW", requestId="Q2", accepted=False, reason="无") == []
    )
    assert thread.told("matter.assistance.answered") == {"BY-FY": "WORK"}
    thread.send("10-09 09:00", "assistance.answered", "GY-JTW", requestId="Q2")
    assert [one["code"] for one in thread.made("matter.conflict.detected")] == ["REPEATED_DIFFERENT"]
    thread.wait("10-13 00:00")
    assert {row.entity: row.state for row in thread.matter.clocks} == {"Q1": "MISSED", "Q2": "MET"}
    assert thread.told("clock.missed") == {"NM-WJW": "OPEN", "NM-GAFJ": "OPEN"}


def test_what_is_asked_for_is_the_requestees_alone() -> None:
    """The scope is a work secret between the two; nobody else hears of the request."""
    thread = Thread()
    thread.send("07-06 10:00", "assistance.requested", "HX-ZHZFJ", requestee="GY-ZD-DD6", personalDataScope="名单")
    assert thread.told("matter.assistance.requested") == {"GY-ZD-DD6": "WORK"}


def task(number: str, unit: str, due: str, **more: str) -> dict[str, str]:
    return {"taskId": number, "task": "明确", "dueDate": due, "standard": "书面", "unit": unit, **more}


def test_two_disputes_of_one_matter_may_number_their_tasks_alike() -> None:
    """Each minute counts from one; each unit's report ends its own period and no other's."""
    thread = Thread()
    for dispute, other, seal, unit, due in (
        ("S1", "KY-SWJ", "GY-ZHZFJ", "KY-SWJ", "2026-09-30"),
        ("S2", "XW-ZRGHJ", "GY-SFJ", "XW-ZRGHJ", "2026-10-04"),
    ):
        thread.send("09-01 10:00", "dispute.raised", other, disputeId=dispute, parties=[other, YJJ])
        thread.send(
            "09-10 10:00", "minute.issued", "GY-LXHY", disputeId=dispute, sealedBy=seal, tasks=[task("1", unit, due)]
        )
        assert thread.told("matter.minute.issued") == {other: "OPEN", YJJ: "OPEN"}
    assert [(row.obligor, row.due_at) for row in thread.matter.clocks] == [
        ("KY-SWJ", "2026-09-30"),
        ("XW-ZRGHJ", "2026-10-04"),  # given by the minute: not rolled out of the holiday
    ]
    thread.send("09-20 10:00", "task.reported", "XW-ZRGHJ", disputeId="S2", taskId="1")
    assert thread.told("matter.task.reported") == {"GY-LXHY": "OPEN", "GY-ZHZFJ": "OPEN", "GY-SFJ": "OPEN"}
    assert {row.obligor: row.state for row in thread.matter.clocks} == {"KY-SWJ": "RUNNING", "XW-ZRGHJ": "MET"}
    thread.wait("10-01 00:00")
    assert thread.told("clock.missed") == {"KY-SWJ": "OPEN", "GY-LXHY": "OPEN", "GY-SFJ": "OPEN"}


def test_a_minute_names_each_task_once_and_bears_a_real_seal() -> None:
    thread = Thread()
    thread.send("09-01 10:00", "dispute.raised", "GY-SWJ")
    twice = [task("1", YJJ, "2026-09-30"), task("1", "GY-SWJ", "2026-09-30")]
    assert thread.send("09-10 10:00", "minute.issued", "GY-SFJ", tasks=twice) == ["INVALID_FIELD"]
    assert thread.send("09-10 10:00", "minute.issued", "GY-LXHY", sealedBy="GY-LXHY") == ["INVALID_FIELD"]
    assert thread.send("09-10 10:00", "minute.issued", "GY-GOV") == ["NOT_PERMITTED"]
    assert (
        thread.send("09-10 10:00", "minute.issued", "GY-LXHY", tasks=[task("1", YJJ, "2026-09-30", person="张三")])
        == []
    )
    assert "person" not in str(
        [
            one.data
            for step in thread.steps
            if isinstance(step, Routed) and not step.decision
            for one in deliveries(step)
        ]
    )


def test_talk_that_comes_in_the_wrong_order_is_sorted_out() -> None:
    """Report, minute and dispute arrive backwards: all three take effect, the period is met."""
    thread = Thread()
    thread.send("09-20 10:00", "task.reported", YJJ)
    thread.send("09-10 10:00", "minute.issued", "GY-LXHY", seen="09-20 10:01")
    assert [one["needs"] for one in thread.made("matter.event.parked", ever=True)] == [
        "minute.issued",
        "dispute.raised",
    ]
    thread.send("09-01 10:00", "dispute.raised", "GY-SWJ", seen="09-20 10:02")
    assert thread.clocks() == {"D01": "MET"}


@pytest.mark.parametrize(
    ("party", "parties", "codes"),
    [
        ("HT-GWH", ["HT-GWH", "BY-STHJJ"], []),
        ("GY-STHJJ", ["HT-GWH", "BY-STHJJ"], ["NOT_PERMITTED"]),
        ("GY-ZD-HT", ["GY-ZD-HT", "BY-STHJJ"], ["NOT_PERMITTED"]),
        ("BY-GAFJ", ["BY-GAFJ", "BY-STHJJ"], ["NOT_PERMITTED"]),
    ],
)
def test_a_dispute_is_raised_by_an_organ_that_is_part_of_it(party: str, parties: list[str], codes: list[str]) -> None:
    assert Thread().send("09-01 10:00", "dispute.raised", party, parties=parties) == codes
