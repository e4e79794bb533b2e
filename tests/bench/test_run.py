"""A short real run of the hub: the same harness, the same judge, fewer records. One rule: it ends right, or says where not."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from hub.local.kafka import LocalKafka
from tests.bench.broker import INPUT, Topics, partitions_of
from tests.bench.judge import expect
from tests.bench.processors import find, names, prepare
from tests.bench.running import Stage, killed, run
from tests.bench.work.plans import plans

pytestmark = pytest.mark.skipif("hub" not in names(), reason="the hub's processor is not in this checkout")


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    """3,000 plans of few enterprises, so that windows meet; on a broker of its own, because the input has a fixed name."""
    async with LocalKafka(data_dir=tmp_path / "kafka", port=0) as kafka:
        yield _stage(kafka, tmp_path)


def _stage(kafka: LocalKafka, tmp_path: Path) -> Stage:
    topics = Topics(kafka.bootstrap)
    topics.create(INPUT)
    records = list(plans(3_000, enterprises=200))
    appended = topics.load(INPUT, records)
    expected = expect(records, appended, partitions_of(topics.read(INPUT), records))
    return Stage(
        kafka.bootstrap,
        topics,
        kafka.pid,
        max(os.sched_getaffinity(0)),
        expected,
        tmp_path / "logs",
        commit_ms=100,
    )


async def test_the_hub_does_the_work_and_is_measured(stage: Stage, tmp_path: Path) -> None:
    hub = find("hub", tmp_path)
    prepare(hub, lambda _: None)
    before = stage.topics.names()

    outcome = await run(stage, hub, "exactly-once", 1)

    assert outcome.faults == "", Path(outcome.log).read_text(errors="replace")[-4_000:]
    assert outcome.figures["events_per_second"] > 0
    assert outcome.figures["cpu_per_100k"] > 0
    assert outcome.figures["peak_mib"] > 20
    assert stage.topics.names() == before, "a run leaves no topics"


async def test_a_processor_that_does_nothing_has_no_figure(stage: Stage, tmp_path: Path) -> None:
    (tmp_path / "idle").mkdir()
    (tmp_path / "idle" / "processor.yaml").write_text(
        "{title: idle, language: shell, guarantees: [exactly-once], run: [sh, -c, 'exit 3']}"
    )
    idle = find("idle", tmp_path, peers=tmp_path)

    outcome = await run(stage, idle, "exactly-once", 1)

    assert outcome.figures == {}
    assert f"{len(stage.expected.outputs)} missing" in outcome.faults
    assert "it ended by itself with 3" in outcome.faults


async def test_the_hub_killed_in_the_middle_of_its_work_does_it_once(stage: Stage, tmp_path: Path) -> None:
    hub = find("hub", tmp_path)
    prepare(hub, lambda _: None)

    outcome = await killed(stage, hub, "exactly-once", 1)

    assert outcome.faults == "", Path(outcome.log).read_text(errors="replace")[-4_000:]
