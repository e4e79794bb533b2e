"""Pytest fixtures for whoever tests against Kafka: one real broker per run, names of one's own per test.

One rule: no test sees another's records. Register with `pytest_plugins = ["hub.testing"]`; the broker starts with the
first test that asks for it. `HUB_TEST_BOOTSTRAP` uses a running cluster instead.
"""

from __future__ import annotations

import asyncio
import itertools
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from uuid import uuid4

import pytest

from hub.local.kafka import LocalKafka
from hub.local.topics import load_topics
from hub.settings import Settings
from hub.topics import Topics


@dataclass(frozen=True, slots=True)
class Broker:
    """A Kafka that tests may use. *local* is None for an outside one, which nobody may kill."""

    bootstrap: str
    local: LocalKafka | None = None


@pytest.fixture(scope="session")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    """The broker of this run."""
    settings = Settings()
    if settings.test_bootstrap:
        yield Broker(settings.test_bootstrap)
        return
    broker = LocalKafka(tmp_path_factory.mktemp("kafka"), java=settings.local.java, libs=settings.kafka_libs)
    # A loop of its own: tests have theirs, and the broker outlives each of them.
    with asyncio.Runner() as runner:
        runner.run(broker.start())
        try:
            yield Broker(broker.bootstrap, broker)
        finally:
            runner.run(broker.stop())


@pytest.fixture
def topic_name(request: pytest.FixtureRequest) -> Callable[[str], str]:
    """Names that no other test uses: `topic_name("in")` twice gives two."""
    about = re.sub(r"[^a-z0-9]+", "-", request.node.name.lower()).strip("-")[:60]
    run, count = uuid4().hex[:8], itertools.count(1)
    return lambda name: f"t-{about}-{run}.{name}-{next(count)}"


@pytest.fixture(scope="session")
def hub_topics() -> Topics:
    """The project's own topics, as they are on one machine."""
    return load_topics(Settings(), "local")
