"""`hub connector run`, `pause`, `resume`: one connection by hand.

One rule: a pause takes nothing away and holds over restarts; `run` works exactly as the process that runs them all.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys
from datetime import datetime

import click

from connectors import kinds
from connectors.pauses import DIRECTIONS
from connectors.protocol import Connector
from connectors.pulse import Pulse
from connectors.runner import producer_for, take_in
from connectors.runner import run as run_pumps
from connectors.serve import now, site_of
from hub.cli.connector_check import implied
from hub.cli.connector_here import Here, here
from hub.cli.exits import Exit, Failed
from hub.cli.language import say
from hub.cli.output import emit, note, output_option
from hub.local.discovery import NoCluster
from hub.telemetry import configure
from hub.topics import Topics

_QUIET_SECONDS = 3.0


@click.command(
    help=say("在前台只运行这一个连接,直到被停止。", "Run this connection alone, in the foreground, until told to stop.")
)
@click.argument("name")
@click.option("--once", is_flag=True, help=say("取完对端现有的就结束", "End when nothing more comes in"))
@click.option("--bootstrap", default=None, help=say("Kafka 地址", "Kafka's address"))
def run(name: str, once: bool, bootstrap: str | None) -> int:
    """1 if check has findings, 3 without a cluster; a signal ends it with 128 + its number."""
    place = here()
    connection = place.connection(name)
    implied(place, connection.name)
    try:
        address = place.bootstrap(bootstrap)
    except NoCluster as error:
        raise Failed(Exit.CONFIGURATION, say("没有 Kafka 地址: 请先 hub dev,或给出 --bootstrap", str(error))) from None
    configure(level=place.settings.log_level, process="connector")
    settings = place.settings.model_copy(update={"state_dir": place.state})
    site = site_of(settings, place.drop, place.parties, progress=sys.stderr.isatty())
    connector = kinds.kind(connection.kind).connect(connection, site)
    topics = place.topics()
    note(say(f"运行 {connection.name}({connection.kind}),Ctrl-C 结束", f"running {connection.name} ({connection.kind}), Ctrl-C ends it"))  # fmt: skip
    stopped = asyncio.run(_run(place, connection.name, connector, topics, address, once=once))
    return 128 + stopped if stopped else int(Exit.OK)


async def _run(place: Here, name: str, connector: Connector, topics: Topics, address: str, *, once: bool) -> int:
    stopped = 0
    if once:
        work = asyncio.create_task(_once(connector, topics, address))
    else:
        work = asyncio.create_task(run_pumps({name: connector}, topics, address, Pulse(), now, place.pauses))

    def stop(number: int) -> None:
        nonlocal stopped
        stopped = number
        work.cancel()

    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop, int(number))
    with contextlib.suppress(asyncio.CancelledError):
        await work
    return stopped


async def _once(connector: Connector, topics: Topics, address: str) -> None:
    """Take in what is there: until nothing was delivered for a while."""
    if connector.source is None:
        return
    last = asyncio.get_running_loop().time()

    def seen() -> datetime:
        nonlocal last
        last = asyncio.get_running_loop().time()
        return now()

    async with producer_for(address) as producer:
        taking = asyncio.create_task(take_in(connector, topics, producer, seen))
        while not taking.done() and asyncio.get_running_loop().time() - last < _QUIET_SECONDS:
            await asyncio.wait({taking}, timeout=0.2)
        taking.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await taking


@click.command(help=say("暂停一个连接;不丢失任何东西。", "Pause a connection; nothing is lost."))
@click.argument("name")
@click.option("--in", "way", flag_value="in", help=say("只停入向", "Only what comes in"))
@click.option("--out", "way", flag_value="out", help=say("只停出向", "Only what goes out"))
@click.option("--reason", default="", help=say("原因", "Why"))
@output_option
def pause(name: str, way: str | None, reason: str, output: str) -> None:
    """Both directions without a flag."""
    place = here()
    connection = place.connection(name)
    ways = [way] if way else list(DIRECTIONS)
    for each in ways:
        place.pauses.pause(f"{connection.name}.{each}", reason)
    _show(place, connection.name, output)


@click.command(help=say("让暂停的连接继续。", "Let a paused connection go on."))
@click.argument("name")
@click.option("--in", "way", flag_value="in", help=say("只开入向", "Only what comes in"))
@click.option("--out", "way", flag_value="out", help=say("只开出向", "Only what goes out"))
@output_option
def resume(name: str, way: str | None, output: str) -> int:
    """2 if it was not paused."""
    place = here()
    connection = place.connection(name)
    was = [place.pauses.resume(f"{connection.name}.{each}") for each in ([way] if way else DIRECTIONS)]
    _show(place, connection.name, output)
    if not any(was):
        note(say("本来就没有暂停", "it was not paused"))
        return Exit.USAGE
    return Exit.OK


def _show(place: Here, name: str, output: str) -> None:
    paused = place.pauses.all()
    rows = [
        {"pump": f"{name}.{way}", "paused": f"{name}.{way}" in paused, "reason": paused.get(f"{name}.{way}", "")}
        for way in DIRECTIONS
    ]
    emit("ConnectorPauses", rows, output, columns={"pump": say("连接", "Connection"), "paused": say("暂停", "Paused"), "reason": say("原因", "Reason")})  # fmt: skip
