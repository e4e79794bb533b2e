"""One gateway process: where its rooms meet, how it starts and how it stops.

The one rule: the port opens when the gateway can accept, and closes before anything behind it does.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sqlite3
import threading
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import uvicorn
from aiokafka.errors import KafkaError

from hub.canonical.event import SHANGHAI
from hub.gateway.accept import Acceptance
from hub.gateway.app import Gateway
from hub.gateway.credentials import FailedLogins, Tokens
from hub.gateway.cursor import Cursors, kept_secret
from hub.gateway.health import Health
from hub.gateway.idempotency import SqliteKeys
from hub.gateway.judge import Judge
from hub.gateway.metrics import Metrics
from hub.gateway.protocol import guarded
from hub.gateway.publish import Publisher
from hub.gateway.pull import Pull
from hub.gateway.readers import Readers
from hub.gateway.settings import GatewaySettings
from hub.gateway.throttle import Concurrency, Rate
from hub.gateway.trace import Trace
from hub.log import get_logger
from hub.reference import Reference
from hub.topics import Topics

log = get_logger(__name__)

_PURGE_SECONDS: Final = 3600.0
_FIRST_PAUSE_SECONDS: Final = 0.1
_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)


class BrokersUnreachable(Exception):
    """No broker answered in time."""


@dataclass(frozen=True)
class Parts:
    """What the outside gives a gateway."""

    settings: GatewaySettings
    bootstrap: str
    topics: Topics
    reference: Reference
    tokens: Tokens
    state_dir: Path
    dev: bool = False


@contextlib.asynccontextmanager
async def opened(parts: Parts) -> AsyncIterator[Gateway]:
    """A gateway that can accept."""
    settings, limits = parts.settings, parts.settings.limits
    parts.state_dir.mkdir(parents=True, exist_ok=True)
    keys = SqliteKeys(parts.state_dir / "gateway.sqlite", settings.idempotency_days)
    publisher = Publisher(
        parts.bootstrap,
        seconds=settings.publish_seconds,
        linger_ms=settings.linger_ms,
        batch_bytes=settings.produce_batch_bytes,
    )
    readers = Readers(parts.bootstrap, parts.topics, settings.readers, settings.watch_ms)
    secret = settings.cursor_secret.get_secret_value().encode() or kept_secret(parts.state_dir / "cursor.secret")
    metrics = Metrics()
    writing, polling = Concurrency(limits.requests_per_party), Concurrency(limits.polls_per_party)
    gateway = Gateway(
        acceptance=Acceptance(
            topics=parts.topics,
            limits=limits,
            judge=Judge(parts.topics, parts.reference, limits.event_bytes),
            keys=keys,
            publisher=publisher,
            rate=Rate(limits.events_per_second, limits.events_burst),
            metrics=metrics,
            clock=now,
            dev=parts.dev,
        ),
        pull=Pull(readers, Cursors(secret), limits, metrics, parts.dev),
        trace=Trace(parts.bootstrap, parts.topics, asyncio.Lock()),
        health=Health({"kafka": publisher.check, "producer": publisher.check_progress, "store": keys.check}, metrics),
        tokens=parts.tokens,
        failed_logins=FailedLogins(limits.failed_logins_per_minute, limits.failed_logins_back_off_seconds),
        concurrency={"write": writing, "poll": polling},
        metrics=metrics,
    )
    await keys.open()
    purging = asyncio.create_task(_purge(keys))
    try:
        await _connect(publisher, settings.start_seconds)
        yield gateway
    finally:
        purging.cancel()
        await readers.close()
        await publisher.close()
        await keys.close()


class Server(uvicorn.Server):
    """uvicorn's server, stopped by us: long polls end at once, and what lies behind the port is closed afterwards."""

    def __init__(self, config: uvicorn.Config, gateway: Gateway) -> None:
        super().__init__(config)
        self._gateway = gateway
        self.ended_by = 0  #: the signal that stopped it

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """uvicorn's own would raise the signal again before anything but the port is closed."""
        loop = asyncio.get_running_loop()
        mine = threading.current_thread() is threading.main_thread()
        for number in _SIGNALS if mine else ():
            loop.add_signal_handler(number, self.stop, number)
        yield

    def stop(self, number: int = 0) -> None:
        """Stop accepting and answer whoever waits; a second signal does not wait for anybody."""
        self.ended_by = number
        self.force_exit = self.should_exit
        self.should_exit = True
        self._gateway.health.probes.stopping = True
        self._gateway.pull.readers.stopping.set()


def server(gateway: Gateway, settings: GatewaySettings, host: str, port: int) -> Server:
    """The HTTP server of *gateway*."""
    config = uvicorn.Config(
        gateway,
        host=host,
        port=port,
        http=guarded(settings.limits),
        ws="none",
        lifespan="off",
        loop="uvloop",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        backlog=1024,
        timeout_keep_alive=settings.limits.idle_seconds,
        timeout_graceful_shutdown=settings.stop_seconds,
    )
    return Server(config, gateway)


async def serve(parts: Parts, host: str, port: int) -> int:
    """Run a gateway until it is told to stop; by which signal."""
    began = time.monotonic()
    async with opened(parts) as gateway:
        log.info("gateway.opened", host=host, port=port, seconds=round(time.monotonic() - began, 2), dev=parts.dev)
        running = server(gateway, parts.settings, host, port)
        await running.serve()
    log.info("gateway.closed")
    return running.ended_by


def run(parts: Parts, host: str, port: int) -> int:
    """`serve` on the loop that is fastest for it."""
    config: Any = uvicorn.Config("", loop="uvloop")
    with asyncio.Runner(loop_factory=config.get_loop_factory()) as runner:
        return runner.run(serve(parts, host, port))


def now() -> datetime:
    """The city's time."""
    return datetime.now(SHANGHAI)


async def _connect(publisher: Publisher, seconds: float) -> None:
    deadline, pause = time.monotonic() + seconds, _FIRST_PAUSE_SECONDS
    while True:
        try:
            await publisher.open()
            return
        except KafkaError as error:
            if time.monotonic() + pause > deadline:
                raise BrokersUnreachable(type(error).__name__) from error
            log.warning("brokers.unreachable", error_type=type(error).__name__)
        await asyncio.sleep(pause)
        pause = min(pause * 2, 2.0)


async def _purge(keys: SqliteKeys) -> None:
    while True:
        try:
            forgotten = await keys.purge()
        except sqlite3.Error as error:
            log.error("keys.failed", error_type=type(error).__name__)
        else:
            if forgotten:
                log.info("keys.forgotten", rows=forgotten)
        await asyncio.sleep(_PURGE_SECONDS)
