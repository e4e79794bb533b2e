"""Real topics whose records are dated over some weeks: made with the sender's timestamps, unlike ingress topics."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path
from uuid import uuid4

from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from hub.local.files import project_file


async def make(bootstrap: str, topic: str, partitions: int = 1) -> None:
    """A topic with CreateTime that retention leaves alone."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    settings = {"message.timestamp.type": "CreateTime", "retention.ms": "-1"}
    await admin.create_topics([NewTopic(topic, partitions, 1, topic_configs=settings)])
    await admin.close()


async def write(bootstrap: str, topic: str, moments: Iterable[datetime], partitions: int = 1) -> None:
    """One record at each of *moments*, in turn on each partition."""
    async with AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all", linger_ms=20) as producer:
        sent = [
            await producer.send(topic, b"{}", partition=number % partitions, timestamp_ms=int(at.timestamp() * 1000))
            for number, at in enumerate(moments)
        ]
        for each in sent:
            await each


def topics_file(folder: Path) -> tuple[Path, str]:
    """The city's topics under names of their own, and the word all of them begin with."""
    own = f"t{uuid4().hex[:8]}"
    text = project_file("topics.yaml").read_text("utf-8")
    for kind in ("evt", "dlv", "dlq"):
        text = text.replace(f"{kind}.{{party}}.", f"{own}-{kind}.{{party}}.")
    path = folder / "topics.yaml"
    path.write_text(text, "utf-8")
    return path, own


def every_hour(days: int, until: datetime) -> list[datetime]:
    """A record in each hour of *days*, the last at *until*."""
    return [until - timedelta(hours=ago) for ago in range(days * 24, -1, -1)]
