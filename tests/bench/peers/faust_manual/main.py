"""Faust by its manual: an agent, a table, `topic.send`.

The one rule: nothing here that its guide for users does not show.
"""

from __future__ import annotations

import faust
import work
from told import told

bench = told()
# Faust makes the last folder only.
bench.folder.mkdir(parents=True, exist_ok=True)
app = faust.App(
    bench.group,
    broker=f"kafka://{bench.bootstrap}",
    broker_commit_interval=bench.commit_seconds,
    consumer_auto_offset_reset="earliest",
    broker_session_timeout=6.0,
    broker_heartbeat_interval=1.0,
    topic_partitions=4,
    topic_disable_leader=True,
    web_enabled=False,
    datadir=bench.folder,
    value_serializer="raw",
)
plans = app.topic(bench.input, key_type=bytes, value_type=bytes)
events = app.topic(bench.output, key_type=bytes, value_type=bytes)
refused = app.topic(bench.refused, key_type=bytes, value_type=bytes)
accepted = app.Table("accepted", default=list, key_type=str, value_type=list, partitions=4)


@app.agent(plans)
async def translate(stream: faust.Stream[bytes]) -> None:
    """The work of each record."""
    async for event in stream.events():
        message = event.message
        try:
            plan = work.read(message.value, round(message.timestamp * 1000))
        except work.Refused as why:
            await refused.send(key=message.key, value=message.value, headers={"reason": str(why).encode()})
            continue
        known = accepted[plan.uscc]
        overlaps = work.decide(plan, known)
        if overlaps is None:
            continue
        accepted[plan.uscc] = known
        headers = dict(work.written_headers(plan, overlaps))
        await events.send(key=message.key, value=work.encode(plan), headers=headers)


if __name__ == "__main__":
    app.main()
