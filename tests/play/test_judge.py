"""Judging what happened against what was expected, without any rule."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from hub.play.judge import judge
from hub.play.match import matches
from hub.play.near import apart
from hub.play.outcome import Emitted, Outcome, Turned
from hub.play.scenario import Pattern, Scenario

WARNED = Emitted("clock.warned", {"clock": "C03", "key": "CP"})
OUTCOME = Outcome(
    story=[
        WARNED,
        Emitted("clock.warned", {"clock": "C03", "key": "CP"}, "GY-YJJ"),
        Emitted("clock.warned", {"clock": "C03", "key": "CP"}, "GY-SFJ"),
        Emitted("complaint.ticket.answered", {"result": "已办 INF-1"}, "GY-12345"),
        Turned("late", "TOO_LATE"),
    ],
    clocks=[
        {"clock": "C03", "key": "CP", "governing": True, "state": "MET", "dueAt": "2026-03-04"},
        {"clock": "C03", "key": "CP", "governing": False, "state": "MISSED", "dueAt": "2026-03-05"},
    ],
)


def failures(**parts: Any) -> list[str]:
    empty: dict[str, Any] = {"expect": (), "never": (), "clocks": (), "refused": ({"id": "late", "code": "TOO_LATE"},)}
    scenario = Scenario(name="n", why="w", policy={}, given=(), **{**empty, **parts})
    return [failure.place for failure in judge(scenario, OUTCOME)]


def pattern(event: str = "clock.warned", *to: str, data: Any = None) -> Pattern:
    return Pattern(event, to, data, place="here")


def test_a_decision_and_a_delivery_are_different_records() -> None:
    assert failures(expect=(pattern(), pattern("clock.warned", "GY-YJJ"))) == []
    assert failures(expect=(pattern("complaint.ticket.answered"),)) == ["here"]
    assert failures(expect=(pattern("clock.warned", "GY-12345"),)) == ["here"]


def test_a_list_of_parties_is_one_delivery_to_each() -> None:
    assert failures(expect=(pattern("clock.warned", "GY-YJJ", "GY-SFJ"),)) == []
    assert failures(expect=(pattern("clock.warned", "GY-YJJ", "GY-GOV"),)) == ["here"]


def test_each_pattern_takes_one_record() -> None:
    assert failures(expect=(pattern(), pattern())) == ["here"]
    assert failures(expect=(pattern(data={}), pattern(data={"clock": "C03"}))) == ["here"]


def test_never_searches_decisions_and_deliveries() -> None:
    assert failures(never=(pattern(),)) == ["here"] * 3
    assert failures(never=(pattern("clock.warned", "GY-YJJ", "GY-12345"),)) == ["here"]
    assert failures(never=(pattern("*", data="INF-1"),)) == ["here"]
    assert failures(never=(pattern("*", "GY-YJJ", data="INF-1"),)) == []
    assert failures(never=(pattern("*", "GY-12345", data={"result": "$absent"}),)) == []


def test_clock_rows_are_governing_unless_said_otherwise() -> None:
    assert failures(clocks=({"governing": True, "clock": "C03", "state": "MET"},)) == []
    assert failures(clocks=({"governing": True, "clock": "C03", "state": "MISSED"},)) == ["clocks[0]"]
    assert failures(clocks=({"governing": False, "clock": "C03", "state": "MISSED"},)) == []
    assert failures(clocks=({"governing": "$any", "clock": "C03"}, {"governing": "$any", "clock": "C03"})) == []
    assert failures(clocks=({"governing": True, "clock": "C03"}, {"governing": True, "clock": "C03"})) == ["clocks[1]"]


def test_refusals_are_exhaustive_both_ways() -> None:
    assert failures(refused=()) == ["refused"]
    assert failures(refused=({"code": "TOO_LATE"},)) == []
    assert failures(refused=({"code": "TOO_LATE"}, {"code": "TOO_LATE"})) == ["refused[1]"]
    assert failures(refused=({"id": "late", "code": "TOO_EARLY"},)) == ["refused[0]", "refused"]


def test_a_failure_says_what_came_nearest() -> None:
    scenario = Scenario(
        "n", "w", {}, (), (pattern(data={"clock": "C03", "key": "XX"}),), (), (), ({"code": "TOO_LATE"},)
    )
    (failure,) = judge(scenario, OUTCOME)
    assert failure.near == ('key: expected "XX", nearest has "CP"',)


@given(
    st.recursive(
        st.integers(0, 2) | st.sampled_from(["a", "$any"]),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from("xyz"), inner | st.just("$absent"), max_size=3)
        ),
    ),
    st.recursive(
        st.integers(0, 2) | st.just("a"),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("xyz"), inner, max_size=3),
    ),
    st.booleans(),
)
def test_what_matches_has_no_difference_and_what_does_not_has_some(pattern: Any, value: Any, ordered: bool) -> None:
    assert bool(list(apart(pattern, value, ordered=ordered))) is not matches(pattern, value, ordered=ordered)


def test_a_difference_is_told_down_to_its_field() -> None:
    pattern = {"members": [{"plan": "B", "role": "PART"}, {"plan": "A", "role": "PART"}], "left": ["A"]}
    value = {"members": [{"plan": "A", "role": "LEAD"}, {"plan": "B", "role": "PART"}], "left": ["A", "B"]}
    assert [(one.path, one.expected, one.came) for one in apart(pattern, value)] == [
        ("members[1].role", '"PART"', '"LEAD"'),
        ("left", '["A"]', '["A", "B"]'),
    ]
