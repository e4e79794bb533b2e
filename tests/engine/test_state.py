"""State, timers, partitions: the parts that need no broker."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from aiokafka.partitioner import murmur2 as reference
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from hub.engine.batch import Batch
from hub.engine.flow import Flow
from hub.engine.partitioning import murmur2
from hub.engine.record import Outgoing
from hub.engine.state import Change, State, StateView
from hub.engine.store import Store
from hub.engine.timers import DueHeap
from tests.engine.stores import KINDS, new_store

KEYS = st.binary(min_size=1, max_size=3)
NOW = datetime(2026, 11, 22, tzinfo=UTC)


@given(st.binary(max_size=40))
def test_keys_hash_as_in_the_java_client(key: bytes) -> None:
    assert murmur2(key) == reference(key)


@pytest.fixture(params=KINDS)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], Store]:
    """Makes a store of each kind, empty."""
    made: list[Store] = []

    def make() -> Store:
        for each in made:
            each.close()
        made[:] = [new_store(request.param, tmp_path)]
        made[0].forget()
        return made[0]

    return make


@examples(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    batches=st.lists(st.lists(st.tuples(KEYS, st.none() | st.binary(max_size=2)), max_size=8), max_size=6),
    prefix=KEYS,
    known=st.booleans(),
)
def test_a_view_reads_its_own_writes_and_the_base_changes_only_as_a_whole(
    store: Callable[[], Store], batches: list[list[tuple[bytes, bytes | None]]], prefix: bytes, known: bool
) -> None:
    state, model = State(store()), dict[bytes, bytes]()
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
            known_keys = sorted(each for each in model if each.startswith(shown))
            assert list(view.keys(shown)) == known_keys
            assert list(view.keys(shown, prefix)) == [each for each in known_keys if each > prefix]
        state.apply(view.changes)
        if known:  # a batch is seen before it is known to be committed, and alike after
            state.committed(1)
        assert list(state.keys(b"")) == sorted(model)
        assert list(state.keys(b"", prefix)) == sorted(each for each in model if each > prefix)
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


def test_a_timer_is_part_of_the_change_and_its_header(store: Callable[[], Store]) -> None:
    state = State(store())
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


@examples(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    parts=st.lists(
        st.dictionaries(KEYS, st.none() | st.tuples(st.binary(max_size=2), st.none() | st.integers(0, 9)), max_size=6),
        max_size=6,
    )
)
def test_what_is_loaded_in_bulk_is_what_is_applied_one_by_one(
    store: Callable[[], Store], parts: list[dict[bytes, tuple[bytes, int | None] | None]]
) -> None:
    loaded, applied = State(store()), State()
    for number, part in enumerate(parts):
        values = {key: None if said is None else said[0] for key, said in part.items()}
        dues = {key: said[1] for key, said in part.items() if said is not None and said[1] is not None}
        loaded.load(values, dues, number + 1)
        applied.apply({key: Change(value, dues.get(key)) for key, value in values.items()})
        assert list(loaded.keys(b"")) == list(applied.keys(b""))
        assert [loaded.get(key) for key in loaded.keys(b"")] == [applied.get(key) for key in applied.keys(b"")]
        assert loaded.timers.next_ms() == applied.timers.next_ms()
    assert sorted(loaded.timers.take(9, 99)) == sorted(applied.timers.take(9, 99))
    assert loaded.end == len(parts)
