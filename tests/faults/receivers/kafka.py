"""A receiver with a Kafka client of its own: reads its topic at read_committed, keeps, then commits."""

from __future__ import annotations

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import Mapping
from uuid import uuid4

from confluent_kafka import Consumer, KafkaException, Message

from tests.faults.receivers.inbox import Inbox


async def follow(bootstrap: str, inboxes: Mapping[str, Inbox]) -> None:
    """The topics of several parties, party → its inbox, until cancelled."""
    topics = {f"dlv.{party.lower()}.v1": inbox for party, inbox in inboxes.items()}
    consumer = Consumer(
        {
            "bootstrap.servers": bootstrap,
            "group.id": f"faults-{uuid4().hex[:8]}",
            "enable.auto.commit": False,
            "auto.offset.reset": "earliest",
            "isolation.level": "read_committed",
            "log_level": 2,
        }
    )
    consumer.subscribe(list(topics))
    try:
        while True:
            messages = await asyncio.to_thread(consumer.consume, 500, 0.5)
            found: dict[str, list[Message]] = defaultdict(list)
            for message in messages:
                if message.error() is None:
                    found[message.topic()].append(message)
            for topic, mine in found.items():
                topics[topic].take(_told(message) for message in mine)
            if found:
                with contextlib.suppress(KafkaException):  # then it is delivered again, and that is allowed
                    await asyncio.to_thread(consumer.commit, asynchronous=False)
    finally:
        await asyncio.shield(asyncio.to_thread(consumer.close))


def _told(message: Message) -> tuple[str, str, str]:
    said = {name: (value or b"").decode() for name, value in message.headers() or ()}
    return said["ce_id"], said["ce_type"], said["ce_subject"]
