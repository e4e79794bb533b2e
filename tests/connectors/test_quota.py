"""The daily quota of an agency: what is beyond it waits in its order, both sides are told, and the next day goes on."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
from click.testing import CliRunner

from connectors import registry
from connectors.filedrop.kind import FileDrop, FileSettings
from connectors.filedrop.quota import CODE, NOTICE, Account, Quota
from connectors.kind import Connection, Site
from connectors.protocol import Connector
from connectors.pulse import Pulse
from connectors.serve import _waiting, quota_of
from connectors.sftp.kind import Sftp
from hub.boot import hub
from hub.canonical.event import SHANGHAI
from hub.cli.connector import connector as verbs
from hub.settings import QuotaSettings, Settings
from tests.connectors.log import Log, taking
from tests.connectors.sftp_peer import SAMPLE, peered
from tests.connectors.sites import NOON, site
from tests.connectors.test_filedrop import names, until

RSJ = registry.system("rsj-csv")
HEADER, *ROWS = SAMPLE.read_bytes().split(b"\r\n")
ONE = b"\r\n".join([HEADER, ROWS[0], b""])


class Clock:
    """A day that the test ends."""

    def __init__(self) -> None:
        self.at = NOON

    def __call__(self) -> datetime:
        return self.at

    def tomorrow(self) -> None:
        self.at += timedelta(days=1)


def place(root: Path, clock: Callable[[], datetime], quota: Quota) -> Site:
    return replace(site(root, ["GY-RSJ", "GY-CZJ"], clock), quota=quota)


def dropped(at: Site, name: str = "rsj-csv", party: str = "GY-RSJ") -> Connector:
    connection = Connection(name, party, RSJ, FileDrop.name, FileSettings(root=at.drop / name), at.drop)
    made = FileDrop().connect(connection, at)
    (at.drop / name / party / "inbox").mkdir(parents=True, exist_ok=True)
    return made


def drop(inbox: Path, *files: str, content: bytes = ONE, age: int = 0) -> None:
    """The first named is the oldest."""
    for at, name in enumerate(files, 1_000 + age):
        (inbox / f"{name}.part").write_bytes(content)
        os.utime(inbox / f"{name}.part", (at, at))
        (inbox / f"{name}.part").rename(inbox / name)


def taken(home: Path) -> list[str]:
    return [name for name in names(home / "done") if name.endswith(".csv")] if (home / "done").exists() else []


async def test_files_beyond_the_quota_wait_for_the_next_day_and_none_is_lost(tmp_path: Path) -> None:
    clock, log = Clock(), Log()
    at = place(tmp_path, clock, Quota(files=2, size=10**9))
    connector, home = dropped(at), tmp_path / "rsj-csv/GY-RSJ"
    drop(home / "inbox", "a.csv", "b.csv", "c.csv", "d.csv", "e.csv")

    async with taking(connector, log):
        await until((home / "err" / NOTICE).exists)
        assert (taken(home), names(home / "inbox")) == (["a.csv", "b.csv"], ["c.csv", "d.csv", "e.csv"])
        told = orjson.loads((home / "err" / NOTICE).read_bytes())
        assert (told["code"], told["files"], told["filesADay"], told["resumes"]) == (CODE, 2, 2, "2026-03-10")
        assert "2026-03-10" in _waiting({"rsj-csv": connector}, Pulse())["quota"]["rsj-csv"]
        assert connector.source.oldest_seconds() == 0.0  # type: ignore[union-attr]  # not our illness

        clock.tomorrow()
        await until(lambda: len(taken(home)) == 4)
        await until((home / "err" / NOTICE).exists)
        assert names(home / "inbox") == ["e.csv"]

        clock.tomorrow()
        await until(lambda: len(taken(home)) == 5)
    assert len(log.records) == 5
    assert names(home / "err") == []
    assert _waiting({"rsj-csv": connector}, Pulse())["quota"] == {}


async def test_what_was_brought_in_is_remembered_over_a_restart_and_shared_by_an_agencys_connections(
    tmp_path: Path,
) -> None:
    clock = Clock()
    at = place(tmp_path, clock, Quota(files=3, size=10**9))
    for name, files in (("day", ["a.csv", "b.csv"]), ("night", ["c.csv", "d.csv"])):
        connector, home = dropped(at, name), tmp_path / name / "GY-RSJ"
        drop(home / "inbox", *files)
        async with taking(connector, Log()):
            await until(lambda home=home, name=name: len(taken(home)) == (2 if name == "day" else 1))  # type: ignore[misc]
            if name == "night":
                await until((home / "err" / NOTICE).exists)
                assert names(home / "inbox") == ["d.csv"]

    other, home = dropped(at, "czj", "GY-CZJ"), tmp_path / "czj/GY-CZJ"
    drop(home / "inbox", "e.csv")
    async with taking(other, Log()):
        await until(lambda: len(taken(home)) == 1)


async def test_a_file_too_large_for_what_is_left_keeps_its_place_and_the_first_of_a_day_always_fits(
    tmp_path: Path,
) -> None:
    clock, log = Clock(), Log()
    at = place(tmp_path, clock, Quota(files=9, size=len(ONE) + 1))
    connector, home = dropped(at), tmp_path / "rsj-csv/GY-RSJ"
    long = b"\r\n".join([HEADER, ROWS[0], ROWS[1], b""])
    drop(home / "inbox", "a.csv", "b.csv", content=long)
    drop(home / "inbox", "c.csv", age=5)

    async with taking(connector, log):
        for taken_by_then in (["a.csv"], ["a.csv", "b.csv"]):
            await until((home / "err" / NOTICE).exists)
            assert taken(home) == taken_by_then  # c alone would have fitted
            (home / "err" / NOTICE).unlink()
            clock.tomorrow()
        await until(lambda: taken(home) == ["a.csv", "b.csv", "c.csv"])
    assert len(log.records) == 5


async def test_nothing_waits_any_more_when_its_sender_took_it_back(tmp_path: Path) -> None:
    at = place(tmp_path, Clock(), Quota(files=1, size=10**9))
    connector, home = dropped(at), tmp_path / "rsj-csv/GY-RSJ"
    drop(home / "inbox", "a.csv", "b.csv")

    async with taking(connector, Log()):
        await until((home / "err" / NOTICE).exists)
        (home / "inbox/b.csv").unlink()
        await until(lambda: not (home / "err" / NOTICE).exists())
    assert Account(at.state / "quota", "GY-RSJ", "rsj-csv", at.quota, at.now).waiting() is None


@pytest.mark.parametrize("claim", ["rename", "copy"])
async def test_at_a_peers_server_too(tmp_path: Path, claim: str) -> None:
    """Neither fetched nor claimed; the peer reads why, until it goes on."""
    clock, log = Clock(), Log()
    async with peered(tmp_path) as peer:
        reports = peer.out if claim == "rename" else peer.into
        drop(peer.out, "a.csv", "b.csv", "c.csv")
        at = place(tmp_path / "hub", clock, Quota(files=2, size=10**9))
        connector = Sftp().connect(peer.connection(claim=claim), at)

        async with taking(connector, log):
            await until((reports / "err" / NOTICE).exists)
            assert len(log.records) == 2
            assert "c.csv" in names(peer.out)
            assert orjson.loads((reports / "err" / NOTICE).read_bytes())["code"] == CODE
            assert "night" in _waiting({"night": connector}, Pulse())["quota"]

            clock.tomorrow()
            await until((reports / "done/c.csv.receipt.json").exists)
            assert not (reports / "err" / NOTICE).exists()
    assert len(log.records) == 3


@pytest.fixture
def waiting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An installation whose labour bureau has a file too many today."""
    monkeypatch.setenv("HUB_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setenv("HUB_DROP_DIR", str(tmp_path / "drop"))
    monkeypatch.setenv("HUB_QUOTA__FILES", "1")
    hub.cache_clear()
    account = Account(tmp_path / "state/quota", "GY-RSJ", "rsj-csv", Quota(1), lambda: datetime.now(SHANGHAI))
    assert account.fits(10)
    account.count(10)
    assert not account.fits(10)
    yield
    hub.cache_clear()


def shown(*words: str) -> tuple[int, list[dict[str, Any]]]:
    result = CliRunner().invoke(verbs, [*words, "-o", "json"], standalone_mode=False)
    return result.return_value or 0, orjson.loads(result.stdout)["items"]


@pytest.mark.usefixtures("waiting")
def test_list_and_check_show_who_waits_and_why() -> None:
    _, listed = shown("list")
    assert {row["name"]: row["waiting"] for row in listed if row["waiting"]} == {"rsj-csv": CODE}

    code, checked = shown("check", "rsj-csv")
    assert code == 1
    [finding] = [row for row in checked if not row["ok"]]
    assert finding["finding"].startswith(CODE)
    assert "HUB_QUOTA__FILES" in finding["cure"]

    assert shown("check", "swj-xml")[0] == 0


def test_in_development_there_is_no_quota_unless_one_is_set() -> None:
    few = QuotaSettings(files=7)
    assert quota_of(Settings(dev=False)) == Quota(1_000, 2 << 30)
    assert quota_of(Settings(dev=True)).files > 10**9
    assert quota_of(Settings(dev=True, quota=few)) == Quota(7, 2 << 30)
