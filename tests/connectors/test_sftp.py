"""Files that lie on a peer's SFTP server: both directions, what is refused, and what a person is told when it does not work."""

from __future__ import annotations

import asyncio
import os
import tracemalloc
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import asyncssh
import orjson
import pytest
from pydantic import ValidationError
from structlog.testing import capture_logs

from connectors import kinds, registry
from connectors.filedrop import Folders
from connectors.filedrop.quota import USUAL, Account
from connectors.kind import Finding
from connectors.protocol import Connector, Unavailable
from connectors.pulse import Pulse, Unreachable
from connectors.serve import _checks, _waiting
from connectors.sftp.bay import Bay
from connectors.sftp.ferry import Ferry
from connectors.sftp.hand import Hand
from connectors.sftp.kind import Sftp
from connectors.sftp.line import Line
from hub.canonical.event import own_event_id
from tests.connectors.log import Log, taking
from tests.connectors.sftp_peer import SAMPLE, Peer, peered
from tests.connectors.sites import NOON, site
from tests.connectors.test_filedrop import names, until

HEADER, *ROWS = SAMPLE.read_bytes().split(b"\r\n")


@pytest.fixture
async def peer(tmp_path: Path) -> AsyncIterator[Peer]:
    async with peered(tmp_path) as made:
        yield made


def local(peer: Peer) -> Path:
    return peer.home.parent / "local"


def connected(peer: Peer, hub: str = "local", **settings: Any) -> Connector:
    return Sftp().connect(peer.connection(**settings), site(peer.home.parent / hub, ["GY-RSJ"]))


async def found(peer: Peer, **settings: Any) -> list[Finding]:
    place = site(local(peer), ["GY-RSJ"])
    return [each async for each in Sftp().check(peer.connection(**settings), place)]


async def refused(connector: Connector) -> str:
    with pytest.raises(Unavailable) as raised:
        await anext(connector.source.deliveries().__aiter__())  # type: ignore[union-attr]
    return str(raised.value)


