"""Tickets on their way through the lanes of the three regimes, as a city sees them (contract §3.5, §6.6 C, §8)."""

from __future__ import annotations

from typing import Any

import pytest

from hub.rules.ledger import Routed
from hub.rules.pipeline import deliveries
from tests.rules.complaint.tickets import Tickets

HEAD = {"post": "HEAD"}


def read_by(tickets: Tickets, party: str) -> str:
    """Everything *party* got."""
    found = [one for step in tickets.steps if isinstance(step, Routed) for one in deliveries(step)]
    return " ".join(str(one.data) for one in found if one.party == party)


@pytest.mark.parametrize(
    ("party", "codes"),
    [
        ("GY-12345", []),
        ("GY-SCJGJ", []),
        ("WD-GOV", []),
        ("SL-GWH", []),
        ("GY-ZD", ["NOT_PERMITTED"]),
        ("WD-GAFJ", ["NOT_PERMITTED"]),
        ("GY-LXHY", ["NOT_PERMITTED"]),
        ("GY-CYZX", ["NOT_PERMITTED"]),
    ],
)
def test_who_takes_tickets_in(party: str, codes: list[str]) -> None:
    tickets = Tickets()
    tickets.receive("04-07 09:00", party=party)
    assert tickets.codes() == codes


@pytest.mark.parametrize(
    ("party", "owner", "codes"),
    [
        ("GY-LXHY", "WD-WJW", []),
        ("GY-ZHZFJ", "SL-GWH", []),
        ("GY-SFJ", "GY-WJW", []),
        ("GY-12345", "WD-WJW", ["NOT_PERMITTED"]),
        ("WD-WJW", "WD-WJW", ["NOT_PERMITTED"]),
        ("GY-LXHY", "GY-ZD-YY", ["NOT_PERMITTED"]),
        ("GY-LXHY", "WD-GAFJ", ["NOT_PERMITTED"]),
        ("GY-LXHY", "GY-12345", ["NOT_PERMITTED"]),
        ("GY-LXHY", "WD-ZD", ["UNKNOWN_PARTY"]),
    ],
)
def test_the_conference_determines_an_owner_that_can_act(party: str, owner: str, codes: list[str]) -> None:
    tickets = Tickets()
    tickets.receive("04-07 09:00", itemSector=None, divisionCode="520112")
    tickets.send("04-08 09:00", "complaint.ticket.determined", party, ownerSector=owner, minuteNo="纪3")
    assert tickets.codes() == codes
    if not codes:
        tickets.send("04-09 09:00", "complaint.ticket.answered", owner, result="已办")
        assert tickets.codes() == []


def test_an_informant_is_known_to_the_original_department_alone() -> None:
    """informantRef goes to ownerSector only, also if that is found later; the way back goes to nobody."""
    tickets = Tickets()
    secret: dict[str, Any] = {"informantRef": "INF-77", "replyTo": "REP-77", "confidential": True}
    tickets.receive("04-07 09:00", itemSector=None, divisionCode="520111", zone="JK", **secret)
    tickets.send("04-08 09:00", "complaint.ticket.determined", "GY-SFJ", ownerSector="JK-GWH", minuteNo="纪4")
    tickets.send("04-08 10:00", "complaint.ticket.returned", "JK-GWH", reasons="不属")
    tickets.receive("04-07 09:00", key="CP2", itemSector="ZHZFJ", divisionCode="520102", **secret)
    tickets.send("04-09 09:00", "complaint.ticket.answered", "NM-ZHZFJ", key="CP2", result="已办")
    assert "INF-77" in read_by(tickets, "NM-ZHZFJ")
    assert "INF-77" in read_by(tickets, "JK-GWH")
    for party in ("GY-ZD-NM", "NM-GOV", "GY-12345", "GY-LXHY", "GY-ZD-JK", "GY-SFJ"):
        assert "INF-77" not in read_by(tickets, party), party
    for party in ("NM-ZHZFJ", "JK-GWH", "GY-ZD-NM", "NM-GOV", "GY-12345", "GY-LXHY"):
        assert "REP-77" not in read_by(tickets, party), party
    assert "反映问题" in read_by(tickets, "GY-ZD-NM")
    assert "反映问题" not in read_by(tickets, "GY-LXHY")


