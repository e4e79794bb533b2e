"""The process `hub serve connectors`: every connection of this installation, drop folders for the other systems that exchange
files, and every webhook.

The one rule: this is the only file of the room that reads settings and the clock.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from connectors import kinds, registry
from connectors.filedrop import FileSource
from connectors.filedrop.kind import FileDrop, FileSettings
from connectors.filedrop.progress import in_log, on_terminal
from connectors.filedrop.quota import Quota, Rationed
from connectors.kind import Connection, Site
from connectors.pauses import Pauses
from connectors.protocol import Connector
from connectors.pulse import Pulse
from connectors.runner import run
from connectors.webhook import Place, ReceiversInvalid, read_receivers, sinks_closed, webhook_connectors
from connectors.webhook.journal import Journal
from hub.canonical.event import SHANGHAI
from hub.canonical.periods import Calendar
from hub.health import BrokerCheck, Check, Probes, serve
from hub.local.topics import installed
from hub.log import get_logger
from hub.settings import Settings
from hub.silence.hours import HourlyCounts
from hub.silence.verdict import Limits
from hub.silence.watch import Watch, Watched, beside, watched
from hub.telemetry import configure
from hub.topics import Topics

log = get_logger(__name__)

_CONFIGURATION = 3  #: exit code for a wrong setting, as of every verb
_GRACE_SECONDS = 8.0  #: whoever asked us to end kills us soon; some client of a peer or of Kafka may hang
_STUCK_SECONDS = 60.0  #: a file that lies in an inbox longer than this waits for us, not we for it

_FOLDERS = "files"  #: the kind whose other side is a folder of ours, not a server of a peer


def now() -> datetime:
    """Acceptance time of what comes in."""
    return datetime.now(SHANGHAI)


def connect(
    site: Site, connections: Iterable[Connection], only: Collection[str] = (), *, manifests: bool = False
) -> dict[str, Connector]:
    """A connector for each of *connections*, and drop folders for each system that takes files and has no others."""
    named = list(connections)
    with_folders = {each.system.dialect.name for each in named if each.kind == FileDrop.name}
    dropped = (
        Connection(dialect, system.owner, system, FileDrop.name, FileSettings(manifests=manifests), site.drop)
        for dialect in registry.names()
        if "file" in (system := registry.system(dialect)).kinds and dialect not in with_folders
    )
    return {
        each.name: kinds.kind(each.kind).connect(each, site)
        for each in (*named, *dropped)
        if not only or each.party in only
    }


def site_of(settings: Settings, root: Path, parties: Collection[str], *, progress: bool = False) -> Site:
    """What this process lends to its connections."""
    watch = on_terminal() if progress else in_log()  # one for all: a terminal has room for one display
    return Site(root, settings.state_dir, parties, now, watch, quota_of(settings))


def quota_of(settings: Settings) -> Quota:
    """Of one agency and day. In development there is none unless one is set: one machine plays every system at once."""
    if settings.dev and not settings.quota.model_fields_set:
        return Quota(sys.maxsize, sys.maxsize)
    return Quota(settings.quota.files, settings.quota.bytes)


@click.command()
@click.option(
    "--root",
    type=click.Path(path_type=Path),
    envvar="HUB_DROP_DIR",
    default=Path(".hub/drop"),
    show_default=True,
    help="投放目录 / drop folder",
)
@click.option("--bootstrap", default="", help="Kafka 地址 / bootstrap servers")
@click.option("--party", "parties", multiple=True, help="只运行这些单位 / only these parties")
@click.option("--health-port", type=int, default=0, help="/livez /readyz 端口 / port")
@click.option(
    "--manifests",
    is_flag=True,
    envvar="HUB_DROP_MANIFESTS",
    help="收发文件均须带清单 / every file comes and goes with a manifest",
)
def connectors(root: Path, bootstrap: str, parties: tuple[str, ...], health_port: int, manifests: bool) -> None:
    """运行连接器: 文件投放、SFTP、数据库表、推送 / Run the connectors: file drops, SFTP, database tables, webhooks."""
    settings = Settings()
    configure(level=settings.log_level, process="connectors")
    address = bootstrap or settings.kafka.bootstrap or ""
    if not address:
        click.echo("没有 Kafka 地址: 请设置 HUB_KAFKA__BOOTSTRAP 或 --bootstrap / no Kafka address", err=True)
        raise SystemExit(_CONFIGURATION)
    found = installed(settings)
    codes, topics = found.reference.directory.codes(), found.topics()
    unknown = [party for party in parties if party not in codes]
    site = site_of(settings, root, codes, progress=sys.stderr.isatty())
    working = connect(site, found.own.connections(codes).values(), parties, manifests=manifests)
    working |= _webhooks(settings, codes, parties)
    if unknown or not working:
        click.echo(f"没有这样的单位或其没有连接器: {'、'.join(unknown or parties)} / no such connector", err=True)
        raise SystemExit(_CONFIGURATION)
    pauses = Pauses.under(settings.state_dir)

    def unheard() -> set[str]:
        stopped = pauses.stopped("in")
        return {topics.ingress(each.party, each.dialect.name).name for name, each in working.items() if name in stopped}

    watch = _watch(
        settings, found.reference.calendar, watched(topics, parties, settings.silence.unwatched), address, unheard
    )
    asyncio.run(_serve(working, topics, address, health_port, pauses, watch))


def _webhooks(settings: Settings, codes: Collection[str], only: Collection[str]) -> dict[str, Connector]:
    """A connector for each receiver of HUB_WEBHOOKS_FILE."""
    if settings.webhooks_file is None:
        return {}
    try:
        receivers = read_receivers(settings.webhooks_file, codes, dev=settings.dev)
    except ReceiversInvalid as error:
        click.echo(str(error), err=True)
        raise SystemExit(_CONFIGURATION) from None
    wanted = {party: each for party, each in receivers.items() if not only or party in only}
    place = Place(settings.state_dir)
    return webhook_connectors(wanted, Journal(place.journal), place, now, dev=settings.dev) if wanted else {}


def _watch(
    settings: Settings, calendar: Calendar, among: Sequence[Watched], bootstrap: str, paused: Callable[[], set[str]]
) -> Watch:
    """Who listens for the silence of those we serve."""
    own = settings.silence
    limits = Limits(own.quiet_days, own.silent_days)
    return Watch(
        HourlyCounts(bootstrap), among, calendar, limits, own.look_seconds, now, paused
    )  # fmt: skip


async def _serve(
    found: dict[str, Connector], topics: Topics, bootstrap: str, health_port: int, pauses: Pauses, watch: Watch
) -> None:
    pulse = Pulse()
    work = asyncio.create_task(beside(watch.run(), run(found, topics, bootstrap, pulse, now, pauses)))
    loop = asyncio.get_running_loop()
    stopped = 0

    def stop(number: int) -> None:
        nonlocal stopped
        stopped = number
        work.cancel()
        loop.call_later(_GRACE_SECONDS, _end, 128 + number)

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop, number)
    broker = BrokerCheck(bootstrap)
    server = (
        serve(
            Probes({"kafka": broker} | _checks(found, pulse), lambda: _waiting(found, pulse) | watch.detail()),
            health_port,
            metrics=watch.metrics,
        )
        if health_port
        else None
    )
    log.info("connectors.started", connectors=sorted(found), pid=os.getpid())
    try:
        with suppress(asyncio.CancelledError):
            await work
    finally:
        if server is not None:
            server.close()
        await broker.close()
        await sinks_closed(found)
    if stopped:
        raise SystemExit(128 + stopped)


def _end(code: int) -> None:
    """End now: each step can be cut off at any instant, as by a kill."""
    log.warning("connectors.cut_off", waiting=[repr(task)[:200] for task in asyncio.all_tasks()])
    sys.stderr.flush()
    os._exit(code)


def _checks(found: dict[str, Connector], pulse: Pulse) -> dict[str, Check]:
    """Every pump, and every inbox from which nothing is taken though something lies there."""

    def pump(name: str) -> Check:
        async def check() -> str:
            return pulse.states.get(name, "not started")

        return check

    def inbox(source: FileSource) -> Check:
        async def check() -> str | None:
            age = await asyncio.to_thread(source.oldest_seconds)
            return None if age < _STUCK_SECONDS else f"nothing was taken for {age:.0f} s"

        return check

    async def outboxes() -> str | None:
        # A folder that cannot be written is ours to repair; a peer's dead server is shown, and makes nobody unready.
        return pulse.stuck(_STUCK_SECONDS, lambda name: name.startswith(ours))

    ours = tuple(f"{each.name}.out." for each in found.values() if each.kind == _FOLDERS)
    taken = [name for name, each in found.items() if each.source is not None and each.kind == _FOLDERS]
    checks: dict[str, Check] = {"outboxes": outboxes}
    checks |= {f"{name}.in": pump(f"{name}.in") for name in taken}
    checks |= {f"{name}.out": pump(f"{name}.out") for name, each in found.items() if each.sinks}
    return checks | {
        f"{name}.inbox": inbox(each.source) for name, each in found.items() if isinstance(each.source, FileSource)
    }


def _beyond_quota(connector: Connector) -> str:
    source = connector.source
    return source.beyond_quota if isinstance(source, Rationed) else ""


def _waiting(found: dict[str, Connector], pulse: Pulse) -> dict[str, Any]:
    """Peers that cannot be reached at this moment, with the reason, pumps that a person has stopped, and files beyond a quota."""
    beyond = {name: _beyond_quota(each) for name, each in found.items()}
    sources = [f"{name}.in" for name, each in found.items() if each.source is not None and each.kind != _FOLDERS]
    return {
        "waiting": {name: one.reason for name, one in pulse.unreachable.items()}
        | {name: pulse.states[name] for name in sources if pulse.states.get(name, "ok") != "ok"},
        "paused": sorted(pulse.paused),
        "quota": {name: why for name, why in beyond.items() if why},
    }
