"""What is refused because of what happened before, and with which code."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from hub.rules.ledger import Refusal
from tests.rules.inspection.desk import USCC, Desk

WEEK = "03-16..03-20"
Act = Callable[[Desk], object]


def joined(desk: Desk) -> None:
    desk.plan("A", "GY-YJJ", WEEK, "Y1 Y2")
    desk.plan("B", "GY-RSJ", WEEK, "R1")


def frozen(desk: Desk) -> None:
    joined(desk)
    desk.code("J1", "GY-YJJ")


def visited(desk: Desk) -> None:
    joined(desk)
    desk.visit("V1", "GY-YJJ", "03-17", "J1")


def dissolved(desk: Desk) -> None:
    joined(desk)
    desk.cancel("B", "GY-RSJ")


def held(desk: Desk) -> None:
    frozen(desk)
    desk.plan("C", "GY-WJW", WEEK, "W1")


def single(desk: Desk) -> None:
    desk.plan("A", "GY-YJJ", WEEK)


def expired(desk: Desk) -> None:
    single(desk)
    desk.tick("03-23")


CASES: list[tuple[str, Act, Act, str]] = [
    ("another agency's planId", single, lambda d: d.plan("A", "GY-RSJ", WEEK), "NOT_PERMITTED"),
    ("another agency amends", single, lambda d: d.plan("A", "GY-RSJ", WEEK, version=2), "NOT_PERMITTED"),
    ("another agency cancels", single, lambda d: d.cancel("A", "GY-RSJ"), "NOT_PERMITTED"),
    ("another agency approves", single, lambda d: d.approve("A", "GY-RSJ"), "NOT_PERMITTED"),
    ("another agency's code", single, lambda d: d.code("A", "GY-RSJ"), "NOT_PERMITTED"),
    ("a member asks for the code", joined, lambda d: d.code("J1", "GY-RSJ"), "NOT_PERMITTED"),
    ("a member reopens", frozen, lambda d: d.reopen("J1", "GY-RSJ"), "NOT_PERMITTED"),
    ("objection for another's plan", joined, lambda d: d.object("B", "GY-YJJ"), "NOT_PERMITTED"),
    ("a stranger visits the joint", joined, lambda d: d.visit("V1", "GY-WJW", "03-17", "J1"), "NOT_PERMITTED"),
    ("a stranger visits the plan", single, lambda d: d.visit("V1", "GY-WJW", "03-17", "A"), "NOT_PERMITTED"),
    ("justify what is not held", single, lambda d: d.justify("A", "GY-YJJ"), "NOT_PERMITTED"),
    ("justify what is closed", expired, lambda d: d.justify("A", "GY-YJJ"), "NOT_PERMITTED"),
    ("justify another's", held, lambda d: d.justify("C", "GY-YJJ"), "NOT_PERMITTED"),
    ("amend the expired", expired, lambda d: d.plan("A", "GY-YJJ", "04-13..04-17", version=2), "STALE_TARGET"),
    ("approve the expired", expired, lambda d: d.approve("A", "GY-YJJ"), "STALE_TARGET"),
    ("cancel the expired", expired, lambda d: d.cancel("A", "GY-YJJ"), "STALE_TARGET"),
    ("code for the expired", expired, lambda d: d.code("A", "GY-YJJ"), "STALE_TARGET"),
    ("cancel the visited", visited, lambda d: d.cancel("A", "GY-YJJ"), "STALE_TARGET"),
    ("reopen the visited", visited, lambda d: d.reopen("J1", "GY-YJJ"), "STALE_TARGET"),
    ("code for the visited", visited, lambda d: d.code("J1", "GY-YJJ"), "STALE_TARGET"),
    ("code for a member", joined, lambda d: d.code("A", "GY-YJJ"), "STALE_TARGET"),
    ("code for the held", held, lambda d: d.code("C", "GY-WJW"), "STALE_TARGET"),
    ("code for the dissolved", dissolved, lambda d: d.code("J1", "GY-YJJ"), "STALE_TARGET"),
    ("reopen the dissolved", dissolved, lambda d: d.reopen("J1", "GY-YJJ"), "STALE_TARGET"),
    ("visit the dissolved", dissolved, lambda d: d.visit("V1", "GY-YJJ", "03-17", "J1"), "STALE_TARGET"),
    ("visit the cancelled", dissolved, lambda d: d.visit("V1", "GY-RSJ", "03-17", "B"), "STALE_TARGET"),
    ("object in the dissolved", dissolved, lambda d: d.object("A", "GY-YJJ"), "STALE_TARGET"),
    (
        "code without approval",
        lambda d: d.plan("A", "GY-YJJ", WEEK, state="SUBMITTED"),
        lambda d: d.code("A", "GY-YJJ"),
        "NOT_APPROVED",
    ),
    ("a window that has passed", lambda d: None, lambda d: d.plan("A", "GY-YJJ", "02-23..02-27"), "TOO_LATE"),
    ("amend into the past", single, lambda d: d.plan("A", "GY-YJJ", "02-23..02-27", version=2), "TOO_LATE"),
    ("amend the frozen", frozen, lambda d: d.plan("A", "GY-YJJ", WEEK, version=2), "TOO_LATE"),
    ("amend the visited", visited, lambda d: d.plan("A", "GY-YJJ", "04-13..04-17", version=2), "TOO_LATE"),
    ("object after the code", frozen, lambda d: d.object("A", "GY-YJJ"), "TOO_LATE"),
]


@pytest.mark.parametrize(("before", "act", "code"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_refused_and_nothing_changes(before: Act, act: Act, code: str) -> None:
    """The code of the contract, a sentence in both languages, and the state as it was."""
    desk = Desk()
    before(desk)
    stood = (desk.decision_table(), len(desk.steps)) if ("inspection", USCC) in desk.world.states else ({}, 0)
    act(desk)

    assert desk.refused == [code]
    refusal = desk.steps[-1]
    assert isinstance(refusal, Refusal)
    assert refusal.refused.detail
    assert refusal.refused.detail_en
    assert (desk.decision_table(), len(desk.steps) - 1) == stood


@pytest.mark.parametrize("version", [1, 2])
def test_a_known_version_has_no_effect_even_when_it_would_be_refused(version: int) -> None:
    """A redelivery of a closed plan is no news and no error."""
    desk = Desk()
    desk.plan("A", "GY-YJJ", WEEK, version=2)
    desk.tick("03-23")
    made = len(desk.made("inspection.plan.decided"))
    desk.plan("A", "GY-YJJ", WEEK, version=version)

    assert desk.refused == []
    assert len(desk.made("inspection.plan.decided")) == made


def test_a_case_check_may_be_reported_after_its_window() -> None:
    """Urgent checks complete their formalities afterwards; only plans in scope can be too late."""
    desk = Desk()
    desk.plan("A", "GY-YJJ", "02-23..02-27", type="CASE", trigger="EMERGENCY")

    assert desk.refused == []
    assert desk.decision("A") == "SINGLE"


@pytest.mark.parametrize(
    ("act", "needs"),
    [
        (lambda d: d.approve("A", "GY-YJJ"), "plan"),
        (lambda d: d.cancel("A", "GY-YJJ"), "plan"),
        (lambda d: d.justify("A", "GY-YJJ"), "plan"),
        (lambda d: d.code("A", "GY-YJJ"), "plan"),
        (lambda d: d.code("J1", "GY-YJJ"), "joint"),
        (lambda d: d.reopen("J1", "GY-YJJ"), "joint"),
        (lambda d: d.object("A", "GY-YJJ"), "joint"),
        (lambda d: d.visit("V1", "GY-YJJ", unit="A"), "plan"),
        (lambda d: d.visit("V1", "GY-YJJ", unit="J1"), "joint"),
    ],
)
def test_what_comes_early_waits(act: Act, needs: str) -> None:
    """Parked, and an orphan after parkDays."""
    desk = Desk()
    act(desk)
    parked = [one["needs"] for one in desk.made("inspection.event.parked")]
    desk.tick("03-10")

    assert parked == [needs]
    assert desk.refused == ["ORPHAN"]


def test_an_approval_that_came_early_counts() -> None:
    """Parked until the plan comes, then the code can be asked for."""
    desk = Desk()
    desk.approve("A", "GY-YJJ")
    desk.plan("A", "GY-YJJ", WEEK, state="SUBMITTED")
    desk.code("A", "GY-YJJ")

    assert desk.refused == []


@pytest.mark.parametrize("approval_first", [True, False])
def test_an_approval_covers_the_versions_that_were_there(approval_first: bool) -> None:
    """Legal times decide: an amendment made before the approval is covered, whichever arrives first."""
    desk = Desk()
    desk.plan("A", "GY-YJJ", WEEK, state="SUBMITTED")
    acts: list[Act] = [
        lambda d: d.send(
            "inspection.plan.approved",
            "GY-YJJ",
            {"planId": "A", "approvedAt": "2026-03-04T09:00:00+08:00", "approver": {"post": "HEAD"}},
            "03-05",
        ),
        lambda d: d.plan(
            "A", "GY-YJJ", WEEK, at="03-05", version=2, state="SUBMITTED", amendedAt="2026-03-03T09:00:00+08:00"
        ),
    ]
    for act in acts if approval_first else reversed(acts):
        act(desk)
    desk.code("A", "GY-YJJ")

    assert desk.refused == []


def test_an_amendment_after_the_approval_needs_another() -> None:
    """What the head approved was another plan."""
    desk = Desk()
    desk.plan("A", "GY-YJJ", WEEK, state="SUBMITTED")
    desk.approve("A", "GY-YJJ", "03-03")
    desk.plan("A", "GY-YJJ", "03-23..03-27", at="03-04", version=2, state="SUBMITTED")
    desk.code("A", "GY-YJJ")

    assert desk.refused == ["NOT_APPROVED"]
