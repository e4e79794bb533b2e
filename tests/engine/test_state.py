"""State, timers, partitions: the parts that need no broker."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from aiokafka.partitioner import murmur2 as reference
from hypothesis import given
from hypothesis import strategies as st

from hub.engine.batch import Batch
from hub.engine.flow import Flow
from hub.engine.partitioning import murmur2
from hub.engine.record import Outgoing
from hub.engine.state import State, StateView
from hub.engine.timers import DueHeap

KEYS = st.binary(min_size=1, max_size=3)
NOW = datetime(2026, 11, 22, tzinfo=UTC)


@given(st.binary(max_size=40))
def test_keys_hash_as_in_the_java_client(key: bytes) -> None:
    assert murmur2(key) == reference(key)


@given(st.lists(st.lists(st.tuples(KEYS, st.none() | st.binary(max_size=2)), max_size=8), max_size=6), KEYS)
def test_a_view_reads_its_own_writes_and_the_base_changes_only_as_a_whole(
    batches: list[list[tuple[bytes, bytes | None]]], prefix: bytes
) -> None:
    state, model = State(), dict[bytes, bytes]()
    for changes in batches:
        before = dict(model)
        view = StateView(state)
        for key, value in changes:
            if value is None:
                view.delete(key)
                model.pop(key, None)
            else:
                view.put(key, value)
                model[key] = value
            assert view.get(key) == model.get(key)
            assert state.get(key) == before.get(key)
        for shown in (b"", prefix[:1], prefix):
            assert list(view.keys(shown)) == sorted(each for each in model if each.startswith(shown))
        state.apply(view.changes)
        assert list(state.keys(b"")) == sorted(model)
        assert len(state) == len(model)


@given(st.lists(st.tuples(st.sampled_from([b"a", b"b", b"c"]), st.none() | st.integers(0, 9)), max_size=200))
def test_a_key_is_due_when_its_last_change_said(changes: list[tuple[bytes, int | None]]) -> None:
    heap, model = DueHeap(), dict[bytes, int]()
    for key, due in changes:
        heap.set(key, due)
        model.pop(key, None)
        if due is not None:
            model[key] = due
    assert heap.next_ms() == min(model.values(), default=None)
    taken = heap.take(5, 10)
    assert sorted(taken) == sorted(key for key, due in model.items() if due <= 5)
    assert heap.take(5, 10) == []
    for key in taken:
        heap.offer_again(key, 7)
    assert sorted(heap.take(9, 10)) == sorted(model)


def test_a_timer_is_part_of_the_change_and_its_header() -> None:
    state = State()
    view = StateView(state)
    view.put(b"k", b"v", NOW + timedelta(seconds=2))
    assert view.due(b"k") == NOW + timedelta(seconds=2)
    state.apply(view.changes)
    due_ms = int(NOW.timestamp() * 1000) + 2_000
    assert state.timers.next_ms() == due_ms
    assert view.changes[b"k"].headers() == (("due", b"%d" % due_ms),)
    view.delete(b"k")
    state.apply(view.changes)
    assert state.timers.next_ms() is None


def test_a_local_time_is_no_time() -> None:
    with pytest.raises(ValueError, match="aware"):
        StateView(State()).put(b"k", b"v", datetime(2026, 1, 1))


def test_a_batch_needs_no_broker() -> None:
    told: list[BaseException | None] = []
    batch = Batch(records=[], due=[b"k"], now=NOW, shard=0, state=State())
    batch.settle_with(told.append)
    with batch:
        batch.send(Outgoing("t", b"k", b"v"))
    error = ValueError("no")
    with pytest.raises(ValueError, match="no"), batch:
        raise error
    assert [each.value for each in batch.sent] == [b"v"]
    assert told == [None, error]


def test_a_flow_with_state_reads_one_topic_of_as_many_partitions_as_shards() -> None:
    with pytest.raises(ValueError, match="reads one topic"):
        Flow("x", ("a", "b"), 2, "s")
    with pytest.raises(ValueError, match="more partitions"):
        Flow("x", ("a",), 2, "s").shard_of("a", 2)
    assert [Flow("x", ("a",), 3, "s").shard_of("a", each) for each in range(3)] == [0, 1, 2]
