"""``hub event``: look at events and their way."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

import click

from hub.boot import hub
from hub.canonical.event import SHANGHAI
from hub.cli.exits import Exit, Failed
from hub.cli.language import say
from hub.cli.output import emit, output_option
from hub.cli.parked import parked
from hub.cli.reach import bootstrap_option, reaching
from hub.ops.trace import Hop, read_trace

_STATIONS = {
    "received": ("收到原文", "received"),
    "translated": ("转换为规范事件", "translated"),
    "refused": ("退回", "refused"),
    "decided": ("裁定", "decided"),
    "routed": ("分送", "routed"),
    "delivered": ("投递", "delivered"),
}


@click.group()
def event() -> None:
    """事件:追踪、等待中的。Events: trace, parked."""


event.add_command(parked)


@event.command()
@click.argument("event_id")
@click.option(
    "--days", type=int, default=7, show_default=True, help=say("只看最近若干天", "Look at the last so many days")
)
@bootstrap_option
@output_option
def trace(event_id: str, days: int, bootstrap: str | None, output: str) -> None:
    """一个事件走过的路。The way of one event through the hub, and of all that followed from it."""
    here = hub()
    since = int((datetime.now(SHANGHAI) - timedelta(days=days)).timestamp() * 1000)
    with reaching(here, bootstrap) as cluster:
        hops = asyncio.run(read_trace(cluster, here.topics, event_id, since_ms=since))
    if not hops:
        raise Failed(
            Exit.NOT_FOUND,
            say(f"近 {days} 天的日志里没有 {event_id}", f"the logs of the last {days} days do not know {event_id}"),
        )
    first = hops[0].at_ms
    columns = {"after": "时刻", "station": "环节", "type": "事件", "party": "单位", "note": "说明", "place": "位置"}
    emit(
        "EventTrace",
        [_item(hop, first) for hop in hops],
        output,
        columns=columns,
        wide={"event_id": "事件号", "cause": "起因"},
    )


def _item(hop: Hop, first: int) -> dict[str, Any]:
    at = datetime.fromtimestamp(hop.at_ms / 1000, SHANGHAI).isoformat(timespec="milliseconds")
    return asdict(hop) | {
        "at": at,
        "after": f"{at[11:23]} +{hop.at_ms - first} ms",
        "station": say(*_STATIONS[hop.station]),
        "place": f"{hop.topic}/{hop.partition}/{hop.offset}",
    }
