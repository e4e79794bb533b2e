"""The simulators against a whole hub: what they sent, what became of it, and that nobody lost anything."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.hub.conftest import RunningHub

#: Eleven hours of the city in a second: a lead is receipted, decided and answered, an inspection is merged and visited.
SPEED = "40000"
#: Those with a behaviour of their own.
DECLARED = ("yjj", "rsj", "swj", "zhifa", "gongan", "fayuan")


def simulated(hub: RunningHub, *words: str) -> tuple[int, dict[str, dict[str, Any]], str]:
    done = hub.run("sim", "run", *words, "-o", "json", timeout=200)
    assert done.stdout, done.stderr
    return done.returncode, {item["system"]: item for item in json.loads(done.stdout)["items"]}, done.stderr


@pytest.mark.faults  # waits in the city's days are real seconds here: wants the machine to itself
def test_a_city_plays_and_nothing_is_lost(running_hub: RunningHub) -> None:
    """Brigade, police, court and three bureaus over two doors: every record is settled as its behaviour says."""
    played = f"--seed 7 --speed {SPEED} --for 8s --rate 600 --enterprises 6 --finish"
    code, systems, said = simulated(running_hub, *DECLARED, *played.split())

    assert code == 0, f"{said}\n{json.dumps(systems, indent=1)}"
    assert set(systems) == {"yjj-json", "rsj-csv", "swj-xml", "zhifa-json", "gongan-xml", "fayuan-json"}
    for system in systems.values():
        assert system["lost"] == 0
        assert system["sent"] == system["accepted"] + sum(system["refused"].values())
    # What the brigade sent came to the police, was receipted and came back; visits of joint inspections were recorded.
    assert systems["gongan-xml"]["answered"] > 0
    assert systems["gongan-xml"]["worstSeconds"] is not None
    assert systems["zhifa-json"]["answered"] > 0
    assert [system["owed"] for system in systems.values()] == [0] * len(systems)
    leads = [each["data"]["leadId"] for each in told(running_hub, "GY-GAJ", "matter.lead.transferred")]
    units = ("GY-ZD-DD2", "GY-ZD-DD4", "GY-ZD-DD6")
    receipts = {each["data"]["leadId"] for unit in units for each in told(running_hub, unit, "matter.lead.receipted")}
    assert len(set(leads)) == len(leads) > 0
    assert receipts & set(leads)
    # The bureaus' plans met: a joint visit was formed of them and its members were told, over the files too.
    assert told(running_hub, "GY-RSJ", "inspection.joint.formed")
    assert told(running_hub, "GY-RSJ", "inspection.visit.counted")


def told(hub: RunningHub, party: str, event: str) -> list[dict[str, Any]]:
    """What *party* was delivered of one kind by the simulation."""
    with hub.client(party) as http:
        found, cursor = [], "earliest"
        while True:
            answer = http.get("/v1/deliveries", params={"limit": 500, "after": cursor}).json()
            if not answer["deliveries"]:
                return found
            found += [each for each in answer["deliveries"] if each["type"] == f"cn.guiyang.hub.{event}.v1"]
            cursor = answer["cursor"]


def test_a_storm_is_weathered(running_hub: RunningHub) -> None:
    """Load through both doors: everything sent is settled."""
    done = running_hub.run("sim", "storm", "yjj", "swj", "--rate", "60", "--for", "3s", "-o", "json", timeout=200)

    items = json.loads(done.stdout)["items"]
    assert done.returncode == 0, done.stderr
    assert [(item["system"], item["sent"], item["accepted"]) for item in items] == [
        ("swj-xml", 90, 90), ("yjj-json", 90, 90),
    ]  # fmt: skip


def test_only_a_hub_of_this_machine_is_played_with(running_hub: RunningHub, tmp_path: Path) -> None:
    """Where no hub runs, and where one runs elsewhere, nothing is sent."""
    home = tmp_path / ".hub"
    home.mkdir()
    elsewhere = RunningHub(tmp_path, running_hub.process)

    assert elsewhere.run("sim", "run", "yjj", "--for", "1s").returncode == 3
    foreign = running_hub.dev | {"gateway": "http://10.1.2.3:8081"}
    (home / "dev.json").write_text(json.dumps(foreign))
    done = elsewhere.run("sim", "run", "yjj", "--for", "1s")

    assert done.returncode == 3
    assert "hub dev" in done.stderr