class TestWhatComesIn:
    async def test_good_rows_go_on_bad_rows_and_the_file_go_back(self, peer: Peer) -> None:
        """And nothing of it stays here."""
        peer.drop("jh.csv", b"\r\n".join([HEADER, ROWS[0], b"torn,row"]))
        written = Log()

        async with taking(connected(peer), written):
            await until(lambda: (peer.out / "done/jh.csv").exists() and not list(local(peer).rglob("jh*")))

        assert written.ids == [own_event_id("GY-RSJ", "RSJ0001")]
        assert names(peer.out / "done") == ["jh.csv", "jh.csv.receipt.json"]
        assert names(peer.out / "err") == ["jh.csv.reason.json"]
        assert orjson.loads((peer.out / "done/jh.csv.receipt.json").read_bytes())["accepted"] == 1
        assert not list((peer.out / ".taken").rglob("jh*"))

    async def test_a_file_is_taken_when_it_is_the_same_for_a_while(self, peer: Peer) -> None:
        """Not every peer renames: what still grows is not finished."""
        written = Log()
        async with taking(connected(peer, quiet_seconds=0.4), written):
            with (peer.out / "jh.csv").open("wb") as file:
                for piece in (HEADER, *ROWS[:3]):
                    file.write(piece + b"\r\n")
                    file.flush()
                    await asyncio.sleep(0.2)
                    assert (peer.out / "jh.csv").exists()
            await until((peer.out / "done/jh.csv").exists)

        assert len(written.records) == 3

    async def test_a_manifest_is_taken_with_its_file_and_believed(self, peer: Peer) -> None:
        peer.drop("jh.csv.manifest.json", orjson.dumps({"file": "jh.csv", "bytes": 1, "sha256": "0"}))
        peer.drop("jh.csv", SAMPLE.read_bytes())
        written = Log()

        async with taking(connected(peer, manifests=True), written):
            await until((peer.out / "err/jh.csv.manifest.json").exists)

        assert written.records == []
        assert names(peer.out / "err") == ["jh.csv", "jh.csv.manifest.json", "jh.csv.reason.json"]

    async def test_links_odd_names_and_what_is_too_large_are_refused_unread(self, peer: Peer) -> None:
        """Folders and hidden files are the peer's own affair."""
        (peer.home / "secret.csv").write_bytes(SAMPLE.read_bytes())
        (peer.out / "link.csv").symlink_to("../secret.csv")
        os.mkfifo(peer.out / "pipe.csv")
        (peer.out / "x\\..\\up.csv").write_bytes(SAMPLE.read_bytes())
        (peer.out / "-rf .csv").write_bytes(SAMPLE.read_bytes())
        (Path(os.fsdecode(os.fsencode(peer.out) + b"/\xff\xfe.csv"))).write_bytes(b"x")
        (peer.out / "archive").mkdir()
        (peer.out / ".hidden").write_bytes(b"x")
        with (peer.out / "large.csv").open("wb") as file:
            file.truncate(51 * 1024 * 1024)
        opened: list[str] = []
        peer.before = opened.append
        written = Log()

        async with taking(connected(peer), written):
            await until(lambda: len(list((peer.out / "err").glob("*.reason.json"))) == 6)
            await until(lambda: names(peer.out) == ["archive", "done", "err"])
            await until(lambda: len([name for name in names(peer.out / "err") if name.startswith("refused-")]) == 6)

        assert written.records == []
        assert "read" not in opened
        assert (peer.home / "secret.csv").read_bytes() == SAMPLE.read_bytes()
        assert (peer.out / "err/link.csv").is_symlink()

    async def test_of_two_hubs_one_has_the_file(self, peer: Peer) -> None:
        one, other = Log(), Log()
        async with (
            taking(connected(peer, quiet_seconds=0), one),
            taking(connected(peer, "other", quiet_seconds=0), other),
        ):
            for number in range(12):
                peer.drop(f"{number}.csv", b"\r\n".join([HEADER, ROWS[0].replace(b"RSJ0001", b"N%d" % number)]))
                await asyncio.sleep(0.02)
            await until(lambda: len(list((peer.out / "done").glob("*.csv"))) == 12)

        assert sorted(one.ids + other.ids) == sorted(own_event_id("GY-RSJ", f"N{number}") for number in range(12))

    async def test_a_server_that_is_not_openssh_has_only_the_plain_rename(self, peer: Peer) -> None:
        def refuse(request: str) -> None:
            if request == "posix_rename":
                raise asyncssh.SFTPOpUnsupported("no such extension")

        peer.before = refuse
        peer.drop("jh.csv", SAMPLE.read_bytes())
        written = Log()
        async with taking(connected(peer), written):
            await until((peer.out / "done/jh.csv").exists)
        assert len(written.records) == 4

    async def test_what_a_hub_claimed_and_left_is_taken_over(self, peer: Peer) -> None:
        (peer.out / ".taken/00000000").mkdir(parents=True)
        (peer.out / ".taken/00000000/jh.csv").write_bytes(SAMPLE.read_bytes())
        written = Log()

        async with taking(connected(peer, abandoned_seconds=0.5), written):
            await asyncio.sleep(0.3)
            assert written.records == []
            await until((peer.out / "done/jh.csv").exists)
        assert len(written.records) == 4

    async def test_a_large_file_comes_in_pieces(self, peer: Peer) -> None:
        """45 MB over the line and to the disk, a few in memory."""
        with (peer.out / "large.csv").open("wb") as file:
            file.truncate(45_000_000)
        said = peer.settings(quiet_seconds=0)
        folders, line = Folders(local(peer)), Line(said, peer.keys)
        folders.make()
        account = Account(folders.home, "GY-RSJ", "night", USUAL, lambda: NOON)
        remote = await line.open()
        tracemalloc.start()
        try:
            held = await Ferry(Bay(said, Hand(folders.home), account), folders).bring(remote)
            _, most = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
            await line.close()

        assert held is not None
        assert (folders.inbox / "large.csv").stat().st_size == 45_000_000
        assert most < 12_000_000

    async def test_another_file_of_the_same_name_is_kept_beside_the_first(self, peer: Peer) -> None:
        async with taking(connected(peer), Log()):
            peer.drop("jh.csv", SAMPLE.read_bytes())
            await until((peer.out / "done/jh.csv").exists)
            peer.drop("jh.csv", b"\r\n".join([HEADER, ROWS[0]]))
            await until(lambda: len(list((peer.out / "done").glob("jh.*.csv"))) == 1)

        assert (peer.out / "done/jh.csv").read_bytes() == SAMPLE.read_bytes()


