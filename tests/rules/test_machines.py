"""The diagrams are what the rules do, and the page of them is fresh."""

from __future__ import annotations

import re

from hub.canonical import states
from hub.canonical.catalogue import Catalogue
from hub.local.diagrams import PAGE, page
from hub.reference import load
from hub.rules.complaint.aggregate import NEEDS
from hub.rules.inspection.moves import CLOSINGS, JOINT_MOVES
from hub.rules.machines import START, machines
from hub.rules.matter.lead import MOVES, State, Sub
from hub.rules.matter.track import Track
from hub.rules.schedule.verdict import EXPIRY, LATE


def test_the_page_is_fresh() -> None:
    assert PAGE.read_text("utf-8") == page(), "docs/state-machines.md is stale: make docs"


def test_every_row_of_a_table_is_drawn_once() -> None:
    drawn = {machine.title[1]: machine.edges for machine in machines()}
    assert len(drawn["Criminal lead"]) == len(MOVES)
    assert len(drawn["Joint visit"]) == len(JOINT_MOVES) + 1  # and its beginning
    closings = [edge for edge in drawn["Inspection plan"] if edge.source != edge.target and edge.source != START]
    assert len(closings) == len(CLOSINGS)


def test_every_state_has_its_names() -> None:
    assert set(states.LEAD) == {name.value for kind in (State, Sub) for name in kind if name.value}
    assert set(states.TRACK) == set(Track)
    assert set(states.CLOCK_KINDS) == set(LATE) == set(EXPIRY)
    reasons = next(f.enum for f in Catalogue.load()["inspection.plan.closed"].fields if f.name == "reason")
    assert set(reasons) == set(CLOSINGS.values()) <= set(states.PLAN)


def test_what_must_be_known_first_is_what_the_catalogue_says() -> None:
    for name, words in NEEDS.items():
        assert words[-1:] == tuple(filter(None, [load().events[name].needs])), name


def test_whatever_is_drawn_can_be_reached() -> None:
    for machine in machines():
        reached = {START}
        while more := {edge.target for edge in machine.edges if edge.source in reached} - reached:
            reached |= more
        assert reached >= {edge.source for edge in machine.edges}, machine.title


def test_mermaid_can_read_it() -> None:
    """Names without dots, labels without what ends a label."""
    for line in page().splitlines():
        if arrow := re.fullmatch(r"    (\S+) --> (\S+)(?: : (.*))?", line):
            assert all(re.fullmatch(r"\[\*\]|\w+", arrow[end]) for end in (1, 2))
            assert ":" not in (arrow[3] or "")
            assert ";" not in (arrow[3] or "")