def test_market_complaint_to_its_end() -> None:
    """Seven working days to accept, forty-five to mediate; 五一 and its make-up day lie between."""
    tickets = Tickets()
    tickets.receive("04-24 17:00", party="GY-SCJGJ", channel="12315", itemSector="SCJGJ", divisionCode="520123")
    assert tickets.clocks() == {"C01a": ("RUNNING", "2026-05-08")}
    tickets.send("05-08 23:00", "complaint.ticket.accepted", "XW-SCJGJ")
    assert tickets.receivers("complaint.ticket.accepted") == {"GY-SCJGJ": "OPEN"}
    assert tickets.clocks() == {"C01a": ("MET", "2026-05-08"), "C01b": ("RUNNING", "2026-07-10")}
    tickets.tick("07-11 08:00")
    assert tickets.receivers("clock.missed") == {"XW-SCJGJ": "OPEN", "GY-SCJGJ": "OPEN"}
    tickets.send("07-13 09:00", "complaint.mediation.ended", "XW-GOV", outcome="FAILED", legal="07-10 17:00")
    assert tickets.clocks()["C01b"] == ("MET", "2026-07-10")
    assert tickets.receivers("clock.miss.withdrawn") == {"XW-SCJGJ": "OPEN", "GY-SCJGJ": "OPEN"}


def test_market_report_to_its_end() -> None:
    """Fifteen working days to decide, the informant is told within five; told before decided waits."""
    tickets = Tickets()
    tickets.receive("09-18 10:00", channel="12315", kind="举报", itemSector="SCJGJ", itemTier="CITY")
    assert tickets.clocks() == {"C01c": ("RUNNING", "2026-10-15")}
    tickets.send("09-23 10:00", "complaint.informant.told", "GY-SCJGJ")
    assert tickets.made("complaint.event.parked")[0]["needs"] == "filing.decided"
    tickets.send("09-23 11:00", "complaint.filing.decided", "GY-SCJGJ", filed=True, caseNo="案9", legal="09-22 09:00")
    assert tickets.clocks() == {"C01c": ("MET", "2026-10-15"), "C01d": ("MET", "2026-09-30")}


def test_petition_to_its_end() -> None:
    """Sixty calendar days from acceptance, ninety with an extension in time."""
    tickets = Tickets()
    tickets.receive("06-22 09:00", party="QZ-GOV", channel="PETITION", itemSector="RSJ", divisionCode="520181")
    assert tickets.clocks() == {"C02a": ("RUNNING", "2026-07-07"), "C02b": ("RUNNING", "2026-06-29")}
    tickets.send("06-24 09:00", "complaint.ticket.extended", "QZ-RSJ", approver=HEAD)
    assert tickets.codes() == ["EXTENSION_NOT_ALLOWED"]
    tickets.send("07-06 09:00", "complaint.ticket.accepted", "QZ-RSJ")
    assert tickets.clocks()["C02c"] == ("RUNNING", "2026-09-04")
    tickets.send("09-04 18:00", "complaint.ticket.extended", "QZ-RSJ", approver=HEAD)
    assert tickets.clocks()["C02c"] == ("RUNNING", "2026-10-08")
    tickets.send("10-08 18:00", "complaint.ticket.answered", "QZ-RSJ", result="已答复")
    assert tickets.clocks() == {
        "C02a": ("MET", "2026-07-07"),
        "C02b": ("VOID", "2026-06-29"),
        "C02c": ("MET", "2026-10-08"),
    }
    assert tickets.receivers("complaint.ticket.answered") == {"QZ-GOV": "OPEN"}


@pytest.mark.parametrize(
    ("channel", "kind", "clock"), [("12315", "投诉", "C01a"), ("PETITION", "举报", "C02a"), ("VISIT", "求助", "C03")]
)
def test_a_rejection_ends_what_runs_from_the_receipt(channel: str, kind: str, clock: str) -> None:
    tickets = Tickets()
    tickets.receive("04-07 09:00", channel=channel, kind=kind)
    tickets.send("04-09 09:00", "complaint.ticket.rejected", "GSH-GOV", reasons="不属受理范围")
    assert tickets.clocks()[clock][0] == "MET"
    assert tickets.receivers("complaint.ticket.rejected") == {"GY-12345": "OPEN"}