class TestWherePeersLetUsReadOnly:
    async def test_each_file_is_read_once_and_the_reports_lie_with_the_deliveries(self, peer: Peer) -> None:
        """Once for each content: touched is not changed, changed is."""
        peer.drop("jh.csv", b"\r\n".join([HEADER, ROWS[0]]))
        peer.out.chmod(0o555)
        written = Log()

        async with taking(connected(peer, claim="copy"), written):
            await until((peer.into / "done/jh.csv.receipt.json").exists)
            await asyncio.sleep(0.4)
            os.utime(peer.out / "jh.csv", (1, 1))
            await asyncio.sleep(0.6)
            assert len(written.records) == 1
            (peer.out / "jh.csv").write_bytes(b"\r\n".join([HEADER, ROWS[1]]))
            await until(lambda: len(written.records) == 2)
        async with taking(connected(peer, claim="copy"), written):
            await asyncio.sleep(0.6)

        assert len(written.records) == 2
        assert names(peer.out) == ["jh.csv"]


class TestWhatGoesOut:
    @pytest.mark.parametrize("at", [1, 2])
    async def test_a_delivery_is_whole_under_its_name_or_not_there(self, peer: Peer, at: int) -> None:
        """Cut off before a rename nothing of that name is visible; sent again it is one file, its manifest beside it."""
        sink = connected(peer, manifests=True).sinks["GY-RSJ"]
        record = registry.system("rsj-csv").format.decode(SAMPLE.read_bytes())[0].record
        assert record is not None
        peer.cut_at("posix_rename", at)
        with pytest.raises(Unavailable):
            await sink.send(record, key="000000000001-e")
        assert names(peer.into) == ["000000000001-e.csv.manifest.json"][: at - 1]
        for _ in range(2):
            await sink.send(record, key="000000000001-e")
        await sink.close()  # type: ignore[attr-defined]

        assert names(peer.into) == ["000000000001-e.csv", "000000000001-e.csv.manifest.json"]
        assert registry.read("rsj-csv", (peer.into / "000000000001-e.csv").read_bytes())

    async def test_the_units_of_a_body_have_folders_of_their_own(self, peer: Peer) -> None:
        place = site(local(peer), ["GY-ZD", "GY-ZD-NM"])
        connector = Sftp().connect(peer.connection("zhifa-json", "GY-ZD"), place)
        for party in ("GY-ZD", "GY-ZD-NM"):
            await connector.sinks[party].send({"x": party}, key="1-e")
            await connector.sinks[party].close()  # type: ignore[attr-defined]

        assert b"GY-ZD-NM" in (peer.into / "GY-ZD-NM/1-e.json").read_bytes()
        assert b"GY-ZD-NM" not in (peer.into / "1-e.json").read_bytes()

    async def test_a_folder_that_the_peer_has_not_made_is_not_invented(self, peer: Peer) -> None:
        sink = connected(peer, in_dir="inn").sinks["GY-RSJ"]
        with pytest.raises(Unavailable, match="/inn"):
            await sink.send({"BWLX": "QTTZ"}, key="1-e")
        await sink.close()  # type: ignore[attr-defined]


