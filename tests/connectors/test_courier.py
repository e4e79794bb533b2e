"""The courier: what was packed arrives whole, once and in order, and nothing else does."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path

import orjson
import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.courier import bundle
from connectors.courier.bundle import Entry, Place
from connectors.courier.desk import Desk, Made, desk
from connectors.courier.keys import Keyring, KeyUnusable, told
from connectors.courier.refusal import Code, CourierRefused
from hub.canonical.event import SHANGHAI
from hub.cli.courier import courier
from tests.connectors.log import Log, taking
from tests.connectors.test_filedrop import SAMPLE, dropped, names, until

NOW = datetime(2026, 3, 9, 10, tzinfo=SHANGHAI)
LATER = NOW + timedelta(days=1)


class Road:
    """Two ends and the disc between them."""

    def __init__(self, root: Path, open_desk: Callable[[Path], Desk]) -> None:
        self.root = root
        self.out, self.disc, self.inbox, self.receipts = (root / n for n in ("outbox", "disc", "inbox", "receipts"))
        self.out.mkdir()
        hub, police = Keyring(root / "hub"), Keyring(root / "police")
        police.trust(told(hub.make("HUB", NOW)))
        hub.trust(told(police.make("GY-GAJ", NOW)))
        self.hub, self.police = open_desk(root / "hub"), open_desk(root / "police")

    def write(self, *names: str) -> None:
        for name in names:
            (self.out / name).write_bytes(f"content of {name} 李某".encode())

    def pack(self, *names: str) -> Made:
        self.write(*names)
        [made] = self.hub.pack("GY-GAJ", self.out, self.disc, NOW)
        return made

    def open(self, path: Path) -> Made:
        return self.police.open(path, self.inbox, self.receipts, LATER)

    def arrived(self) -> list[str]:
        return sorted(path.name for path in self.inbox.iterdir()) if self.inbox.is_dir() else []


@pytest.fixture
def road(tmp_path: Path) -> Iterator[Road]:
    with ExitStack() as stack:
        yield Road(tmp_path, lambda home: stack.enter_context(desk(home)))


def refused(code: Code, call: Callable[[], object]) -> None:
    with pytest.raises(CourierRefused) as caught:
        call()
    assert caught.value.code is code


class TestTheWay:
    def test_files_go_over_and_the_receipt_comes_back(self, road: Road) -> None:
        made = road.pack("000000000001-a.xml", "000000000002-b.xml")
        opened = road.open(made.path)

        assert list(road.out.iterdir()) == []
        assert road.arrived() == ["000000000001-a.xml", "000000000002-b.xml"]
        assert (road.inbox / "000000000001-a.xml").read_text() == "content of 000000000001-a.xml 李某"
        assert [one.waiting for one in road.hub.standings()] == [(1,)]
        for _ in range(2):
            road.hub.take_receipt(opened.path)
        assert [(one.waiting, one.receipted) for one in road.hub.standings()] == [((), 1)]

    def test_order_is_kept(self, road: Road) -> None:
        """Within a bundle by the order of writing, between bundles because a later one waits for the earlier."""
        names = [f"{number:012}-x.json" for number in range(30)]
        road.write(*reversed(names))
        [made] = road.hub.pack("GY-GAJ", road.out, road.disc, NOW)
        road.open(made.path)

        written = sorted(road.inbox.iterdir(), key=lambda path: (path.stat().st_mtime_ns, path.name))
        assert [path.name for path in written] == names

    def test_a_disc_tells_no_names(self, road: Road) -> None:
        made = road.pack("000000000001-secret.xml")
        value = made.path.read_bytes()

        said = road.police.look(made.path).manifest
        assert (said["from"], said["to"], said["number"], said["count"]) == ("HUB", "GY-GAJ", 1, 1)
        for word in ("secret", "content of", "李某"):
            assert word.encode() not in value

    def test_a_lost_bundle_is_made_again_byte_for_byte(self, road: Road) -> None:
        """Even after both ends have changed their keys; until its receipt has come."""
        made = road.pack("1.xml")
        was = made.path.read_bytes()
        made.path.unlink()
        road.police.keys.trust(told(road.hub.keys.make("HUB", LATER)))
        road.hub.keys.trust(told(road.police.keys.make("GY-GAJ", LATER)))

        again = road.hub.again("GY-GAJ", 1, road.disc)
        assert again.path.read_bytes() == was
        road.hub.take_receipt(road.open(again.path).path)
        refused(Code.NOTHING, lambda: road.hub.again("GY-GAJ", 1, road.disc))
        refused(Code.NOTHING, lambda: road.hub.again("GY-GAJ", 7, road.disc))

    def test_new_keys_are_used_and_old_ones_taken_away_are_not(self, road: Road) -> None:
        old = road.hub.keys.own().public.kid
        first = road.pack("1.xml")
        road.police.keys.trust(told(road.hub.keys.make("HUB", LATER)))
        second = road.pack("2.xml")
        assert road.police.look(second.path).manifest["signedBy"] == road.hub.keys.own().public.kid != old

        (road.root / "police/peers/HUB" / f"{old}.pub").unlink()
        refused(Code.UNKNOWN_KEY, lambda: road.open(first.path))


async def test_what_was_opened_into_an_inbox_is_taken_in(road: Road, tmp_path: Path) -> None:
    """The separate network drops files as everybody does: the courier only lengthens the way."""
    (tmp_path / "drop").mkdir()
    connector, producer = dropped(tmp_path / "drop"), Log()
    (road.out / "jh.csv").write_bytes(SAMPLE.read_bytes())
    [made] = road.hub.pack("GY-GAJ", road.out, road.disc, NOW)
    road.police.open(made.path, tmp_path / "drop/inbox", road.receipts, LATER)

    async with taking(connector, producer):
        await until(lambda: "jh.csv" in names(tmp_path / "drop/done"))

    assert len(producer.records) == 4


class TestWhatIsRefused:
    def test_a_repeat_writes_nothing_but_its_receipt_again(self, road: Road) -> None:
        made = road.pack("1.xml")
        lost = road.open(made.path).path
        was = lost.read_bytes()
        lost.unlink()
        (road.inbox / "1.xml").unlink()

        refused(Code.REPEATED, lambda: road.open(made.path))
        assert road.arrived() == []
        assert lost.read_bytes() == was

    def test_a_gap_is_named_and_closed_by_the_missing_one(self, road: Road) -> None:
        first, second, third = road.pack("1.xml"), road.pack("2.xml"), road.pack("3.xml")
        road.open(first.path)
        refused(Code.GAP, lambda: road.open(third.path))
        assert road.arrived() == ["1.xml"]
        road.open(second.path)
        road.open(third.path)
        assert road.arrived() == ["1.xml", "2.xml", "3.xml"]

    def test_another_history_is_refused(self, road: Road) -> None:
        """A sender whose ledger was put back, rightly signed: the numbers fit, the chain does not."""
        road.open(road.pack("1.xml").path)
        own, peer = road.hub.keys.own(), road.hub.keys.peer("GY-GAJ")
        for number, previous in ((1, bundle.NONE_BEFORE), (2, "1" * 64)):
            value, _ = bundle.pack(Place("HUB", "GY-GAJ", number, previous, "t"), [Entry("9.xml", b"")], own, peer)
            (road.disc / "other").write_bytes(value)
            refused(Code.OUT_OF_CHAIN, lambda: road.open(road.disc / "other"))
        assert road.arrived() == ["1.xml"]

    def test_a_bundle_for_another_or_from_a_stranger(self, road: Road, tmp_path: Path) -> None:
        stranger = Keyring(tmp_path / "stranger")
        stranger.make("HUB", NOW)
        own, peer = stranger.own(), road.hub.keys.peer("GY-GAJ")
        for to, code in (("GY-FY", Code.FOREIGN), ("GY-GAJ", Code.UNKNOWN_KEY)):
            value, _ = bundle.pack(Place("HUB", to, 1, bundle.NONE_BEFORE, "t"), [Entry("1.xml", b"")], own, peer)
            path = tmp_path / "strange"
            path.write_bytes(value)
            refused(code, lambda path=path: road.open(path))  # type: ignore[misc]

    def test_a_name_that_leaves_its_folder(self, road: Road) -> None:
        own, peer = road.hub.keys.own(), road.hub.keys.peer("GY-GAJ")
        place = Place("HUB", "GY-GAJ", 1, bundle.NONE_BEFORE, "t")
        road.disc.mkdir()
        for name in ("../up.xml", "/etc/x", ".hidden", ""):
            value, _ = bundle.pack(place, [Entry(name, b"")], own, peer)
            (road.disc / "b").write_bytes(value)
            refused(Code.UNREADABLE, lambda: road.open(road.disc / "b"))

    def test_any_other_byte_anywhere_is_refused(self, road: Road) -> None:
        """Changed, cut off or made longer, at every place: a code, never another error, and nothing is written."""
        made = road.pack("1.xml", "2.xml")
        value = made.path.read_bytes()
        path = road.disc / "spoilt"
        codes = set()
        spoilt = [value[:at] + bytes([value[at] ^ 1]) + value[at + 1 :] for at in range(len(value))]
        spoilt += [value[:at] for at in range(0, len(value), 7)] + [value + b"x"]
        for each in spoilt:
            path.write_bytes(each)
            with pytest.raises(CourierRefused) as caught:
                road.open(path)
            codes.add(caught.value.code)
        assert codes <= {Code.UNREADABLE, Code.FORGED, Code.FOREIGN, Code.UNKNOWN_KEY}
        assert road.arrived() == []
        assert road.open(made.path).count == 2

    def test_another_spelling_of_the_signature_is_refused(self, road: Road) -> None:
        """It would verify, and have another head: the next bundle would no longer follow it."""
        made = road.pack("1.xml")
        before, mark, after = made.path.read_bytes().partition(b"==\n")
        for other in b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".replace(before[-1:], b""):
            made.path.write_bytes(before[:-1] + bytes([other]) + mark + after)
            with pytest.raises(CourierRefused):
                road.open(made.path)

    def test_receipts_that_do_not_fit(self, road: Road) -> None:
        opened = road.open(road.pack("1.xml").path)
        value = opened.path.read_bytes()
        path = road.disc / "r"
        for at in range(len(value)):
            path.write_bytes(value[:at] + bytes([value[at] ^ 1]) + value[at + 1 :])
            with pytest.raises(CourierRefused):
                road.hub.take_receipt(path)
        refused(Code.UNREADABLE, lambda: road.hub.take_receipt(road.disc / "HUB-GY-GAJ-000001.hubc"))
        refused(Code.FOREIGN, lambda: road.police.take_receipt(opened.path))
        assert [one.waiting for one in road.hub.standings()] == [(1,)]


class TestKilled:
    def test_after_the_ledger_and_before_the_disc(self, road: Road, monkeypatch: pytest.MonkeyPatch) -> None:
        """The files still lie there: the same bundle is made, not a second one."""
        road.write("1.xml")
        with monkeypatch.context() as patched:
            patched.setattr(Desk, "_write", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt()))
            with pytest.raises(KeyboardInterrupt):
                road.hub.pack("GY-GAJ", road.out, road.disc, NOW)
        assert [path.name for path in road.out.iterdir()] == ["1.xml"]

        road.write("2.xml")
        made = road.hub.pack("GY-GAJ", road.out, road.disc, LATER)

        assert [(one.number, one.count) for one in made] == [(1, 1), (2, 1)]
        assert list(road.out.iterdir()) == []
        for one in made:
            road.open(one.path)
        assert road.arrived() == ["1.xml", "2.xml"]

    def test_between_the_files_and_the_ledger_of_the_opener(self, road: Road, monkeypatch: pytest.MonkeyPatch) -> None:
        made = road.pack("1.xml", "2.xml")
        with monkeypatch.context() as patched:
            patched.setattr(type(road.police.ledger), "open", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt()))
            with pytest.raises(KeyboardInterrupt):
                road.open(made.path)

        assert road.open(made.path).count == 2
        assert road.arrived() == ["1.xml", "2.xml"]


class TestKeys:
    def test_a_private_key_open_to_others_is_not_used(self, road: Road) -> None:
        [path] = (road.root / "hub/own").glob("*.key")
        path.chmod(0o644)
        with pytest.raises(KeyUnusable):
            road.hub.keys.own()

    def test_a_public_file_made_for_another_party_is_not_trusted(self, road: Road) -> None:
        said = orjson.loads(told(road.hub.keys.own().public))
        with pytest.raises(KeyUnusable):
            road.police.keys.trust(orjson.dumps({**said, "party": "GY-FY"}))
        assert b"Private" not in told(road.hub.keys.own().public)


@settings(max_examples=200, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(junk=st.binary(max_size=300) | st.binary(max_size=300).map(lambda tail: bundle.MAGIC + tail))
def test_junk_is_unreadable(junk: bytes) -> None:
    refused(Code.UNREADABLE, lambda: bundle.parted(junk))


def test_the_command_from_keys_to_receipt(tmp_path: Path) -> None:
    """As two people do it, one on each side."""

    def run(*words: str, code: int = 0) -> list[dict[str, object]]:
        result = CliRunner().invoke(courier, [*words, "-o", "json"], standalone_mode=False)
        assert (result.return_value or 0) == code, result.output
        return list(orjson.loads(result.stdout)["items"])

    hub, police, disc, back = (str(tmp_path / name) for name in ("hub", "police", "disc", "back"))
    (tmp_path / "outbox").mkdir()
    (tmp_path / "outbox/1.xml").write_bytes(b"<BWJ/>")
    [ours], [theirs] = run("keys", "HUB", "--home", hub), run("keys", "GY-GAJ", "--home", police)
    run("trust", str(ours["file"]), "--home", police)
    run("trust", str(theirs["file"]), "--home", hub)

    [packed] = run("pack", "--to", "GY-GAJ", "--from", str(tmp_path / "outbox"), "--out", disc, "--home", hub)
    assert run("show", str(packed["file"]), "--home", police)[0]["count"] == 1
    opening = ("open", str(packed["file"]), "--into", str(tmp_path / "in"), "--receipts", back, "--home", police)
    [opened] = run(*opening)
    assert run(*opening, code=1)[0]["code"] == "COURIER_REPEATED"
    assert run("status", "--home", hub, code=1)[0]["waiting"] == [1]
    run("receipt", str(opened["receipt"]), "--home", hub)
    assert run("status", "--home", hub)[0]["receipted"] == 1
    assert (tmp_path / "in/1.xml").read_bytes() == b"<BWJ/>"
