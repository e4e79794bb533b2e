"""Shards are handed out whole, all of them, evenly, and without needless moves."""

from __future__ import annotations

from typing import Any

from aiokafka.coordinator.protocol import ConsumerProtocol
from hypothesis import given
from hypothesis import strategies as st

from hub.engine.assignor import shard_assignor, share
from hub.engine.flow import Flow

SHARDS = st.integers(1, 24).map(lambda number: list(range(number)))
WISHES = st.dictionaries(
    st.text("abcdef", min_size=1, max_size=3), st.lists(st.integers(-2, 30), max_size=12), min_size=1
)


class Cluster:
    def __init__(self, partitions: dict[str, int]) -> None:
        self._partitions = partitions

    def partitions_for_topic(self, topic: str) -> set[int] | None:
        number = self._partitions.get(topic)
        return None if number is None else set(range(number))


@given(SHARDS, WISHES)
def test_every_shard_goes_to_exactly_one_member_and_evenly(shards: list[int], wishes: dict[str, list[int]]) -> None:
    given_out = share(shards, wishes)
    assert sorted(shard for mine in given_out.values() for shard in mine) == shards
    sizes = [len(mine) for mine in given_out.values()]
    assert max(sizes) - min(sizes) <= 1
    assert given_out.keys() == wishes.keys()


@given(SHARDS, st.sets(st.text("abcdef", min_size=1, max_size=3), min_size=1, max_size=6))
def test_who_asks_for_what_it_had_keeps_it(shards: list[int], members: set[str]) -> None:
    first = share(shards, dict.fromkeys(members, ()))
    assert share(shards, first) == first


@given(SHARDS, st.sets(st.text("abcdef", min_size=1, max_size=3), min_size=2, max_size=6))
def test_when_a_member_leaves_only_its_shards_move(shards: list[int], members: set[str]) -> None:
    before = share(shards, dict.fromkeys(members, ()))
    gone = min(members)
    after = share(shards, {member: mine for member, mine in before.items() if member != gone})
    for member, mine in after.items():
        assert set(before[member]) <= set(mine)


@given(
    st.dictionaries(st.text("xyz", min_size=1, max_size=4), st.integers(1, 5), min_size=2, max_size=30),
    st.integers(1, 9),
    st.integers(1, 5),
)
def test_partitions_of_a_shard_stay_together_over_the_wire(topics: dict[str, int], shards: int, members: int) -> None:
    flow = Flow("many", tuple(topics), shards)
    assignor = shard_assignor(flow)
    metadata = ConsumerProtocol.METADATA.decode(assignor.metadata(flow.topics).encode())
    answer: dict[str, Any] = assignor.assign(Cluster(topics), {f"m{number}": metadata for number in range(members)})
    owner: dict[int, str] = {}
    seen = []
    for member, assignment in answer.items():
        for at in ConsumerProtocol.ASSIGNMENT.decode(assignment.encode()).partitions():
            seen.append((at.topic, at.partition))
            assert owner.setdefault(flow.shard_of(at.topic, at.partition), member) == member
    assert sorted(seen) == sorted((topic, each) for topic, number in topics.items() for each in range(number))


def test_only_topics_every_member_knows_are_handed_out() -> None:
    old, new = Flow("many", ("a", "b"), 2), Flow("many", ("a", "b", "c"), 2)
    members = {"old": shard_assignor(old).metadata(old.topics), "new": shard_assignor(new).metadata(new.topics)}
    answer = shard_assignor(new).assign(Cluster({"a": 1, "b": 1, "c": 1}), members)
    assert {at.topic for each in answer.values() for at in each.partitions()} == {"a", "b"}


def test_a_member_remembers_what_it_was_given() -> None:
    flow = Flow("one", ("a",), 4, "s")
    assignor, other = shard_assignor(flow), shard_assignor(flow)
    assignor.on_assignment(assignor.assign(Cluster({"a": 4}), {"m": assignor.metadata(["a"])})["m"])
    assert assignor.owned == (0, 1, 2, 3)
    assert other.owned == ()
    assert assignor.name == "hub-shards-4"
