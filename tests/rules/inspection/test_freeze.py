"""Check codes, holds, reopening, objections: what is fixed, and how it is given up again."""

from __future__ import annotations

from typing import Any

import pytest

from hub.rules.inspection.freeze import ALPHABET, CODE_LENGTH, check_code
from tests.rules.inspection.desk import USCC, Desk

WEEK = "03-16..03-20"
LATER = "03-18..03-25"


def frozen_joint() -> Desk:
    """A and B joined and frozen."""
    desk = Desk()
    desk.plan("A", "GY-YJJ", WEEK, "Y1 Y2")
    desk.plan("B", "GY-RSJ", WEEK, "R1")
    desk.code("J1", "GY-ZD-DD2")
    return desk


def test_a_code_is_opaque_and_the_same_on_every_replay() -> None:
    """Keyed by the secret, the request and the unit; letters that nobody confuses."""
    code = check_code(b"secret", "e1", "U")

    assert code == check_code(b"secret", "e1", "U")
    assert (
        len({code, check_code(b"other", "e1", "U"), check_code(b"secret", "e2", "U"), check_code(b"secret", "e1", "V")})
        == 4
    )
    assert len(code) == CODE_LENGTH
    assert set(code) <= set(ALPHABET)
    assert not set("01IO") & set(ALPHABET)
    assert len(set(ALPHABET)) == 32


def test_a_code_asked_for_twice_is_issued_once() -> None:
    """Already frozen: ignored."""
    desk = frozen_joint()
    desk.code("J1", "GY-YJJ")

    assert len(desk.made("inspection.code.issued")) == 1
    assert desk.refused == []


@pytest.mark.parametrize(
    ("changes", "notices"),
    [({}, 1), ({"unannounced": True}, 0), ({"type": "CASE", "trigger": "COMPLAINT"}, 1)],
)
def test_the_enterprise_is_told_of_announced_checks_only(changes: dict[str, Any], notices: int) -> None:
    """企业告知: a single plan, alone or a case check, is frozen like a joint."""
    desk = Desk()
    desk.plan("A", "GY-YJJ", WEEK, **changes)
    desk.code("A", "GY-ZD-DD2")

    assert len(desk.made("inspection.code.issued")) == 1
    assert len(desk.delivered("inspection.notice.prepared", "GY-CYZX")) == notices


@pytest.mark.parametrize("unit", ["joint", "single", "visited"])
def test_a_frozen_or_visited_unit_holds_later_plans(unit: str) -> None:
    """HOLD_REPEAT names the unit; other sites and other days go on."""
    desk = Desk()
    desk.plan("A", "GY-YJJ", WEEK, "Y1 Y2")
    if unit == "joint":
        desk.plan("B", "GY-RSJ", WEEK, "R1")
    ref = "J1" if unit == "joint" else "A"
    if unit == "visited":
        desk.visit("V1", "GY-YJJ", "03-16", ref)
    else:
        desk.code(ref, "GY-YJJ")
    desk.plan("C", "GY-WJW", LATER, "W1")
    desk.plan("D", "GY-WJW", LATER, "W1", siteCode="S2")
    desk.plan("E", "GY-STHJJ", "03-23..03-25", "T1")

    assert [desk.decision(plan) for plan in "CDE"] == ["HOLD_REPEAT", "SINGLE", "SINGLE"]
    held = next(one for one in desk.made("inspection.plan.decided") if one["planId"] == "C")
    assert held["holdRef"] == (f"{USCC}-J1" if ref == "J1" else "A")


@pytest.mark.parametrize(
    "changes", [{"unannounced": True}, {"type": "CASE", "trigger": "COMPLAINT"}], ids=["unannounced", "case"]
)
def test_solos_and_case_checks_neither_hold_nor_are_held(changes: dict[str, Any]) -> None:
    """Whichever of the two is frozen first."""
    desk = Desk()
    desk.plan("A", "GY-YJJ", WEEK, **changes)
    desk.code("A", "GY-YJJ")
    desk.plan("B", "GY-RSJ", WEEK, "R1")
    desk.code("B", "GY-RSJ")
    desk.plan("C", "GY-WJW", WEEK, "W1", **changes)

    assert [desk.decision(plan) for plan in "BC"] == ["SINGLE", "SINGLE"]


def test_the_earliest_of_several_units_holds() -> None:
    """holdRef: by window, then by reference."""
    desk = Desk()
    desk.plan("A", "GY-YJJ", "03-23..03-27")
    desk.code("A", "GY-YJJ")
    desk.plan("B", "GY-RSJ", "03-16..03-18", "R1")
    desk.code("B", "GY-RSJ")
    desk.plan("C", "GY-WJW", "03-16..03-27", "W1")

    assert desk.made("inspection.plan.decided")[-1]["holdRef"] == "B"


