"""A broker for the tests of the engine: one for all of them, with topics of their own for each."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from hub.local.kafka import LocalKafka


@pytest.fixture(scope="session")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalKafka]:
    broker = LocalKafka(tmp_path_factory.mktemp("kafka"), heap_mb=384)
    asyncio.run(broker.start())
    yield broker
    asyncio.run(broker.kill())
