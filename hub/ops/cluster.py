"""The topics of a real cluster: read them, and carry a plan out.

One rule: as few requests as Kafka allows, whatever the number of topics: one to read what there is, one for its
settings, and one for each kind of change.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient, NewPartitions, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import KafkaError, for_code

from hub.ops.plan import ActualTopic, Cluster, Plan

_SET_ON_TOPIC = 1  # DescribeConfigs: where a value comes from
_DEFAULT_SOURCES = (2, 3, 4, 5)
_VISIBLE_SECONDS = 30.0
# The client's own annotations are incomplete.
_resource: Any = ConfigResource
_new_topic: Any = NewTopic
_new_partitions: Any = NewPartitions


class Unreachable(ConnectionError):
    """No broker answered."""


class NotApplied(RuntimeError):
    """The cluster, or the plan itself, refused. *reasons* has one line per topic."""

    def __init__(self, reasons: Iterable[str]) -> None:
        self.reasons = tuple(reasons)
        super().__init__("\n".join(self.reasons))


async def read_cluster(bootstrap: str, keys: Iterable[str] | None = None) -> Cluster:
    """Every topic of the cluster at *bootstrap*, with its effective settings.

    *keys* limits the settings read: a tenth of the time, but what was set by hand beside them is not seen.
    """
    async with _admin(bootstrap) as admin:
        return await _read(admin, None if keys is None else dict.fromkeys(keys))


async def apply(bootstrap: str, plan: Plan) -> None:
    """Carry *plan* out, all of it or, if it has refusals, nothing. Returns once the cluster shows the result."""
    if plan.refused:
        raise NotApplied(f"{refusal.name}: {refusal.reason}" for refusal in plan.refused)
    if plan.empty:
        return
    async with _admin(bootstrap) as admin:
        created = [change for change in plan.changes if change.action == "ADD"]
        if created:
            answer = await admin.create_topics(
                [
                    _new_topic(
                        each.name, each.partitions, each.replication_factor, topic_configs=dict(each.settings_after)
                    )
                    for each in created
                ]
            )
            _check(answer.topic_errors)
        grown = {each.name: _new_partitions(each.partitions) for each in plan.changes if each.grows}
        if grown:
            await admin.create_partitions(grown)
        altered = [each for each in plan.changes if each.action == "UPDATE" and each.settings]
        if altered:
            # This request replaces all that is set on a topic, so it carries all that shall be.
            answers = await admin.alter_configs(
                [_resource(ConfigResourceType.TOPIC, each.name, dict(each.settings_after)) for each in altered]
            )
            _check((name, code, text) for answer in answers for code, text, _, name in answer.resources)
        partitions = {each.name: each.partitions for each in plan.changes}
        await _until_visible("no leader", lambda: _not_led(admin, partitions))
        if altered:
            settings = {each.name: each.settings_after for each in altered}
            await _until_visible("still the old settings", lambda: _not_set(admin, settings))


@asynccontextmanager
async def _admin(bootstrap: str) -> AsyncIterator[Any]:
    admin: Any = AIOKafkaAdminClient(bootstrap_servers=bootstrap, client_id="hub.topics")
    try:
        try:
            await admin.start()
        except (KafkaError, OSError) as error:
            raise Unreachable(f"Kafka at {bootstrap}: {error}") from error
        yield admin
    finally:
        await admin.close()


async def _read(admin: Any, keys: dict[str, None] | None) -> Cluster:
    about, topics = await asyncio.gather(admin.describe_cluster(), admin.describe_topics())
    names = [topic["topic"] for topic in topics]
    settings: dict[str, tuple[dict[str, str], frozenset[str]]] = {}
    if names:
        answers = await admin.describe_configs(
            [_resource(ConfigResourceType.TOPIC, name, keys) for name in names], include_synonyms=True
        )
        for answer in answers:
            for code, text, _, name, entries in answer.resources:
                _check([(name, code, text)])
                settings[name] = _settings(entries)
    return Cluster(
        cluster_id=about["cluster_id"],
        brokers=len(about["brokers"]),
        topics={topic["topic"]: _actual(topic, *settings[topic["topic"]]) for topic in topics},
    )


def _settings(entries: Iterable[Any]) -> tuple[dict[str, str], frozenset[str]]:
    """Effective values, and the keys whose value on the topic differs from what it would be without."""
    effective: dict[str, str] = {}
    explicit: set[str] = set()
    for key, value, _, source, _, synonyms in entries:
        effective[key] = value
        if source == _SET_ON_TOPIC:
            without = next((other for _, other, origin in synonyms if origin in _DEFAULT_SOURCES), None)
            if without != value:
                explicit.add(key)
    return effective, frozenset(explicit)


def _actual(topic: Any, settings: dict[str, str], explicit: frozenset[str]) -> ActualTopic:
    partitions = topic["partitions"]
    return ActualTopic(
        partitions=len(partitions),
        replication_factor=max((len(each["replicas"]) for each in partitions), default=0),
        settings=settings,
        explicit=explicit,
        under_replicated=sum(len(each["isr"]) < len(each["replicas"]) for each in partitions),
        leaderless=sum(each["leader"] < 0 for each in partitions),
    )


async def _until_visible(what: str, late: Callable[[], Awaitable[list[str]]]) -> None:
    """The controller's word reaches the brokers a moment later: wait until no topic is *late* any more."""
    deadline = time.monotonic() + _VISIBLE_SECONDS
    while names := await late():
        if time.monotonic() > deadline:
            raise NotApplied(f"{name}: {what} after {_VISIBLE_SECONDS:.0f} s" for name in names)
        await asyncio.sleep(0.05)


async def _not_led(admin: Any, wanted: Mapping[str, int]) -> list[str]:
    """Topics with fewer partitions under a leader than *wanted*."""
    led = {
        topic["topic"]: sum(each["leader"] >= 0 for each in topic["partitions"])
        for topic in await admin.describe_topics()
    }
    return [name for name, partitions in wanted.items() if led.get(name, 0) < partitions]


async def _not_set(admin: Any, wanted: Mapping[str, Mapping[str, str]]) -> list[str]:
    """Topics with other settings than *wanted*: who asks for a plan right after must not see the old ones."""
    topics = (await _read(admin, None)).topics
    return [
        name
        for name, settings in wanted.items()
        if not settings.items() <= topics[name].settings.items() or topics[name].explicit - settings.keys()
    ]


def _check(outcomes: Iterable[tuple[str, int, str | None]]) -> None:
    failed = [f"{name}: {for_code(code).__name__} {text or ''}".rstrip() for name, code, text in outcomes if code]
    if failed:
        raise NotApplied(failed)
