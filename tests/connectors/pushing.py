"""A process that pushes a party's deliveries and kills itself at a chosen step. Run by `test_webhook_crash.py`, never collected."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from aiokafka import AIOKafkaConsumer

from connectors import registry, runner
from connectors.handing import hand_out
from connectors.protocol import Connector
from connectors.pulse import Pulse
from connectors.webhook.addresses import read_url
from connectors.webhook.journal import Journal
from connectors.webhook.posting import Poster
from connectors.webhook.signing import private_key
from connectors.webhook.sink import WebhookSink
from hub.canonical.event import SHANGHAI

KEY = private_key(bytes(32))
STEPS = {"post": (Poster, "post"), "keep": (Journal, "keep"), "commit": (AIOKafkaConsumer, "commit")}


def now() -> datetime:
    return datetime.now(SHANGHAI)


def pushed(url: str, folder: Path, group: str) -> Connector:
    yjj = registry.system("yjj-json")
    sink = WebhookSink(
        "GY-YJJ", yjj.format, Poster(read_url(url, dev=True), dev=True), Journal(folder / "webhooks.sqlite"),
        lambda _: [KEY], now, lambda: 0.0,
    )  # fmt: skip
    return Connector(f"{group}.webhook", group, yjj.dialect, yjj.format, None, {"GY-YJJ": sink}, "webhook")


async def push(connector: Connector, bootstrap: str, topic: str, pulse: Pulse | None = None) -> None:
    topics: Any = SimpleNamespace(delivery=lambda party: SimpleNamespace(name=topic))
    async with runner.consumer_for(connector, bootstrap) as consumer:
        await hand_out(connector, topics, consumer, pulse)


def die_at(step: str, when: str) -> None:
    """The chosen step is not begun, or not returned from."""
    owner, name = STEPS[step]
    real = getattr(owner, name)

    def kill() -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    async def later(*arguments: Any, **named: Any) -> Any:
        if when == "before":
            kill()
        await real(*arguments, **named)
        kill()

    def at_once(*arguments: Any, **named: Any) -> Any:
        if when == "before":
            kill()
        real(*arguments, **named)
        kill()

    setattr(owner, name, later if asyncio.iscoroutinefunction(real) else at_once)


if __name__ == "__main__":
    _, place, bootstrap_address, topic_of, receiver_url, group_of, step_of, when_of = sys.argv
    die_at(step_of, when_of)
    asyncio.run(push(pushed(receiver_url, Path(place), group_of), bootstrap_address, topic_of))
