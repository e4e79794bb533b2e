"""What each guarantee costs: the same work with it and without it.

The one rule: what is taken away is taken away here only. Checks that need no broker are measured in turn on the agents' own functions
in this process; the others on whole hubs, one as it is and one without each, by processor time for one event.
"""

from __future__ import annotations

import hashlib
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from hub import reference
from hub.agents import translate
from hub.agents.install import Lookups, agent
from hub.engine.batch import Batch
from hub.engine.record import Record
from hub.engine.state import State
from hub.local.topics import load_topics
from hub.settings import Settings
from hub.wire import avro
from tests.bench.chain import throughput
from tests.bench.chain.load import SENDER, postings
from tests.bench.chain.started import BESIDE, Shape, started

_ROUNDS: Final = 25
_EVENTS: Final = 1_000
#: One hub for each, in this order.
HUBS: Final[Mapping[str, str]] = {
    "": "everything as the product has it",
    "transactions": "outputs, state and offsets in one transaction",
    "acks-all": "the gateway's acks=all and idempotent producer",
    "idempotency-keys": "idempotency keys on disk before the answer",
}
_CORES: Final = (0, 1)


async def costs(*, seconds: float, warm_seconds: float) -> dict[str, Any]:
    """Every cost, with where it was measured."""
    inside = checks()
    print(inside, file=sys.stderr, flush=True)
    hubs: dict[str, Any] = {}
    for name, what in HUBS.items():
        hubs[name or "as it is"] = {"what": what, **await _hub_us((name,) if name else (), seconds, warm_seconds)}
        print(name, hubs[name or "as it is"], file=sys.stderr, flush=True)
    return {"in this process, µs per event": inside, "whole hubs, µs per event": hubs}


async def _hub_us(without: tuple[str, ...], seconds: float, warm_seconds: float) -> dict[str, dict[str, float]]:
    found = {}
    with tempfile.TemporaryDirectory() as home:
        async with started(Path(home), Shape(cores=_CORES, without=without)) as hub:
            for run, per_post in (("b", 50), ("c", 1)):  # a request is paid for by each event, or by fifty together
                one = await throughput.measure(
                    hub, seconds=seconds, warm_seconds=warm_seconds, per_post=per_post, run=run
                )
                workers = sum(us for process, us in one.cpu_us.items() if process not in BESIDE | {"gateway"})
                found[f"{per_post} a post"] = {
                    "per_second": one.per_second,
                    "gateway": one.cpu_us["gateway"],
                    "workers": round(workers, 1),
                    "kafka": one.cpu_us["kafka"],
                }
    return found


# ---- checks that need no broker


def checks(rounds: int = _ROUNDS) -> dict[str, float]:
    """Microseconds an event that each check takes of translate, the least of some rounds in turn."""
    topics = load_topics(Settings(), "local")
    _, handle = agent("translate", Lookups(topics, reference.load(None)))
    structured = _structured(topics.ingress(SENDER, "canonical").name)
    binary = _binary(handle, structured)
    return {
        "translate, one JSON event, all checks on": _alone(handle, structured, rounds),
        "shape, content and who may say it (admit)": _cost(handle, structured, _not_admitted, rounds),
        "SHA-256 of the bytes as sent": _cost(handle, structured, _no_digest, rounds),
        "translate, one Avro event, all checks on": _alone(handle, binary, rounds),
        "guard: foreign Avro walked before it is decoded": _cost(handle, binary, _unguarded, rounds),
    }


@contextmanager
def _not_admitted() -> Iterator[None]:
    with _replaced(translate, "admit", lambda *_: None):
        yield


@contextmanager
def _no_digest() -> Iterator[None]:
    empty = hashlib.sha256(b"")
    with _replaced(hashlib, "sha256", lambda _: empty):
        yield


@contextmanager
def _unguarded() -> Iterator[None]:
    with _replaced(avro.Codec, "guard", lambda *_: None):
        yield


@contextmanager
def _replaced(owner: Any, name: str, other: Any) -> Iterator[None]:
    whole = getattr(owner, name)
    setattr(owner, name, other)
    try:
        yield
    finally:
        setattr(owner, name, whole)


def _cost(handle: Callable[[Batch], None], records: Sequence[Record], without: Callable[[], Any], rounds: int) -> float:
    whole, less = [], []
    for _ in range(rounds):
        whole.append(_us(handle, records))
        with without():
            less.append(_us(handle, records))
    return round(min(whole) - min(less), 2)  # the least disturbed round of each


def _alone(handle: Callable[[Batch], None], records: Sequence[Record], rounds: int) -> float:
    return round(min(_us(handle, records) for _ in range(rounds)), 2)


def _us(handle: Callable[[Batch], None], records: Sequence[Record]) -> float:
    batch = _batch(records)
    began = time.process_time()
    handle(batch)
    return (time.process_time() - began) / len(records) * 1e6


def _batch(records: Sequence[Record]) -> Batch:
    return Batch(records=records, now=datetime.now(UTC), shard=0, state=State())


def _structured(topic: str) -> list[Record]:
    now_ms = time.time_ns() // 1_000_000
    headers = (("content-type", b"application/cloudevents+json"),)
    bodies = [each.request.partition(b"\r\n\r\n")[2] for each in postings(_EVENTS, "")]
    return [Record(topic, 0, offset, now_ms, None, body, headers) for offset, body in enumerate(bodies)]


def _binary(handle: Callable[[Batch], None], structured: Sequence[Record]) -> list[Record]:
    """The same events as a party writes them in binary mode: the hub's own encoding of them, read as foreign."""
    batch = _batch(structured)
    handle(batch)
    return [
        Record(one.topic, 0, one.offset, one.timestamp_ms, None, written.value, written.headers)
        for one, written in zip(structured, batch.sent, strict=True)
    ]
