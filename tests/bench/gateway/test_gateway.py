"""The bench of the gateway works, and what it counts is true: a short run of every kind of post."""

from __future__ import annotations

from pathlib import Path

import pytest

from hub.testing import Broker
from tests.bench.gateway.load import Outcome
from tests.bench.gateway.posts import posts
from tests.bench.gateway.run import Case, measure
from tests.bench.gateway.stand import logged, stand

SHORT = (Case("single", 1, 60, 8), Case("batch", 20, 80, 2), Case("record", 20, 80, 2))


async def test_everything_posted_is_accepted_and_in_the_log_once(kafka: Broker, tmp_path: Path) -> None:
    async with stand(kafka.bootstrap, tmp_path) as on:
        before, _ = await logged(on)
        figures, records = await measure(on, SHORT, rounds=1, scale=1.0, seconds=0.2)
        held, ids = await logged(on)
    assert held == ids == before + records
    for each in figures:
        assert each.at_half is not None
        assert len(each.per_second) == 1
        assert sum(each.at_half.waits) > 0


def test_no_event_and_no_key_is_used_twice() -> None:
    made = [
        post.raw for seed in (1, 2) for kind in ("single", "batch", "record") for post in posts(kind, 40, 10, seed=seed)
    ]
    keys = [raw.partition(b"Idempotency-Key: ")[2][:32] for raw in made]
    assert len(set(keys)) == len(made)
    assert sum(post.events for post in posts("batch", 40, 10, seed=3)) == 40


@pytest.mark.parametrize(("share", "ms"), [(0.5, 51.0), (0.99, 100.0), (1.0, 100.0)])
def test_a_share_of_the_waits(share: float, ms: float) -> None:
    outcome = Outcome(waits=[number / 1000 for number in range(100, 0, -1)])
    assert outcome.wait_ms(share) == pytest.approx(ms)
