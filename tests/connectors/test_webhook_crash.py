"""Webhooks behind a real broker: killed between any two steps, and one dead receiver among others."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from datetime import datetime
from pathlib import Path

from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import TopicAlreadyExistsError

from connectors import registry
from connectors.pulse import Pulse
from connectors.webhook import sinks_closed
from connectors.webhook.signing import shared
from connectors.webhook.verifying import verify
from hub.canonical.event import SHANGHAI, Event
from hub.testing import Broker
from hub.wire import avro, envelope
from tests.connectors.pushing import KEY, STEPS, push, pushed
from tests.connectors.receiving import OK, Receiver, receiving, reply

NOW = datetime(2026, 3, 9, 10, tzinfo=SHANGHAI)
#: As topics.yaml has it: other tests of this broker compare the two.
A_YEAR = {"retention.ms": str(365 * 86_400_000)}
POINTS = [(step, when) for step in STEPS for when in ("before", "after")]


async def delivered(kafka: Broker, topic: str, count: int) -> list[Event]:
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka.bootstrap)
    await admin.start()
    try:
        await admin.create_topics([NewTopic(topic, 1, 1, topic_configs=A_YEAR)])
    except TopicAlreadyExistsError:
        pass
    finally:
        await admin.close()
    data = {"uscc": "91520102MA6TE5T17M", "planId": "P1", "agency": "GY-YJJ", "reason": "EXPIRED"}
    events = [
        Event(f"e-{n}", "inspection.plan.closed", "HUB", data["uscc"], "2026-03-09T10:00:00+08:00", NOW, data, sequence=n)
        for n in range(1, count + 1)
    ]  # fmt: skip
    async with AIOKafkaProducer(bootstrap_servers=kafka.bootstrap) as producer:
        for event in events:
            value = avro.encode_delivery(event.type, data)
            await producer.send_and_wait(
                topic, value, b"k", headers=list(envelope.to_headers(event, projection="OPEN"))
            )
    return events


async def until(met: Callable[[], bool], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not met():
        assert time.monotonic() < deadline, "not in time"
        await asyncio.sleep(0.05)


def ids(receiver: Receiver) -> list[str]:
    return [request.headers["webhook-id"] for request in receiver.requests]


async def test_killed_between_any_two_steps_nothing_is_lost_and_nothing_comes_under_another_id(
    tmp_path: Path, kafka: Broker, topic_name: Callable[[str], str]
) -> None:
    """Each receiver refuses the first try, so that the journal is among the steps."""
    topic = topic_name("dlv")
    events = await delivered(kafka, topic, 2)
    expected = [f"{event.sequence:012}-{event.id}-GY-YJJ" for event in events]
    async with AsyncExitStack() as stack:
        receivers = {point: await stack.enter_async_context(receiving(reply(500), OK)) for point in POINTS}
        killed = []
        for (step, when), receiver in receivers.items():
            place = tmp_path / f"{step}-{when}"
            command = [
                sys.executable, "-m", "tests.connectors.pushing", str(place), kafka.bootstrap, topic, receiver.url,
                f"{topic}-{step}-{when}", step, when,
            ]  # fmt: skip
            killed.append(subprocess.Popen(command, cwd=Path(__file__).parents[2]))
        for process in killed:
            assert await asyncio.to_thread(process.wait, 90) == -9
        before = {point: len(receiver.requests) for point, receiver in receivers.items()}

        connectors = {
            f"{step}-{when}": pushed(receiver.url, tmp_path / f"{step}-{when}", f"{topic}-{step}-{when}")
            for (step, when), receiver in receivers.items()
        }
        tasks = [asyncio.create_task(push(each, kafka.bootstrap, topic)) for each in connectors.values()]
        await until(lambda: all(expected[-1] in ids(receiver) for receiver in receivers.values()), 60)
        await asyncio.sleep(1.0)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await sinks_closed(connectors)

    assert before[("post", "before")] == 0
    assert before[("post", "after")] == 1
    assert before[("commit", "before")] >= 2
    for point, receiver in receivers.items():
        told = ids(receiver)
        assert list(dict.fromkeys(told)) == expected
        for life in (told[: before[point]], told[before[point] :]):
            assert life == sorted(life)  # the second never before the first was accepted
        for request in receiver.requests:
            verify(request.headers, request.body, [shared(KEY)], now=time.time())
            draft = registry.read("yjj-json", request.body)[0]
            assert draft.own_id == events[expected.index(request.headers["webhook-id"])].id
        assert len({request.body for request in receiver.requests}) == 2


async def test_a_dead_receiver_harms_only_itself(
    tmp_path: Path, kafka: Broker, topic_name: Callable[[str], str]
) -> None:
    """The other gets all of its deliveries, in order; who waits is shown with the reason, and nothing of his is committed."""
    topic = topic_name("dlv")
    events = await delivered(kafka, topic, 20)
    async with receiving() as dead:
        url = dead.url
    async with receiving(OK) as well:
        connectors = {
            "dead": pushed(url, tmp_path / "dead", f"{topic}-dead"),
            "well": pushed(well.url, tmp_path / "well", f"{topic}-well"),
        }
        pulse = Pulse()
        tasks = [asyncio.create_task(push(each, kafka.bootstrap, topic, pulse)) for each in connectors.values()]
        await until(lambda: len(well.requests) >= len(events) and bool(pulse.unreachable), 30)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await sinks_closed(connectors)

    assert ids(well) == [f"{event.sequence:012}-{event.id}-GY-YJJ" for event in events]
    assert list(pulse.unreachable) == [f"{topic}-dead.webhook.out.GY-YJJ"]
    assert "ConnectError" in pulse.unreachable[f"{topic}-dead.webhook.out.GY-YJJ"].reason
    assert pulse.stuck(0, lambda name: ".webhook.out." not in name) is None