@pytest.mark.parametrize("way", ["amend", "justify", "cancel", "reopen", "cancel unit"])
def test_a_hold_ends(way: str) -> None:
    """Amended out of the overlap, justified, cancelled, or the unit is given up."""
    desk = frozen_joint()
    desk.plan("C", "GY-WJW", LATER, "W1")
    match way:
        case "amend":
            desk.plan("C", "GY-WJW", "03-23..03-27", "W1", version=2)
        case "justify":
            desk.justify("C", "GY-WJW")
        case "cancel":
            desk.cancel("C", "GY-WJW")
        case "reopen":
            desk.reopen("J1", "GY-YJJ")
        case "cancel unit":
            desk.cancel("A", "GY-YJJ")
            desk.cancel("B", "GY-RSJ")

    expected = {"cancel": "CANCELLED", "reopen": "JOINED"}.get(way, "SINGLE")
    assert desk.decision("C") == expected
    if way == "justify":
        assert desk.made("inspection.plan.decided")[-1]["overrideGround"] == "URGENT_RISK"
        assert "reason" not in desk.delivered("inspection.hold.justified", "GY-SFJ")[0]


def test_reopening_voids_the_code_and_the_next_one_is_another() -> None:
    """The held plan joins, the lead asks again."""
    desk = frozen_joint()
    desk.plan("C", "GY-WJW", LATER, "W1")
    desk.reopen("J1", "GY-ZD-DD2")
    desk.code("J1", "GY-YJJ")

    assert desk.made("inspection.joint.changed")[-1]["joined"] == ["C"]
    assert len({one["checkCode"] for one in desk.made("inspection.code.issued")}) == 2


@pytest.mark.parametrize(("who", "lead", "rule"), [("A", "GY-RSJ", "SAME_AGENCY"), ("B", "GY-YJJ", "L4")])
def test_a_member_leaves_a_frozen_joint(who: str, lead: str, rule: str) -> None:
    """Window and code stay, the version goes up, a lead that left is replaced, nothing is dissolved."""
    desk = frozen_joint()
    desk.cancel(who, "GY-YJJ" if who == "A" else "GY-RSJ")

    changed = desk.made("inspection.joint.changed")[-1]
    assert (changed["version"], changed["lead"], changed["leadRule"], changed["left"]) == (2, lead, rule, [who])
    assert changed["window"] == {"from": "2026-03-16", "to": "2026-03-20"}
    assert desk.made("inspection.joint.dissolved") == []
    assert len(desk.made("inspection.code.issued")) == 1


def test_a_frozen_plan_does_not_expire() -> None:
    """The visit may still be recorded after its window."""
    desk = frozen_joint()
    desk.tick("03-30")

    assert [desk.decision(plan) for plan in "AB"] == ["JOINED", "JOINED"]


def test_an_expired_plan_may_still_be_reported_visited() -> None:
    """EXPIRED, then VISITED: the visit took place."""
    desk = Desk()
    desk.plan("A", "GY-YJJ", WEEK)
    desk.tick("03-23")
    started = "2026-03-20T10:00:00+08:00"
    desk.visit("V1", "GY-YJJ", "03-23T10", "A", startedAt=started, scannedAt=started)

    assert [one["reason"] for one in desk.made("inspection.plan.closed")] == ["EXPIRED", "VISITED"]
    assert len(desk.made("inspection.visit.counted")) == 1


@pytest.mark.parametrize(
    ("reason", "notices"), [("UNANNOUNCED", 0), ("SECRECY", 0), ("EXPERT_UNAVAILABLE", 1), ("STATUTORY_INTERVAL", 1)]
)
def test_an_objecting_member_goes_alone(reason: str, notices: int) -> None:
    """The others hear that it left, the justice bureau hears why."""
    desk = Desk()
    desk.plan("A", "GY-YJJ", WEEK)
    desk.plan("B", "GY-RSJ", WEEK, "R1")
    desk.object("B", "GY-ZD-DD4", reason=reason)
    desk.plan("B", "GY-RSJ", WEEK, "R1", version=2)
    desk.code("B", "GY-RSJ")

    assert desk.decision("B") == "SINGLE"
    assert desk.made("inspection.joint.dissolved")[-1]["cause"] == "TOO_FEW"
    assert desk.delivered("inspection.objection.logged", "GY-SFJ")[0]["reasonCode"] == reason
    assert reason not in desk.read_by("GY-YJJ")
    assert len(desk.made("inspection.notice.prepared")) == notices


def test_what_other_agencies_may_not_see_is_nowhere_in_what_they_get() -> None:
    """Trigger, source, deployment number, approver and officers stay with their agency (contract §5 S)."""
    desk = Desk()
    secret: dict[str, Any] = {
        "type": "SPECIAL",
        "deploymentNo": "密部署77",
        "trigger": "RANDOM",
        "sourceRef": "CP-99",
        "approver": {"name": "王局长", "post": "HEAD"},
        "officers": [{"name": "张三丰", "certNo": "ZF-1"}, {"name": "李四光", "certNo": "ZF-2"}],
    }
    desk.plan("A", "GY-YJJ", WEEK, **secret)
    desk.plan("B", "GY-RSJ", WEEK, "R1")
    desk.code("J1", "GY-YJJ")
    desk.visit("V1", "GY-YJJ", "03-17", "J1")
    desk.plan("C", "GY-WJW", LATER, "W1", at="03-17")

    for party in ("GY-RSJ", "GY-WJW", "GY-ZHZFJ", "GY-CYZX", "GY-SFJ"):
        for word in ("密部署77", "RANDOM", "CP-99", "王局长", "HEAD", "张三丰", "ZF-1"):
            assert word not in desk.read_by(party), (party, word)
