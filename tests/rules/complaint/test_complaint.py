"""Who owns a ticket, and what each event does to it (contract §3.5, §8)."""

from __future__ import annotations

import pytest

from tests.rules.complaint.tickets import Tickets


@pytest.mark.parametrize(
    ("data", "owner", "territory", "copy"),
    [
        ({"itemSector": "YJJ", "itemTier": "CITY"}, "GY-YJJ", "GSH-GOV", "GY-ZD-DD2"),
        ({"itemSector": "YJJ"}, "GSH-YJJ", "GSH-GOV", None),
        ({"itemSector": "ZHZFJ", "itemTier": "DISTRICT"}, "GSH-ZHZFJ", "GSH-GOV", "GY-ZD-GSH"),
        ({"itemSector": "ZHZFJ", "divisionCode": "520121"}, "KY-ZHZFJ", "KY-GOV", None),
        ({"itemSector": "SWJ", "zone": "JK", "divisionCode": "520111"}, "HX-SWJ", "JK-GWH", None),
        ({"itemSector": "SWJ", "zone": "XX", "divisionCode": "520111"}, "HX-SWJ", "HX-GOV", None),
        ({"itemSector": "SWJ", "divisionCode": "520100"}, "GY-SWJ", "GY-GOV", "GY-ZD-DD6"),
    ],
)
def test_owner(data: dict[str, str], owner: str, territory: str, copy: str | None) -> None:
    tickets = Tickets()
    tickets.receive("03-02 09:00", informantRef="INF-1", replyTo="RPL-1", **data)
    (assigned,) = tickets.made("complaint.ticket.assigned")
    assert (assigned["ownerSector"], assigned["ownerTerritory"], assigned.get("copyTo")) == (owner, territory, copy)
    assert tickets.receivers("complaint.ticket.assigned") == {
        owner: "FULL",
        territory: "WORK",
        **({copy: "WORK"} if copy else {}),
    }
    assert "RPL-1" not in str(tickets.steps[1:])


@pytest.mark.parametrize("sector", [None, "GAFJ", "没有", "GWH", "GOV"])
def test_no_owner_is_guessed(sector: str | None) -> None:
    tickets = Tickets()
    tickets.receive("03-02 09:00", itemSector=sector)
    assert tickets.made("complaint.ticket.assigned") == []
    assert tickets.receivers("complaint.ticket.undetermined") == {"GY-LXHY": "OPEN", "GSH-GOV": "OPEN"}
    assert {row.obligor for row in tickets.world.states["complaint", "CP"].clocks} == {"GSH-GOV"}
    tickets.send("03-03 09:00", "complaint.ticket.determined", "GY-SFJ", ownerSector="GSH-SWJ", minuteNo="1")
    assert {row.obligor for row in tickets.world.states["complaint", "CP"].clocks} == {"GSH-SWJ"}
    assert tickets.made("complaint.ticket.assigned")[0]["ownerSector"] == "GSH-SWJ"


def test_place_outside_the_city() -> None:
    tickets = Tickets()
    tickets.receive("03-02 09:00", divisionCode="110101")
    assert tickets.codes() == ["INVALID_FIELD"]


@pytest.mark.parametrize(
    ("party", "permitted"),
    [
        ("GSH-YJJ", True),
        ("GSH-GOV", True),
        ("GY-YJJ", False),
        ("GY-ZD-GSH", False),
        ("GY-12345", False),
        ("GY-ZD", False),
    ],
)
def test_only_owners_act(party: str, permitted: bool) -> None:
    tickets = Tickets()
    tickets.receive("03-02 09:00")
    tickets.send("03-03 09:00", "complaint.ticket.answered", party, result="已办")
    assert tickets.codes() == ([] if permitted else ["NOT_PERMITTED"])


def test_brigade_cannot_be_made_owner() -> None:
    tickets = Tickets()
    tickets.receive("03-02 09:00", itemSector=None)
    tickets.send("03-03 09:00", "complaint.ticket.determined", "GY-LXHY", ownerSector="GY-ZD-GSH", minuteNo="1")
    assert tickets.codes() == ["NOT_PERMITTED"]


