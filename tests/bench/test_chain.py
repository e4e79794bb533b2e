"""The bench of the whole hub, in little: a slow minute of the machine may make its figures bad, but never its audit."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import pytest

from tests.bench.chain import flame, guarantees, latency
from tests.bench.chain.curve import Point, picture, table
from tests.bench.chain.load import postings
from tests.bench.chain.started import Shape, started


@pytest.mark.timeout(240)
async def test_every_event_is_decided_once_and_the_report_has_its_figures(tmp_path: Path) -> None:
    """200 events at 50 a second, through the gateway, three agents and the receiver's topic of a real hub."""
    async with started(tmp_path, Shape()) as hub:
        found = await latency.measure(hub, per_second=50, seconds=4)

    assert (found.events, found.refused, found.missing, found.twice) == (200, 0, 0, 0)
    for times in (found.to_receiver_ms, found.to_accepted_ms):
        assert list(times) == ["p50", "p90", "p99", "max"]
        assert list(times.values()) == sorted(times.values())
    assert found.to_accepted_ms["p50"] > 0
    assert list(found.parts_ms) == ["translate", "inspections", "deliver", "receiver"]
    assert {"kafka", "gateway", "worker-translate", "load", "receiver"} <= found.cores.keys()
    assert asdict(found)["per_second"] == 50


def test_the_load_of_two_runs_shares_no_id() -> None:
    ids = [each.event_ids for run in ("a", "b") for each in postings(100, "token", per_post=10, run=run)]

    assert len({one for every in ids for one in every}) == 200


def test_a_flame_graph_counts_every_sample_once_at_each_depth() -> None:
    whole = flame.tree("run (hub/a.py);one (hub/b.py) 3\nrun (hub/a.py);two (aiokafka/c.py) 5\nrun (hub/a.py) 2\n")

    run = whole.inside["run (hub/a.py)"]
    assert (whole.samples, run.samples) == (10, 10)
    assert {name: frame.samples for name, frame in run.inside.items()} == {
        "one (hub/b.py)": 3,
        "two (aiokafka/c.py)": 5,
    }
    drawn = flame.picture("a <stage>", whole)
    assert "a &lt;stage&gt;" in drawn
    assert drawn.count("<rect") == 1 + 4


def test_each_check_that_is_taken_away_is_there_again_afterwards() -> None:
    from hub.agents import translate

    admit = translate.admit
    costs = guarantees.checks(rounds=1)

    assert translate.admit is admit
    assert len(costs) == 5
    assert costs["translate, one JSON event, all checks on"] > 0


def test_the_curve_shows_every_point() -> None:
    points = [Point("LINGER_MS", 3, 20.0, 70.0, 900.0), Point("MAX_BATCH_RECORDS", 500, 30.0, 90.0, 800.0)]

    assert table(points, 500).count("\n") == 4
    drawn = picture(points)
    assert "900/s" in drawn
    assert "HUB_ENGINE__MAX_BATCH_RECORDS" in drawn