@pytest.mark.parametrize(
    ("kind", "due"), [("咨询", "2026-04-10"), ("求助", "2026-04-16"), ("投诉", "2026-04-28"), ("举报", "2026-04-28")]
)
def test_hotline_spans_are_the_citys(kind: str, due: str) -> None:
    tickets = Tickets()
    tickets.receive("04-07 09:00", kind=kind)
    assert tickets.clocks() == {"C03": ("RUNNING", due), "C03r": ("RUNNING", "2026-04-09")}


def test_a_missed_answer_is_told_to_the_owner_and_its_superior() -> None:
    """Undetermined: the territory owes it; then the department, with the city bureau above it."""
    for owner, told in (("", {"BY-GOV", "GY-GOV"}), ("BY-WLJ", {"BY-WLJ", "GY-WLJ"})):
        tickets = Tickets()
        tickets.receive("04-07 09:00", kind="咨询", itemSector=None, divisionCode="520113")
        if owner:
            tickets.send("04-08 09:00", "complaint.ticket.determined", "GY-LXHY", ownerSector=owner, minuteNo="纪5")
        tickets.tick("04-11 00:01")
        assert set(tickets.receivers("clock.missed")) == told


def test_a_determination_of_before_the_return_stands_in_nobodys_way() -> None:
    """Heard of late it changes nothing, and the next one is no contradiction of it."""
    tickets = Tickets()
    tickets.receive("03-02 09:00", channel="PETITION")
    tickets.send("03-05 09:00", "complaint.ticket.returned", "GSH-YJJ", reasons="不属")
    tickets.send(
        "03-05 10:00",
        "complaint.ticket.determined",
        "GY-LXHY",
        ownerSector="GSH-RSJ",
        minuteNo="1",
        legal="03-04 09:00",
    )
    assert tickets.made("complaint.ticket.assigned")[-1]["ownerSector"] == "GSH-YJJ"
    tickets.send("03-06 10:00", "complaint.ticket.determined", "GY-LXHY", ownerSector="GSH-SWJ", minuteNo="2")
    assert tickets.made("complaint.conflict.detected") == []
    assert tickets.made("complaint.ticket.assigned")[-1]["ownerSector"] == "GSH-SWJ"


@pytest.mark.parametrize("return_first", [True, False])
def test_an_acceptance_of_before_the_return_opens_no_clock_after_it(return_first: bool) -> None:
    """The territory accepted, then the department returned the ticket: nothing runs, whichever was heard of first."""
    tickets = Tickets()
    tickets.receive("03-02 09:00", channel="PETITION")
    acts = [
        ("complaint.ticket.accepted", "GSH-GOV", {}, "03-03 09:00"),
        ("complaint.ticket.returned", "GSH-YJJ", {"reasons": "不属"}, "03-05 09:00"),
    ]
    for event, party, data, legal in reversed(acts) if return_first else acts:
        tickets.send("03-05 10:00", event, party, legal=legal, **data)
    assert tickets.codes() == []
    assert not [clock for clock, (state, _) in tickets.clocks().items() if state == "RUNNING"]
    tickets.send("03-09 09:00", "complaint.ticket.accepted", "GSH-GOV")
    assert tickets.made("complaint.conflict.detected") == []
    assert tickets.clocks()["C02c"] == ("RUNNING", "2026-05-08")


def test_a_second_return_is_a_contradiction() -> None:
    """Once for the ticket: the next owner goes to the conference."""
    tickets = Tickets()
    tickets.receive("04-07 09:00")
    tickets.send("04-08 09:00", "complaint.ticket.returned", "GSH-YJJ", reasons="不属")
    tickets.send("04-08 09:30", "complaint.ticket.returned", "GSH-GOV", reasons="不属", legal="04-08 09:00")
    assert tickets.made("complaint.conflict.detected") == []
    tickets.send("04-09 09:00", "complaint.ticket.returned", "GSH-GOV", reasons="不属")
    assert [one["type"] for one in tickets.made("complaint.conflict.detected")] == ["complaint.ticket.returned"]
