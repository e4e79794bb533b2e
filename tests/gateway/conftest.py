"""One gateway for all tests that need no settings of their own."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from hub.testing import Broker
from hub.topics import Topics
from tests.gateway.running import Running, create


@pytest.fixture(scope="session")
def prepared(kafka: Broker, hub_topics: Topics) -> Broker:
    """The broker with the parties' topics."""
    with asyncio.Runner() as runner:
        runner.run(create(kafka.bootstrap, hub_topics))
    return kafka


@pytest.fixture(scope="session")
def gateway(prepared: Broker, hub_topics: Topics, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with Running(prepared.bootstrap, hub_topics, tmp_path_factory.mktemp("gateway")) as running:
        yield running
