"""``hub lead``: criminal leads as they stand, for police, courts and those who sent them."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from typing import Any

import click

from hub.boot import hub
from hub.cli.exits import Exit, Failed
from hub.cli.language import say
from hub.cli.output import emit, output_option
from hub.cli.reach import bootstrap_option, reaching
from hub.ops.leads import STATE_NAMES, Lead, leads

_COLUMNS = {
    "lead_id": "线索号",
    "principal": "主管机关",
    "handler": "承办",
    "police": "公安机关",
    "state": "状态",
    "legal_at": "时间",
    "due": "运行期限",
    "missed": "逾期",
}


@click.group()
def lead() -> None:
    """线索:清单、详情。Criminal leads: list, show."""


@lead.command("list")
@click.option("--party", default="", help=say("只看与该单位有关的", "Those this party takes part in"))
@click.option("--realm", default="", hidden=True)
@bootstrap_option
@output_option
def list_leads(party: str, realm: str, bootstrap: str | None, output: str) -> None:
    """线索清单。All leads with their state and running periods."""
    here = hub()
    with reaching(here, bootstrap) as cluster:
        found = asyncio.run(leads(cluster, here.topics, realm))
    items = [_item(one, output) for one in found if not party or party in (one.principal, one.handler, one.police)]
    emit("LeadList", items, output, columns=_COLUMNS, wide={"correlation_id": "案件线索串号"})


@lead.command()
@click.argument("lead_id")
@click.option("--realm", default="", hidden=True)
@bootstrap_option
@output_option
def show(lead_id: str, realm: str, bootstrap: str | None, output: str) -> None:
    """一条线索的经过。The thread of one lead, step by step."""
    here = hub()
    with reaching(here, bootstrap) as cluster:
        found = asyncio.run(leads(cluster, here.topics, realm))
    one = next((each for each in found if each.lead_id == lead_id), None)
    if one is None:
        raise Failed(Exit.NOT_FOUND, say(f"没有线索 {lead_id}", f"there is no lead {lead_id}"))
    if output not in ("table", "wide"):
        emit("Lead", [_item(one, output) | {"steps": [asdict(step) for step in one.steps]}], output, columns=_COLUMNS)
        return
    emit("Lead", [_item(one, output)], output, columns=_COLUMNS)
    click.echo()
    emit(
        "LeadSteps",
        [asdict(step) for step in one.steps],
        output,
        columns={"at": "时间", "type": "事件", "party": "单位", "event_id": "事件号"},
    )


def _item(one: Lead, output: str) -> dict[str, Any]:
    item = asdict(one)
    del item["steps"]
    if output in ("table", "wide"):
        item["state"] = " · ".join(STATE_NAMES.get(name, name) for name in (one.state, one.sub) if name)
    return item
