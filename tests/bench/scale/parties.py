"""Parties from 15 to 300: reading the city, planning its topics, and one event on its way from the door to a receiver's topic.

The one rule: the work of one event names the same two parties, whatever the city's size; so its cost must not depend on it.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from hub import reference
from hub.agents import deliver
from hub.agents.aggregate import AggregateAgent
from hub.agents.install import Lookups, agent
from hub.engine.batch import Batch
from hub.engine.record import Record
from hub.engine.state import State
from hub.gateway.credentials import Tokens
from hub.gateway.judge import Asked, Judge
from hub.ops.plan import Cluster, plan
from hub.reference import Reference
from hub.rules.matter import MATTER
from hub.topics import Topics
from tests.agents.records import NOW, as_record
from tests.bench.scale.city import city, found
from tests.bench.scale.curve import Curve, microseconds, seconds
from tests.bench.scale.kept import write
from tests.bench.scale.size import lead_of

PARTIES: Final = (15, 30, 75, 150, 300)
_ASKED: Final = 200
_LARGEST: Final = 256 * 1024


def measure() -> dict[str, Any]:
    """Every size."""
    curves: dict[tuple[str, str, float], list[tuple[float, float]]] = {}
    for parties in PARTIES:
        with tempfile.TemporaryDirectory(prefix="hub-scale-") as folder:
            here, topics = city(Path(folder) / "a", parties)
            for name, value in whole(Path(folder), parties, here, topics).items():
                curves.setdefault((name, "ms", 1), []).append((parties, value * 1e3))
            for name, doing in per_event(here, topics).items():
                curves.setdefault((name, "µs", 0), []).append((parties, microseconds(_often(doing), _ASKED)))
    return write(
        "parties",
        [Curve(name, unit, "parties", expected, tuple(points)) for (name, unit, expected), points in curves.items()],
    )


def whole(folder: Path, parties: int, here: Reference, topics: Topics) -> dict[str, float]:
    """Seconds of what is done once for the whole city."""
    places = iter([found(folder / f"city-{number}", parties) for number in range(3)])
    actual = Cluster("c", 3, {})
    return {
        "start: reading the reference data": seconds(lambda: reference.load(next(places)), rounds=3),
        "start: reading topics.yaml": seconds(
            lambda: Topics.load(folder / "a" / "topics.yaml", here.directory.codes(), "local")
        ),
        "topics plan: of an empty cluster": seconds(lambda: plan(topics.all(), actual, internal=topics.internal)),
    }


def per_event(here: Reference, topics: Topics) -> dict[str, Callable[[], object]]:
    """What one event costs at each place."""
    _, translate = agent("translate", Lookups(topics, here))
    matters = AggregateAgent("matters", MATTER, topics, here)
    record = lead_of(0.5)
    fact = as_record(_batch(translate, record)[0])
    outgoing = as_record(next(one for one in _batch(matters.handle, fact) if one.topic == topics.outgoing.name))
    tokens = Tokens({party: f"{party}-0123456789abcdef" for party in here.directory.codes()})
    judge, raw = Judge(topics, here, _LARGEST), record.value or b""
    asked = Asked("GY-YJJ", "/v1/events", "k" * 16, NOW, int(NOW.timestamp() * 1000))
    assert judge.events(asked, [raw], batch=False).accepted
    return {
        "gateway: token and judgement": lambda: (
            tokens.party_of(b"GY-YJJ-0123456789abcdef"),
            judge.events(asked, [raw], batch=False),
        ),
        "translate": lambda: _batch(translate, record),
        "decide": lambda: _batch(matters.handle, fact),
        "deliver": lambda: list(deliver.copies(outgoing, topics)),
    }


def _batch(handle: Callable[[Batch], None], record: Record) -> Any:
    batch = Batch(records=(record,), now=NOW, shard=0, state=State())
    with batch:
        handle(batch)
    return batch.sent


def _often(doing: Callable[[], object]) -> Callable[[], None]:
    def often() -> None:
        for _ in range(_ASKED):
            doing()

    return often