class TestWhoIsLetIn:
    async def test_an_unknown_host_key_is_refused_and_nothing_is_learned(self, peer: Peer) -> None:
        known = peer.keys / "known_hosts"
        stranger = (peer.keys / "stranger.pub").read_text()
        for text in ("", f"[127.0.0.1]:{peer.port} {stranger}"):
            known.write_text(text)
            assert "主机密钥" in await refused(connected(peer))
            assert known.read_text() == text
        findings = await found(peer)
        assert [each.ok for each in findings] == [True, True, False]
        assert asyncssh.read_public_key(peer.keys / "host.pub").get_fingerprint() in findings[-1].detail
        assert "known_hosts" in findings[-1].cure

    async def test_a_key_that_the_peer_does_not_know_is_refused(self, peer: Peer) -> None:
        assert "公钥" in await refused(connected(peer, key_file="stranger"))
        findings = await found(peer, key_file="stranger")
        assert [each.ok for each in findings] == [True, True, True, False]

    @pytest.mark.parametrize(
        ("change", "settings", "told"),
        [
            (lambda keys: (keys / "ours").chmod(0o644), {}, "600"),
            (lambda keys: None, {"key_file": "nothing"}, "nothing"),
            (lambda keys: None, {"key_file": "ours.pub"}, "私钥"),
            (lambda keys: (keys / "ours").write_text("junk"), {}, "私钥"),
            (lambda keys: None, {"known_hosts": "nothing"}, "nothing"),
            (lambda keys: (keys / "known_hosts").write_bytes(b"\xff\xfe"), {}, "known_hosts"),
        ],
    )
    async def test_keys_of_ours_that_are_unfit_are_named(
        self, peer: Peer, change: Any, settings: dict[str, Any], told: str
    ) -> None:
        if settings.get("key_file") == "ours.pub":
            (peer.keys / "ours.pub").chmod(0o600)
        change(peer.keys)

        assert told in await refused(connected(peer, **settings))
        [finding] = await found(peer, **settings)
        assert not finding.ok
        assert finding.cure

    async def test_a_passphrase_is_used_and_never_said(self, peer: Peer) -> None:
        secret = "battery staple"
        asyncssh.read_private_key(peer.keys / "ours").write_private_key(
            peer.keys / "ours", passphrase=secret, rounds=64
        )
        (peer.keys / "passphrase").write_text("wrong " + secret)
        with capture_logs() as logs:
            told = await refused(connected(peer, passphrase_file="passphrase"))
            (peer.keys / "passphrase").write_text(secret + "\n")
            findings = await found(peer, passphrase_file="passphrase")

        assert all(each.ok for each in findings)
        assert "口令" in told
        assert secret not in f"{logs} {told} {findings} {peer.settings(passphrase_file='passphrase')!r}"

    async def test_nobody_there(self, peer: Peer) -> None:
        await peer.stop()
        assert "127.0.0.1" in await refused(connected(peer))
        findings = await found(peer)
        assert [each.ok for each in findings] == [True, False]
        assert "找不到主机" in await refused(connected(peer, host="no.such.host.invalid"))
        await peer.start()


class TestReadiness:
    async def test_a_peers_dead_server_is_shown_and_makes_nobody_unready(self, peer: Peer) -> None:
        connector, pulse = connected(peer), Pulse()
        pulse.states |= {"night.in": "Unavailable: no answer", "night.out": "ok"}
        pulse.unreachable["night.out.GY-RSJ"] = Unreachable("no answer", -1e9)

        checks = _checks({"night": connector}, pulse)

        assert [await check() for check in checks.values()] == [None, "ok"]
        assert set(_waiting({"night": connector}, pulse)["waiting"]) == {"night.in", "night.out.GY-RSJ"}


class TestCheck:
    async def test_each_thing_that_is_needed_is_tried_and_left_as_it_was(self, peer: Peer) -> None:
        findings = await found(peer)

        assert all(each.ok for each in findings)
        assert len(findings) == 10
        assert not [path for path in peer.home.rglob("*") if path.is_file()]

    async def test_a_folder_that_is_not_there_is_named_with_a_cure(self, peer: Peer) -> None:
        peer.into.rmdir()
        broken = [each for each in await found(peer) if not each.ok]
        assert [each.what for each in broken] == ["写 / write /in"]
        assert broken[0].cure

    async def test_the_oldest_waiting_file_is_shown_and_left(self, peer: Peer) -> None:
        peer.drop("b.csv", SAMPLE.read_bytes())
        peer.drop("a.csv", b"\r\n".join([HEADER, ROWS[3]]))
        os.utime(peer.out / "b.csv", (1, 1))
        rows = await Sftp().peek(peer.connection(), site(local(peer), ["GY-RSJ"]), 2)

        assert [row.number for row in rows] == [1, 2]
        assert names(peer.out) == ["a.csv", "b.csv"]


class TestSettings:
    @pytest.mark.parametrize(
        "wrong",
        [
            {"root": "../other"},
            {"in_dir": "out"},
            {"known_hosts": None},
            {"port": 0},
            {"password": "x"},
            {"out_dir": ""},
        ],
    )
    def test_what_cannot_be_meant_is_refused(self, wrong: dict[str, Any]) -> None:
        said = {"host": "h", "user": "u", "key_file": "k", "known_hosts": "kh"}
        kinds.kind("sftp").settings.model_validate(said)
        with pytest.raises(ValidationError):
            kinds.kind("sftp").settings.model_validate(said | wrong)
