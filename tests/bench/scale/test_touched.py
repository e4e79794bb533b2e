"""What a cost may touch, counted: none of these can be true or false by the clock."""

from __future__ import annotations

from collections.abc import Iterator
from math import log2
from pathlib import Path

import pytest

from hub.engine.state import Change, State, StateView
from hub.engine.store_memory import MemoryStore
from hub.engine.timers import DueHeap
from hub.topics import Topics
from tests.bench.scale.city import SMALLEST, city
from tests.bench.scale.curve import Curve, slope
from tests.bench.scale.province import City, computed


class Compared(bytes):
    """A key that counts how often it is compared."""

    times = 0

    def __lt__(self, other: bytes) -> bool:
        Compared.times += 1
        return bytes(self) < bytes(other)


@pytest.fixture(autouse=True)
def _none_compared() -> None:
    Compared.times = 0


def compared() -> int:
    """Since last asked."""
    times, Compared.times = Compared.times, 0
    return times


@pytest.mark.parametrize("number", [500, 5_000])
def test_a_new_key_costs_no_comparison_and_a_walk_after_it_only_its_place(number: int) -> None:
    state = State(MemoryStore())
    state.apply({Compared(b"%08d" % (count * 2)): Change(b"v") for count in range(number)})
    assert len(list(state.keys(b""))) == number
    compared()

    state.apply({Compared(b"%08d" % (count * 20 + 1)): Change(b"v") for count in range(10)})
    assert compared() == 0
    assert len(list(state.keys(b""))) == number + 10
    assert compared() < 2 * number


def test_a_walk_from_the_middle_reads_what_is_taken_from_it_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    state, view = State(), StateView(State())
    state.apply({b"%05d" % count: Change(b"v") for count in range(10_000)})
    view = StateView(state)
    view.put(b"07000x", b"v")
    read: list[bytes] = []
    walk = state.keys

    def counted(prefix: bytes, after: bytes = b"") -> Iterator[bytes]:
        for key in walk(prefix, after):
            read.append(key)
            yield key

    monkeypatch.setattr(state, "keys", counted)
    taken = [key for key, _ in zip(view.keys(b"", b"06999"), range(3), strict=False)]

    assert taken == [b"07000", b"07000x", b"07001"]
    assert len(read) <= 5


@pytest.mark.parametrize("number", [1_000, 16_000])
def test_a_timer_among_many_costs_the_logarithm_of_them(number: int) -> None:
    heap = DueHeap()
    heap.load({Compared(b"%08d" % count): 7 for count in range(number)}, ())  # all due at once: keys decide
    heap.next_ms()
    compared()

    heap.set(Compared(b"x"), 3)
    assert heap.take(5, 10) == [b"x"]
    assert compared() <= 4 * log2(number)


def test_an_old_timer_that_was_moved_leaves_no_more_than_a_few_entries_behind() -> None:
    heap = DueHeap()
    for at in range(100_000):
        heap.set(b"k%d" % (at % 100), at)

    assert len(heap._heap) <= 64 + 4 * 100


def test_a_city_has_as_many_parties_as_asked_for_and_three_topics_for_each(tmp_path: Path) -> None:
    counts = {}
    for parties in (SMALLEST, 2 * SMALLEST):
        here, topics = city(tmp_path / str(parties), parties)
        assert len(here.directory.codes()) == parties
        counts[parties] = len(topics.all())
    assert counts[2 * SMALLEST] - counts[SMALLEST] == 3 * SMALLEST


def test_who_conveys_is_not_asked_of_every_party(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _, topics = city(tmp_path, 60)

    class Unwalkable(dict[object, object]):
        def __iter__(self) -> Iterator[object]:
            raise AssertionError("asked every party")

    for name in ("_ingress", "_rights", "_deliveries"):
        monkeypatch.setattr(topics, name, Unwalkable(getattr(topics, name)))
    assert isinstance(topics, Topics)
    assert topics.conveyors("zhifa-json", "complaint.ticket.answered") == ()
    assert topics.may_speak("evt.gy-zd.zhifa-json.v1", "GY-ZD", "inspection.visit.recorded")


def test_a_straight_line_has_the_slope_one_and_a_square_is_found_out() -> None:
    assert slope([(1, 3), (10, 30), (100, 300)]) == pytest.approx(1)
    assert Curve("a", "µs", "b", 1, ((1, 1), (10, 10), (100, 100))).holds
    assert not Curve("a", "µs", "b", 1, ((1, 1), (10, 100), (100, 10_000))).holds
    with pytest.raises(ValueError, match="two sizes"):
        slope([(1, 1)])


def test_a_province_of_twice_the_cities_needs_twice_as_much() -> None:
    one, two = computed(City(cities=5_000)), computed(City(cities=10_000))

    assert float(two["facts_a_day"].replace(",", "")) == pytest.approx(
        2 * float(one["facts_a_day"].replace(",", "")), rel=1e-3
    )
    assert two["gib_a_city"] == one["gib_a_city"]
    assert int(one["hub_cores"]) < int(two["hub_cores"]) <= 2 * int(one["hub_cores"])