@pytest.mark.parametrize(
    ("channel", "kind", "clocks"),
    [
        ("12315", "投诉", {"C01a"}),
        ("12315", "举报", {"C01c"}),
        ("12315", "咨询", set()),
        ("PETITION", "求助", {"C02a", "C02b"}),
        ("MEDIA", "举报", {"C03", "C03r"}),
        ("ONLINE", "咨询", {"C03", "C03r"}),
    ],
)
def test_regime(channel: str, kind: str, clocks: set[str]) -> None:
    tickets = Tickets()
    tickets.receive("03-02 09:00", channel=channel, kind=kind)
    assert set(tickets.clocks()) == clocks


def test_early_events_wait_for_the_ticket() -> None:
    tickets = Tickets()
    tickets.send("03-02 08:00", "complaint.ticket.accepted", "GSH-YJJ")
    tickets.send("03-02 08:30", "complaint.mediation.ended", "GSH-YJJ", outcome="AGREED")
    assert [made["needs"] for made in tickets.made("complaint.event.parked")] == ["ticket", "ticket"]
    tickets.receive("03-02 09:00", party="GY-SCJGJ", channel="12315", legal="03-01 09:00")
    assert tickets.clocks() == {"C01a": ("MET", "2026-03-10"), "C01b": ("MET", "2026-05-08")}


def test_orphan_after_seven_days() -> None:
    tickets = Tickets()
    tickets.send("03-02 08:00", "complaint.ticket.accepted", "GSH-YJJ")
    tickets.tick("03-09 07:59")
    assert tickets.codes() == []
    tickets.tick("03-09 08:00")
    assert tickets.codes() == ["ORPHAN"]


def test_repeated_and_different() -> None:
    tickets = Tickets()
    tickets.receive("03-02 09:00")
    tickets.send("03-03 09:00", "complaint.ticket.answered", "GSH-YJJ", result="甲")
    tickets.send("03-03 09:05", "complaint.ticket.answered", "GSH-YJJ", result="甲", legal="03-03 09:00")
    assert tickets.made("complaint.conflict.detected") == []
    tickets.send("03-04 09:00", "complaint.ticket.answered", "GSH-YJJ", result="乙")
    (conflict,) = tickets.made("complaint.conflict.detected")
    assert conflict == {
        "complaintId": "CP",
        "code": "REPEATED_DIFFERENT",
        "eventId": "e4",
        "type": "complaint.ticket.answered",
    }
    assert tickets.receivers("complaint.conflict.detected") == {"GY-12345": "OPEN"}


def test_return_voids_everything_and_the_next_owner_begins_anew() -> None:
    tickets = Tickets()
    tickets.receive("03-02 09:00", channel="PETITION")
    tickets.send("03-03 09:00", "complaint.ticket.accepted", "GSH-YJJ")
    tickets.send("03-05 09:00", "complaint.ticket.returned", "GSH-YJJ", reasons="不属本单位")
    assert tickets.clocks() == {
        "C02a": ("MET", "2026-03-17"),
        "C02b": ("MET", "2026-03-09"),
        "C02c": ("VOID", "2026-05-06"),
    }
    tickets.send("03-06 09:00", "complaint.ticket.accepted", "GSH-YJJ")
    assert tickets.codes() == ["NOT_PERMITTED"]
    tickets.send("03-06 10:00", "complaint.ticket.determined", "GY-LXHY", ownerSector="GSH-SWJ", minuteNo="1")
    tickets.send("03-09 09:00", "complaint.ticket.accepted", "GSH-SWJ")
    assert tickets.made("complaint.conflict.detected") == []
    assert tickets.clocks()["C02c"] == ("RUNNING", "2026-05-08")


@pytest.mark.parametrize(
    ("channel", "at", "codes"),
    [
        ("PETITION", "03-09 23:59", []),
        ("PETITION", "03-10 00:01", ["TOO_LATE"]),
        ("12315", "03-02 10:00", ["TOO_LATE"]),
    ],
)
def test_return_only_while_its_right_lives(channel: str, at: str, codes: list[str]) -> None:
    tickets = Tickets()
    tickets.receive("03-02 09:00", channel=channel)
    tickets.send(at, "complaint.ticket.returned", "GSH-YJJ", reasons="不属本单位")
    assert tickets.codes() == codes


