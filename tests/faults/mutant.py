"""`python -m tests.faults.mutant NAME[,NAME] serve worker …`: the hub's own command with a defect planted.

One rule: a mutant changes one promise and nothing else. *none* changes nothing: the same deaths at the same places, and clean.

A defect that shows only when a process dies or stands still at a bad moment is given such moments: `FAULTS_DEATHS` names a folder
in which every death leaves a file, and there are at most `FAULTS_MOST` of them.
"""

from __future__ import annotations

import os
import random
import signal
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

_FOLDER = "FAULTS_DEATHS"
#: Others take over a few seconds after the session is over; the transaction must still be open then, and it lasts 15.
_STALL_SECONDS, _SESSION_MS = 13.5, 6_000


def _turn() -> bool:
    """Whether something happens here and now; in the whole run at most so many times."""
    folder, most = os.environ.get(_FOLDER), int(os.environ.get("FAULTS_MOST", "3"))
    if not folder or random.random() > float(os.environ.get("FAULTS_CHANCE", "0.1")):
        return False
    place = Path(folder)
    place.mkdir(parents=True, exist_ok=True)
    if sum(1 for _ in place.iterdir()) >= most:
        return False
    (place / f"{os.getpid()}-{time.time_ns()}").touch()
    return True


def _die_sometimes() -> None:
    if _turn():
        os.kill(os.getpid(), signal.SIGKILL)


def _commit_in_two(first: Callable[..., tuple[Any, Any, Any]], second: Callable[..., tuple[Any, Any, Any]]) -> None:
    """Have what is one transaction be two, with a death now and then between them."""
    from hub.engine.producer import LaneProducer

    whole = LaneProducer.commit

    async def commit(self: Any, sent: Any, changes: Any, offsets: Any) -> bool:
        one = first(sent, changes, offsets)
        written = await whole(self, *one)
        if sent and (one[0] or one[2]):
            _die_sometimes()
        return await whole(self, *second(sent, changes, offsets)) or written

    LaneProducer.commit = commit  # type: ignore[method-assign]


def offsets_first() -> None:
    """Offsets are committed before the effects."""
    _commit_in_two(lambda sent, changes, offsets: ([], {}, offsets), lambda sent, changes, offsets: (sent, changes, {}))


def effects_first() -> None:
    """Effects are committed before the offsets and the state: at least once, twice after a death."""
    _commit_in_two(lambda sent, changes, offsets: (sent, {}, {}), lambda sent, changes, offsets: ([], changes, offsets))


def timers_apart() -> None:
    """What a timer says is committed before the state that remembers it was said."""

    def said(sent: Any) -> list[Any]:
        return [
            each for each in sent if any(value.startswith(b"cn.guiyang.hub.clock.missed") for _, value in each.headers)
        ]

    _commit_in_two(
        lambda sent, changes, offsets: (said(sent), {}, {}),
        lambda sent, changes, offsets: ([each for each in sent if each not in said(sent)], changes, offsets),
    )


def unfenced() -> None:
    """Every start of a producer takes a transactional id of its own: nobody is ever fenced."""
    from hub.engine.producer import LaneProducer

    whole = LaneProducer.__init__

    def init(self: Any, **options: Any) -> None:
        options["transactional_id"] += f"-{uuid4().hex}"
        whole(self, **options)

    LaneProducer.__init__ = init  # type: ignore[method-assign]
    stalls()


def stalls() -> None:
    """Nothing is wrong, but a process stands still inside a transaction until others have taken its place."""
    from aiokafka import AIOKafkaProducer

    from hub.cli import worker

    settings = worker.EngineSettings
    worker.EngineSettings = partial(  # type: ignore[misc,assignment]
        settings, session_timeout_ms=_SESSION_MS, heartbeat_interval_ms=_SESSION_MS // 4
    )
    whole = AIOKafkaProducer.commit_transaction

    async def commit(self: Any) -> None:
        if _turn():
            time.sleep(_STALL_SECONDS)  # the whole event loop, heartbeats too
        await whole(self)

    AIOKafkaProducer.commit_transaction = commit


def none() -> None:
    """Nothing is wrong, but the process dies in the middle of a transaction now and then, and right after one."""
    from aiokafka import AIOKafkaProducer

    whole = AIOKafkaProducer.commit_transaction

    async def commit(self: Any) -> None:
        _die_sometimes()
        await whole(self)
        _die_sometimes()

    AIOKafkaProducer.commit_transaction = commit


def heard_again() -> None:
    """An aggregate does not know what it has heard."""
    from hub.agents.aggregate import AggregateAgent

    whole = AggregateAgent._read

    class Forgetful(dict[str, None]):
        def __contains__(self, key: object) -> bool:
            return False

    def read(self: Any, batch: Any, key: bytes) -> Any:
        state = whole(self, batch, key)
        if state is not None:
            state.seen = Forgetful(state.seen)
        return state

    AggregateAgent._read = read  # type: ignore[method-assign]


def letters_dropped() -> None:
    """What is refused is forgotten."""
    from hub.engine.batch import Batch

    whole = Batch.send

    def send(self: Any, outgoing: Any) -> None:
        if not outgoing.topic.startswith("dlq."):
            whole(self, outgoing)

    Batch.send = send  # type: ignore[method-assign]


def acks_one() -> None:
    """The gateway says yes when one broker has it."""
    from aiokafka import AIOKafkaProducer

    from hub.gateway import publish

    def producer(**options: Any) -> AIOKafkaProducer:
        return AIOKafkaProducer(**options | {"acks": 1, "enable_idempotence": False})

    publish.AIOKafkaProducer = producer  # type: ignore[assignment,misc]


MUTANTS: dict[str, Callable[[], None]] = {
    "none": none,
    "stalls": stalls,
    "offsets-first": offsets_first,
    "effects-first": effects_first,
    "timers-apart": timers_apart,
    "unfenced": unfenced,
    "heard-again": heard_again,
    "letters-dropped": letters_dropped,
    "acks-one": acks_one,
}


def main() -> None:
    for name in sys.argv[1].split(","):
        MUTANTS[name]()
    sys.argv = ["hub", *sys.argv[2:]]
    from hub.__main__ import main as hub

    hub()


if __name__ == "__main__":
    main()
