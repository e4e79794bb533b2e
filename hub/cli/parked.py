"""``hub event parked``: early events, what each of them waits for, and until when."""

from __future__ import annotations

import asyncio
from dataclasses import asdict

import click

from hub.boot import hub
from hub.cli.language import say
from hub.cli.output import emit, output_option
from hub.cli.reach import bootstrap_option, reaching
from hub.ops.parked import parked as read_parked

_COLUMNS = {"since": "等待自", "until": "最迟", "key": "事项", "type": "事件", "party": "单位", "needs": "缺"}


@click.command()
@click.option("--party", default="", help=say("只看该单位报送的", "Those this party sent"))
@click.option("--realm", default="", hidden=True)
@bootstrap_option
@output_option
def parked(party: str, realm: str, bootstrap: str | None, output: str) -> None:
    """提前到达、正在等待的事件。Early events that wait for what must be known first."""
    here = hub()
    with reaching(here, bootstrap) as cluster:
        found = asyncio.run(read_parked(cluster, here.topics, here.reference.policy["parkDays"], realm))
    items = [asdict(one) for one in found if not party or party == one.party]
    emit("ParkedEvents", items, output, columns=_COLUMNS, wide={"event_id": "事件号", "time": "业务时间"})