def test_return_in_time_but_heard_of_later() -> None:
    tickets = Tickets()
    tickets.receive("03-02 09:00", channel="PETITION")
    tickets.send("03-12 09:00", "complaint.ticket.returned", "GSH-YJJ", reasons="不属本单位", legal="03-06 09:00")
    assert tickets.codes() == []
    assert tickets.clocks()["C02b"][0] == "MET"


def test_extensions() -> None:
    tickets = Tickets()
    tickets.receive("03-02 09:00", kind="举报", channel="12315")
    tickets.receive("03-02 09:00", key="HOT")
    tickets.receive("03-02 09:00", key="LATE", kind="举报", channel="12315")
    approver = {"post": "HEAD"}
    tickets.send("03-20 09:00", "complaint.ticket.extended", "GSH-YJJ", approver=approver)
    tickets.send("03-20 09:00", "complaint.ticket.extended", "GSH-YJJ", approver=approver, key="HOT")
    tickets.send("03-24 09:00", "complaint.ticket.extended", "GSH-YJJ", approver=approver, key="LATE")
    assert tickets.clocks()["C01c"] == ("RUNNING", "2026-04-14")
    assert tickets.codes() == ["EXTENSION_NOT_ALLOWED", "TOO_LATE"]


def test_extension_in_time_takes_the_miss_back() -> None:
    tickets = Tickets()
    tickets.receive("03-02 09:00", kind="举报", channel="12315")
    tickets.send("03-26 09:00", "complaint.ticket.extended", "GSH-YJJ", approver={"post": "HEAD"}, legal="03-20 09:00")
    assert tickets.clocks()["C01c"] == ("RUNNING", "2026-04-14")
    assert tickets.receivers("clock.miss.withdrawn") == {"GSH-YJJ": "OPEN", "GY-YJJ": "OPEN"}


def test_anonymous_informant_is_not_told() -> None:
    tickets = Tickets()
    tickets.receive("03-02 09:00", kind="举报", channel="12315", anonymous=True)
    tickets.send("03-03 09:00", "complaint.filing.decided", "GSH-YJJ", filed=False)
    assert tickets.clocks() == {"C01c": ("MET", "2026-03-23")}


def test_answer_before_the_acceptance_it_needs() -> None:
    tickets = Tickets()
    tickets.receive("03-02 09:00", channel="PETITION")
    tickets.send("03-06 09:00", "complaint.ticket.answered", "GSH-YJJ", result="已办")
    tickets.send("03-06 10:00", "complaint.ticket.accepted", "GSH-YJJ", legal="03-04 09:00")
    assert tickets.clocks()["C02c"] == ("MET", "2026-05-06")


def test_answer_ends_a_running_acceptance_but_heals_no_missed_one() -> None:
    for day, state in (("03-04", "MET"), ("03-20", "MISSED")):
        tickets = Tickets()
        tickets.receive("03-02 09:00", channel="12315")
        tickets.tick(f"{day} 08:00")
        tickets.send(f"{day} 09:00", "complaint.ticket.answered", "GSH-GOV", result="已办", legal="03-04 09:00")
        assert tickets.clocks()["C01a"][0] == state


@pytest.mark.parametrize(
    ("subject", "shown"),
    [({"isMinor": True}, "SUPER"), ({"idNo": "520103201203150023", "isMinor": False}, "SUPER"), ({}, "WORK")],
)
def test_content_about_a_child_is_for_the_owner_alone(subject: dict[str, object], shown: str) -> None:
    tickets = Tickets()
    tickets.receive("03-02 09:00", subject={"subjectType": "PERSON", "name": "某人", **subject}, itemTier="CITY")
    assert tickets.receivers("complaint.ticket.assigned") == {"GY-YJJ": "FULL", "GSH-GOV": shown, "GY-ZD-DD2": shown}
