"""The simulators against a whole hub: what they sent, what became of it, and that nobody lost anything."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.hub.conftest import RunningHub

#: A day of the city in a few seconds: a lead is receipted, decided and answered, an inspection is merged and visited.
SPEED = "40000"


def simulated(hub: RunningHub, *words: str) -> tuple[int, dict[str, dict[str, Any]], str]:
    done = hub.run("sim", "run", *words, "-o", "json", timeout=200)
    assert done.stdout, done.stderr
    return done.returncode, {item["system"]: item for item in json.loads(done.stdout)["items"]}, done.stderr


def test_a_city_plays_and_nothing_is_lost(running_hub: RunningHub) -> None:
    """Brigade, police, court and three bureaus over two doors: every record is settled as its behaviour says."""
    code, systems, said = simulated(
        running_hub, "--seed", "7", "--speed", SPEED, "--for", "20s", "--rate", "240", "--enterprises", "6"
    )

    assert code == 0, f"{said}\n{json.dumps(systems, indent=1)}"
    assert set(systems) >= {"yjj-json", "rsj-csv", "swj-xml", "zhifa-json", "gongan-xml", "fayuan-json"}
    for system in systems.values():
        assert system["lost"] == 0
        assert system["sent"] == system["accepted"] + sum(system["refused"].values())
    # What the brigade sent came to the police, was receipted and came back; visits of joint inspections were recorded.
    assert systems["gongan-xml"]["answered"] > 0
    assert systems["gongan-xml"]["worstSeconds"] is not None
    assert systems["zhifa-json"]["answered"] > 0
    # The bureaus' plans met: a joint visit was formed of them and its members were told, over the files too.
    told = [each["type"] for each in running_hub.deliveries("GY-RSJ", 20)]
    assert "cn.guiyang.hub.inspection.joint.formed.v1" in told
    assert "cn.guiyang.hub.inspection.visit.counted.v1" in told


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
