"""`hub connector silence` as an operator meets it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result

from hub.boot import hub
from hub.canonical.event import SHANGHAI
from hub.cli import language
from hub.cli.connector import connector
from hub.testing import Broker
from tests.silence.logs import every_hour, make, topics_file, write


async def _city(bootstrap: str, own: str) -> None:
    """One system stopped five hours ago, one did not, one is new, the others were never heard."""
    now = datetime.now(SHANGHAI)
    heard = {
        f"{own}-evt.gy-rsj.rsj-csv.v1": every_hour(28, now - timedelta(hours=5)),
        f"{own}-evt.gy-yjj.yjj-json.v1": every_hour(28, now),
        f"{own}-evt.gy-swj.swj-xml.v1": every_hour(3, now),
    }
    for topic, moments in heard.items():
        await make(bootstrap, topic)
        await write(bootstrap, topic, moments)


@pytest.fixture(scope="module")
def city(kafka: Broker, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    """The address and the topics file."""
    file, own = topics_file(tmp_path_factory.mktemp("topics"))
    asyncio.run(_city(kafka.bootstrap, own))
    return kafka.bootstrap, file


@pytest.fixture(autouse=True)
def here(city: tuple[str, Path], monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("HUB_KAFKA__BOOTSTRAP", city[0])
    monkeypatch.setenv("HUB_TOPICS_FILE", str(city[1]))
    hub.cache_clear()
    yield
    hub.cache_clear()


def invoke(*words: str) -> Result:
    return CliRunner().invoke(connector, ["silence", *words], standalone_mode=False)


def items(*words: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(invoke(*words, "-o", "json").stdout)["items"]
    return found


def test_the_most_silent_stands_first_and_says_what_it_rests_on() -> None:
    first, *rest = items()

    assert (first["party"], first["dialect"], first["state"]) == ("GY-RSJ", "rsj-csv", "SILENT")
    assert first["silentSeconds"] >= 5 * 3600
    assert first["usualThisHour"] == 1
    assert 3 <= first["missing"] <= 5
    assert first["onceInDays"] > 20
    assert first["silentDays"] == 0 < first["comparableDays"]
    assert first["last"].endswith("+08:00")
    states = {each["dialect"]: each["state"] for each in rest}
    assert (states.pop("swj-xml"), states.pop("yjj-json")) == ("NEW", "OK")
    assert "gongan-xml" in states
    assert set(states.values()) == {"NEVER"}


def test_only_all_lists_the_common_doors_nobody_uses() -> None:
    everything = items("--all")
    assert len(everything) == len(hub().topics.all_ingress())
    assert {each["dialect"] for each in items()}.isdisjoint({"canonical"})


def test_check_ends_with_1_only_if_a_system_is_silent() -> None:
    assert invoke("--check").return_value == 1
    assert invoke().return_value == 0
    assert invoke("--check", "--party", "GY-YJJ", "--party", "GY-SWJ").return_value == 0


def test_a_system_that_was_shut_down_on_purpose_is_not_watched(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUB_SILENCE__UNWATCHED", '["*-evt.gy-rsj.rsj-csv.v1"]')
    assert invoke("--check").return_value == 0
    assert "rsj-csv" not in {each["dialect"] for each in items("--all")}


def test_an_operator_moves_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUB_SILENCE__SILENT_DAYS", "1e7")
    assert items()[0]["state"] == "QUIET"
    assert invoke("--check").return_value == 0


def test_the_table_speaks_the_readers_language(monkeypatch: pytest.MonkeyPatch) -> None:
    chinese = invoke("--party", "GY-RSJ").stdout
    assert "已静默" in chinese
    assert "个可比日中" in chinese
    monkeypatch.setattr(language, "current", lambda: "en")
    assert "comparable days" in invoke("--party", "GY-RSJ").stdout


def test_nobody_there_is_4_and_an_unknown_party_5(monkeypatch: pytest.MonkeyPatch) -> None:
    for words, code in ((["--bootstrap", "127.0.0.1:1"], 4), (["--party", "GY-XX"], 5)):
        failed = invoke(*words).exception
        assert isinstance(failed, click.ClickException)
        assert failed.exit_code == code
