"""The hub as one processor of the bench: its engine and one agent, told by the environment where to read and write."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import faust
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import TopicAlreadyExistsError
from deduplicate import Deduplicator

from connectors import own
from hub.agents.translate import Translator
from hub.engine.batch import Batch
from hub.engine.flow import Flow
from hub.engine.settings import EngineSettings
from hub.engine.worker import create_app, install, run
from hub.local.files import project_file
from hub.reference import load
from hub.topics import Topics

_PARTITIONS: Final = 4
_WORK: Final = Path(__file__).resolve().parents[2] / "work"


def main(told: Mapping[str, str]) -> None:
    """Process until a signal comes."""
    reference = load()
    topics = Topics.load(project_file("topics.yaml"), reference.directory.codes(), "local", own.install(_WORK).owners())
    names = {
        topics.aggregate("inspection").name: told["BENCH_OUTPUT"],
        topics.dead_letters("GY-ZD").name: told["BENCH_REFUSED"],
    }
    agent = Deduplicator(Translator(topics, reference), names)
    flow = Flow(told["BENCH_GROUP"], (told["BENCH_INPUT"],), _PARTITIONS, told["BENCH_STATE"])
    app = create_app(flow.name)
    bootstrap = told["BENCH_BOOTSTRAP"]
    channel = install(app, flow, EngineSettings(), bootstrap)

    @app.agent(channel, name=flow.name, concurrency=flow.shards)
    async def deduplicate(batches: faust.StreamT[Batch]) -> None:
        async for batch in batches:
            with batch:
                agent.handle(batch)

    asyncio.run(_receipts(bootstrap, (topics.receipt.name, topics.outgoing.name)))
    run(app)


async def _receipts(bootstrap: str, names: tuple[str, ...]) -> None:
    """Make the topics that receipts go to."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        for name in names:
            with contextlib.suppress(TopicAlreadyExistsError):
                await admin.create_topics([NewTopic(name, _PARTITIONS, 1)])
    finally:
        await admin.close()


if __name__ == "__main__":
    main(os.environ)
