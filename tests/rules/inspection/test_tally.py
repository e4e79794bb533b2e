"""What merging spares the enterprise."""

from __future__ import annotations

from hub.rules.inspection import Tally, tally
from tests.rules.inspection.desk import Desk

WEEK = "03-16..03-20"


def test_joined_yielded_and_recognised_plans_save_visits() -> None:
    """Three joined, one recognised and one yielded come to one visit; a single and an expired one save nothing."""
    desk = Desk()
    desk.result("NM-YJJ", "P1")
    desk.plan("A", "GY-YJJ", WEEK)
    desk.plan("B", "GY-RSJ", WEEK, "R1")
    desk.plan("C", "NM-ZJJ", WEEK, "Z1:DISTRICT")
    desk.plan("D", "GY-ZJJ", WEEK, "Z1:DISTRICT")
    desk.plan("E", "GY-WJW", WEEK, "P1")
    desk.plan("F", "GY-STHJJ", "04-13..04-17", "T1")
    desk.plan("G", "GY-STHJJ", "03-03..03-04", "T2")
    desk.tick("03-05")

    found = tally(desk.state)
    assert found == Tally(planned=6, visits=2, joined=3, recognised=1, yielded=1, held=0)
    assert found.saved == 4


def test_a_hold_saves_nothing_and_a_visit_counts_once() -> None:
    """After the joint visit the later plan waits."""
    desk = Desk()
    desk.plan("A", "GY-YJJ", WEEK)
    desk.plan("B", "GY-RSJ", WEEK, "R1")
    desk.visit("V1", "GY-YJJ", "03-17", "J1")
    desk.plan("C", "GY-WJW", WEEK, "W1")

    found = tally(desk.state)
    assert found == Tally(planned=3, visits=1, joined=2, held=1)
    assert found.saved == 1
    assert found + found == Tally(planned=6, visits=2, joined=4, held=2)
