"""What an operator asks a running hub: why is this visit joint, what did merging spare, how was this period counted."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.engine.broker import read_all
from tests.hub.conftest import RunningHub
from tests.hub.facts import fresh_uscc, lead, moment, plan
from tests.hub.test_operating import until

SCENARIOS = Path(__file__).parents[1] / "scenarios"


def test_a_joint_visit_is_explained_and_counted(running_hub: RunningHub) -> None:
    """By plan, joint and enterprise; the figures grow by what was sent."""
    before = running_hub.items("merge", "stats")[0]
    uscc = fresh_uscc()
    for number, agency in enumerate(("GY-NYNCJ", "GY-STHJJ")):
        running_hub.post(agency, plan(f"why-{number}-{uscc}", uscc, agency, item=f"I{number}"))

    def joined() -> Any:
        done = running_hub.run("merge", "explain", uscc, "-o", "json")
        plans = json.loads(done.stdout)["items"] if done.returncode == 0 else []
        return plans if len(plans) == 2 and all(one["joint"] for one in plans) else None

    plans = until(joined)
    applied = {stage["rule"] for stage in plans[0]["stages"] if stage["mark"] == "APPLIED"}
    assert {"Q.ROOM", "K4.TOGETHER", "K4.SEVERAL_AGENCIES"} <= applied
    assert applied & {"L5", "L6"}  # who planned first, unless both did in one second
    joint = running_hub.items("merge", "explain", f"{uscc}-J1")[0]
    assert {member["agency"] for member in joint["members"]} == {"GY-NYNCJ", "GY-STHJJ"}
    assert len(running_hub.items("merge", "explain", f"why-0-{uscc}")) == 1
    after = running_hub.items("merge", "stats")[0]
    assert (after["planned"] - before["planned"], after["avoided"] - before["avoided"]) == (2, 1)
    assert running_hub.run("merge", "explain", "no-such-plan").returncode == 5


def test_an_open_clock_is_counted_day_by_day(running_hub: RunningHub) -> None:
    """Both readings of 310 art. 8, with what was said of the clock."""
    running_hub.post("GY-YJJ", lead("count-1"))
    receipt = {
        "correlationId": "MT-count-1",
        "leadId": "count-1",
        "receiptId": "HZ-count-1",
        "receivedAt": moment(1),
        "outcome": "RECEIVED",
    }
    running_hub.post("GY-GAJ", {"id": "receipt-count-1", "type": "matter.lead.receipted", "data": receipt})
    clock_id = "MT-count-1|F08|count-1|1"
    until(lambda: running_hub.run("deadline", "explain", clock_id).returncode == 0)

    by_days, by_working_days = running_hub.items("deadline", "explain", clock_id)
    assert [by_days["reading"], by_working_days["reading"]] == ["C", "W"]
    for reading in (by_days, by_working_days):
        assert reading["days"][-1]["date"] == reading["dueAt"]
        assert reading["days"][-1]["number"] == reading["span"] == 3
    assert by_days["history"][0]["what"] == "started"
    several = running_hub.run("deadline", "explain", "count-1")
    assert (several.returncode, clock_id in several.stderr) == (2, True)
    assert running_hub.run("deadline", "explain", "no-such-clock").returncode == 5


def test_the_running_hub_and_the_scenario_alone_explain_alike(running_hub: RunningHub) -> None:
    """The same plans, and the same clocks under a calendar that was loaded while they ran."""
    for name, clocks in (("M02", 0), ("L09", 6), ("M19", 1)):
        path, old = str(SCENARIOS / f"{name}.yaml"), realms(running_hub)
        assert running_hub.run("play", "--live", path).returncode == 0
        (realm,) = realms(running_hub) - old

        assert running_hub.items("merge", "stats", "--realm", realm) == running_hub.items(
            "merge", "stats", "--scenario", path
        )
        ids = {row["clockId"] for row in played_clocks(running_hub, path)}
        assert len(ids) == clocks
        for clock_id in ids:
            told = running_hub.items("deadline", "explain", clock_id, "--realm", realm)
            assert told == running_hub.items("deadline", "explain", clock_id, "--scenario", path)
            assert all(one["agrees"] for one in told)


def played_clocks(hub: RunningHub, path: str) -> list[dict[str, Any]]:
    """The final table of a scenario's clocks."""
    found: list[dict[str, Any]] = json.loads(hub.run("play", path, "-o", "json").stdout)[0]["clocks"]
    return found


def realms(hub: RunningHub) -> set[str]:
    """Every scenario's realm in the hub."""
    topics = [f"hub.{agent}.state" for agent in ("inspections", "matters", "complaints")]
    keys = [record.key for record in read_all(hub.dev["bootstrap"], topics)]
    return {key.partition(b"~")[0].decode() for key in keys if key and key.startswith(b"play-")}
