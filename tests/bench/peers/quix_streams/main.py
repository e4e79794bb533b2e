"""Quix Streams: one dataframe with a stateful step, its RocksDB state and its changelog topic.

The one rule: everything is said with the library's own words; checkpoints, transactions and recovery are its business.
"""

from __future__ import annotations

from typing import Any

import work
from quixstreams import Application, State
from told import told

Headers = list[tuple[str, bytes]]
#: A message and its headers.
Outgoing = tuple[bytes, Headers]

_REASON = "reason"


def translate(value: bytes, key: bytes, timestamp: int, headers: Any, state: State) -> list[Outgoing]:
    """The work of one record with the state of its key, which is the enterprise. Nothing comes of a repeat."""
    try:
        plan = work.read(value, timestamp)
    except work.Refused as why:
        return [(value, [(_REASON, str(why).encode())])]
    accepted = state.get("plans", default=[])
    overlaps = work.decide(plan, accepted)
    if overlaps is None:
        return []
    state.set("plans", accepted)
    return [(work.encode(plan), work.written_headers(plan, overlaps))]


def main() -> None:
    bench = told()
    app = Application(
        broker_address=bench.bootstrap,
        consumer_group=bench.group,
        auto_offset_reset="earliest",
        processing_guarantee="exactly-once" if bench.exactly_once else "at-least-once",
        commit_interval=bench.commit_seconds,
        consumer_poll_timeout=bench.commit_seconds,
        state_dir=bench.folder,
        auto_create_topics=True,
        consumer_extra_config={
            "session.timeout.ms": 6_000, "heartbeat.interval.ms": 1_000, "fetch.wait.max.ms": 100,
            "queued.min.messages": 20_000,
        },
        producer_extra_config={
            "acks": "all", "enable.idempotence": True, "linger.ms": 5, "batch.size": 1024**2,
            "queue.buffering.max.messages": 500_000,
        },
        loglevel="WARNING",
    )  # fmt: skip
    plans = app.topic(bench.input, value_deserializer="bytes")
    events = app.topic(bench.output, value_serializer="bytes")
    refused = app.topic(bench.refused, value_serializer="bytes")

    frame = app.dataframe(plans)
    frame = frame.apply(translate, stateful=True, metadata=True, expand=True)
    frame = frame.set_headers(lambda outgoing, key, timestamp, headers: outgoing[1])
    frame = frame.apply(lambda outgoing: outgoing[0])
    frame.to_topic(lambda value, key, timestamp, headers: refused if headers[0][0] == _REASON else events)
    app.run()


if __name__ == "__main__":
    main()
