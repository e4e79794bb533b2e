"""The matcher, case by case (contract §12)."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.play.match import assign, matches


@pytest.mark.parametrize(
    ("pattern", "value", "fits"),
    [
        ({}, {"a": 1}, True),
        ({"a": 1}, {"a": 1, "b": 2}, True),
        ({"a": 1}, {"b": 2}, False),
        ({"a": {"b": 1}}, {"a": {"b": 1, "c": 2}}, True),
        ({"a": "$any"}, {"a": ""}, True),
        ({"a": "$any"}, {"a": [1]}, True),
        ({"a": "$any"}, {}, False),
        ({"a": "$absent"}, {}, True),
        ({"a": "$absent"}, {"a": 1}, False),
        ({"a": {"b": "$absent"}}, {"a": {}}, True),
        ({"a": {"b": "$absent"}}, {}, False),
        ([1, 2], [2, 1], True),
        ([1, 2], [1, 2, 3], False),
        ([1, 1], [1, 2], False),
        ([], [], True),
        ([], [1], False),
        (["$any", 1], [1, 2], True),
        ([{"a": 1}, {"a": 2}], [{"a": 2, "b": 0}, {"a": 1}], True),
        ([{}, {"a": 1}], [{"a": 1}, {"a": 2}], True),  # a greedy reader gives {} the only a=1
        ([{"x": ["$any"]}], [{"x": [3]}], True),
        ("abc", ["abc"], False),
        (["a"], "a", False),
        (1, True, False),
        (True, 1, False),
        (1, "1", False),
        ({"a": 1}, "a", False),
    ],
)
def test_matches(pattern: Any, value: Any, fits: bool) -> None:
    assert matches(pattern, value) is fits


@pytest.mark.parametrize(("value", "fits"), [([1, 2], True), ([2, 1], False), ([1], False)])
def test_ordered(value: list[int], fits: bool) -> None:
    assert matches({"a": [1, 2]}, {"a": value}, ordered=True) is fits
    assert matches({"a": {"b": [[1, 2]]}}, {"a": {"b": [value]}}, ordered=True) is fits


@given(st.integers(1, 6), st.randoms())
def test_an_assignment_that_exists_is_found(size: int, random: Any) -> None:
    hidden = list(range(size))
    random.shuffle(hidden)
    candidates = [sorted({hidden[n], *(other for other in range(size) if random.random() < 0.4)}) for n in range(size)]
    found = assign(candidates)
    assert sorted(one for one in found if one is not None) == list(range(size))
    assert all(one in candidates[n] for n, one in enumerate(found))


def test_as_many_as_can_be() -> None:
    assert sorted(assign([[0], [0], [1]]), key=str) == sorted([0, None, 1], key=str)
