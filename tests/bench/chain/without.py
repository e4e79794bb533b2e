"""`python -m tests.bench.chain.without NAME[,NAME] serve worker …`: the hub's own command with a guarantee taken away.

The one rule: this is the only place where that can be done. The product has no switch for any of these, so their cost can be
measured and nobody can save it.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from typing import Any, Final


def _transactions() -> None:
    """Outputs, state and offsets are written one after the other by a plain producer, nothing ties them together."""
    from aiokafka.structs import TopicPartition as Place

    from hub.engine import producer
    from hub.engine.client import new_producer

    whole = producer.LaneProducer.__init__

    def plain(
        self: Any, *, bootstrap: str, transactional_id: str, group: str, state: Place | None, settings: Any
    ) -> None:
        whole(self, bootstrap=bootstrap, transactional_id=transactional_id, group=group, state=state, settings=settings)
        self._kafka = new_producer(
            bootstrap_servers=bootstrap,
            client_id=transactional_id,
            request_timeout_ms=settings.request_timeout_ms,
            max_batch_size=settings.max_produce_batch_bytes,
        )

    async def commit(self: Any, sent: Any, changes: Any, offsets: Any) -> bool:
        if not (sent or changes or offsets):
            return False
        await self._learn_partitions(sent)
        laid = self._lay(sent, changes)
        written = [
            await self._kafka.send_batch(batch, at.topic, partition=at.partition)
            for at, batches in laid.items()
            for batch in batches
        ]
        for each in written:
            await each
        return True

    producer.LaneProducer.__init__ = plain  # type: ignore[method-assign]
    producer.LaneProducer.commit = commit  # type: ignore[method-assign]


def _all_replicas() -> None:
    """A record counts as written when its leader has it. An idempotent producer cannot be so, hence neither is it."""
    from hub.gateway import publish

    made: Any = publish.AIOKafkaProducer  # type: ignore[attr-defined]

    def hasty(**settings: Any) -> Any:
        return made(**settings | {"acks": 1, "enable_idempotence": False})

    publish.AIOKafkaProducer = hasty  # type: ignore[attr-defined]


def _idempotency_keys() -> None:
    """Every request is a first one, and nothing is kept of it."""
    from hub.gateway import idempotency

    async def reserve(_: Any, __: Any, ___: bytes, recorded: str) -> Any:
        return idempotency.Reserved(recorded, again=False)

    async def nothing(*_: Any) -> None:
        """Nothing is kept."""

    for name in ("finish", "release", "doubt"):
        setattr(idempotency.SqliteKeys, name, nothing)
    idempotency.SqliteKeys.reserve = reserve  # type: ignore[method-assign, assignment]


#: What can be taken away, by name.
GUARANTEES: Final[Mapping[str, Callable[[], None]]] = {
    "transactions": _transactions,
    "acks-all": _all_replicas,
    "idempotency-keys": _idempotency_keys,
}


def main() -> None:
    names = sys.argv.pop(1)
    for name in names.split(","):
        GUARANTEES[name]()
    from hub.cli.main import main as hub_main

    hub_main()


if __name__ == "__main__":
    main()
