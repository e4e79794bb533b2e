"""Open clocks: the heap of timers, one tick of what is due, a year's notice, loading, and their memory.

The one rule: a clock is a real one of the matter aggregate, seven days from a suspicion to its transfer; a tick and a notice go
through the agent as they do in a lane.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from hub import reference
from hub.agents.aggregate import AggregateAgent
from hub.agents.translate import Translator
from hub.canonical.event import SHANGHAI
from hub.engine.batch import Batch
from hub.engine.record import Record
from hub.engine.state import State
from hub.engine.timers import DueHeap
from hub.rules.matter import MATTER
from tests.agents.records import TOPICS, as_record, sent
from tests.bench.scale.curve import Curve, microseconds
from tests.bench.scale.kept import write
from tests.engine.scale.process import resident_mb

SIZES: Final = (1_000, 10_000, 100_000, 1_000_000)
#: One in so many ends in a year whose holidays are not announced.
PROVISIONAL_IN: Final = 100
_DUE: Final = 500
_AT_ONCE: Final = 5_000
SPRING, WINTER = datetime(2026, 3, 2, 9, tzinfo=SHANGHAI), datetime(2026, 12, 30, 9, tzinfo=SHANGHAI)


def fact(record: Record, at: datetime, topic: str) -> Record:
    """*record* as it stands in the log of *topic* once it is translated."""
    stamped = Record(record.topic, 0, 0, int(at.timestamp() * 1000), None, record.value, record.headers)
    written = Translator(TOPICS, reference.load()).translate(stamped)
    return as_record(next(one for one in written if one.topic == topic))


def state_of(at: datetime) -> tuple[bytes, bytes, int]:
    """(key, value, due) of one matter with an open clock that was started at *at*."""
    data = {
        "correlationId": "MT-000000000",
        "reportId": "R-000000000",
        "reportedAt": (at - timedelta(hours=1)).isoformat(),
        "principal": "GY-YJJ",
        "handler": "GY-ZD-DD2",
        "team": [{"name": "甲", "certNo": "A1"}, {"name": "乙", "certNo": "A2"}],
    }
    record = fact(sent("GY-ZD-DD2", "matter.suspicion.reported", data, "R-000000000"), at, "matter.event.v1")
    state = State()
    run(state, (record,), at)
    ((key, value),) = ((key, state.get(key)) for key in state.keys(b"MT-"))
    due = state.timers.due_ms(key)
    assert value is not None
    assert due is not None
    return key, value, due


def run(state: State, records: tuple[Record, ...], now: datetime, due: tuple[bytes, ...] = ()) -> int:
    """One batch; how many records it wrote."""
    batch = Batch(records=records, due=due, now=now, shard=0, state=state)
    with batch:
        AggregateAgent("matters", MATTER, TOPICS, reference.load()).handle(batch)
    state.apply(batch.state.changes)
    return len(batch.sent)


def filled(number: int) -> State:
    """A shard with *number* matters, each with an open clock, due one after the other."""
    plain, provisional = state_of(SPRING), state_of(WINTER)
    state, values, due = State(), dict[bytes, bytes | None](), dict[bytes, int]()
    for count in range(number):
        key, value, at = provisional if count % PROVISIONAL_IN == 0 else plain
        own = b"MT-%09d" % count
        values[own] = value.replace(key, own).replace(b"R-000000000", b"R-%09d" % count)
        due[own] = at + count
        if len(values) == _AT_ONCE or count == number - 1:
            state.load(values, due, count)
            values, due = {}, {}
    return state


def measure() -> dict[str, Any]:
    """Every size."""
    found: dict[str, list[tuple[float, float]]] = {}
    for number in SIZES:
        for name, value in (*_heap(number), *_shard(number)):
            found.setdefault(name, []).append((number, value))
    curves = [
        Curve(name, "MiB" if "MiB" in name else "µs", "open clocks", 1 if "all" in name else 0, tuple(points))
        for name, points in found.items()
    ]
    return write("clocks", curves, {"provisionalIn": PROVISIONAL_IN})


def _heap(number: int) -> Iterator[tuple[str, float]]:
    heap = DueHeap()
    heap.load({b"MT-%09d" % count: count * 10 for count in range(number)}, ())
    heap.next_ms()
    some = [b"MT-%09d" % count for count in range(0, number, max(1, number // _DUE))]

    def moved() -> None:
        for key in some:
            heap.set(key, 5)
        heap.take(5, len(some))

    yield "a timer set and taken", microseconds(moved, len(some))


def _shard(number: int) -> Iterator[tuple[str, float]]:
    before, began = resident_mb(), time.process_time()
    state = filled(number)
    yield "all loaded", (time.process_time() - began) * 1e6
    yield "MiB of all", max(resident_mb() - before, 0.1)
    began = time.process_time()
    first = state.timers.next_ms()
    yield "all put in order of time", (time.process_time() - began) * 1e6
    assert first is not None
    now = datetime.fromtimestamp((first + _DUE) / 1000, UTC)
    due = tuple(state.timers.take(int(now.timestamp() * 1000), _DUE))
    began = time.process_time()
    assert run(state, (), now, due) >= len(due)
    yield f"a tick of {_DUE} due clocks, each", (time.process_time() - began) * 1e6 / len(due)
    yield from _notice(state, number)


def _notice(state: State, number: int) -> Iterator[tuple[str, float]]:
    data = {"year": 2027, "loadedAt": "2026-12-30T08:50:00+08:00", "noticeNo": "1", "offDays": [], "workDays": []}
    data["offDays"] = ["2027-01-01", "2027-01-04", "2027-01-05"]
    notice = fact(sent("GY-ZHZFJ", "clock.calendar.loaded", data, "cal"), WINTER, "matter.event.v1")
    began = time.process_time()
    longest, batches = 0.0, 0
    records: tuple[Record, ...] = (notice,)
    due: tuple[bytes, ...] = ()
    while records or due:
        round_began = time.process_time()
        run(state, records, WINTER, due)
        longest, batches = max(longest, time.process_time() - round_began), batches + 1
        records = ()
        due = (b"\x00recount~",) if state.get(b"\x00recount~") is not None else ()
    yield "a year's notice, all clocks looked at", (time.process_time() - began) * 1e6
    yield "the longest batch of a year's notice, of at most all it may count", longest * 1e6
