"""``hub lag``: how far each reader is behind, in records and in seconds."""

from __future__ import annotations

import asyncio
from typing import Any

import click

from hub.boot import Hub, hub
from hub.cli.exits import Exit
from hub.cli.language import say
from hub.cli.output import emit, output_option
from hub.cli.reach import bootstrap_option, reaching
from hub.ops.lag import Lag, read
from hub.ops.readers import hub_readers, party_readers

#: Exit codes of ``--check``, as monitoring systems speak them.
OK, WARN, ERR = 0, 1, 2

_COLUMNS = {
    "group": "读者 group",
    "topic": "主题 topic",
    "partitions": "分区",
    "records": "积压条数",
    "seconds": "积压秒",
    "objective": "目标秒",
    "status": "状态",
}
_WIDE = {"partition": "分区号", "committed": "已读到", "end": "末尾"}


@click.command()
@click.option("--all", "everything", is_flag=True, help=say("也列出没有积压的", "List those with nothing waiting too"))
@click.option("--check", is_flag=True, help=say("按监控约定给出退出码", "Exit 0 OK, 1 WARN, 2 ERR"))
@bootstrap_option
@output_option
def lag(everything: bool, check: bool, bootstrap: str | None, output: str) -> int:
    """积压:每个读者落后多少条、多少秒。Lag of each reader, in records and in seconds."""
    here = hub()
    with reaching(here, bootstrap) as cluster:
        lags = asyncio.run(read(cluster, hub_readers(here.topics) | party_readers(here.topics)))
    items = (
        [_item(here, one) for one in lags]
        if output in ("wide", "json", "jsonl", "csv", "yaml")
        else _by_topic(here, lags)
    )
    # A party that has never read has not connected yet: what waits for it is not late.
    shown = [item for item in items if everything or item["records"] or item["group"].startswith("hub.")]
    emit("LagList", shown, output, columns=_COLUMNS, wide=_WIDE)
    statuses = {item["status"] for item in items}
    return int((ERR if "ERR" in statuses else WARN if "WARN" in statuses else OK) if check else Exit.OK)


def _item(here: Hub, one: Lag) -> dict[str, Any]:
    objective = here.topics[one.topic].lag_objective_seconds
    return {
        "group": one.group,
        "topic": one.topic,
        "partition": one.partition,
        "committed": one.committed,
        "end": one.end,
        "records": one.records,
        "seconds": None if one.seconds is None else round(one.seconds, 3),
        "objective": objective,
        "status": status(one.seconds, objective),
    }


def status(seconds: float | None, objective: int) -> str:
    """OK within the topic's objective, WARN beyond it, ERR beyond four times of it."""
    if seconds is None or seconds <= objective:
        return "OK"
    return "WARN" if seconds <= 4 * objective else "ERR"


def _by_topic(here: Hub, lags: list[Lag]) -> list[dict[str, Any]]:
    """One line for each group and topic, ingress topics of all parties in one."""
    ingress = {topic.name for topic in here.topics.all_ingress()}
    lines: dict[tuple[str, str], list[Lag]] = {}
    for one in lags:
        lines.setdefault((one.group, "evt.*" if one.topic in ingress else one.topic), []).append(one)
    found = []
    for (_, topic), parts in lines.items():
        worst = max(parts, key=lambda part: part.seconds or 0.0)
        item = _item(here, worst)
        found.append(item | {"topic": topic, "partitions": len(parts), "records": sum(part.records for part in parts)})
    return found
