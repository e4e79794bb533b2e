"""The desk of one end: files → bundles, bundles → files and receipts, receipts → the ledger.

The one rule: whatever instant the process dies at, doing the same again ends the same: the ledger knows a bundle before its file
is written, and a bundle that was opened half is opened again into the same names with the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final

from connectors.courier import bundle, receipt
from connectors.courier.bundle import Bundle, Entry, Place
from connectors.courier.keys import Keyring
from connectors.courier.ledger import Ledger, Opened, Packed
from connectors.courier.receipt import Receipt
from connectors.courier.refusal import Code, CourierRefused
from connectors.filedrop.folders import MANIFEST, allowed, put

SUFFIX: Final = ".hubc"
RECEIPT_SUFFIX: Final = ".hubr"
_LARGEST: Final = 2 * bundle.CONTENT_BYTES
#: Half: the other half is what base64 and the lines around it add, generously.
_FILES_BYTES: Final = bundle.CONTENT_BYTES // 2


@dataclass(frozen=True, slots=True)
class Made:
    """A file that is to be carried."""

    path: Path
    number: int
    count: int


@dataclass(frozen=True, slots=True)
class Standing:
    """How far the exchange with one peer is."""

    peer: str
    packed: int  #: number of the last bundle made for it
    receipted: int  #: of these, how many have their receipt
    waiting: tuple[int, ...]  #: numbers of those without one
    since: str  #: when the oldest of them was packed
    opened: int  #: number of the last bundle taken from it


@dataclass(slots=True)
class _Found:
    """Files to be packed, and bundles whose files were still lying there."""

    paths: list[Path] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    held: set[int] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Desk:
    """One end: its keys and its ledger."""

    keys: Keyring
    ledger: Ledger

    @property
    def party(self) -> str:
        """Whose end it is."""
        return self.keys.own().public.party

    def pack(self, peer: str, source: Path, out: Path, now: datetime) -> list[Made]:
        """Every finished file in *source*, in the order of names, into bundles for *peer* in *out*; the files are taken away."""
        made = list[Made]()
        while True:
            with self.ledger.alone():
                found = self._next(peer, source)
                packed = self._add(peer, found.entries, now) if found.entries else None
            # Files that are in the ledger already were packed by one who died before the next two lines.
            made += [self.again(peer, number, out) for number in sorted(found.held)]
            if packed is not None:
                made.append(self._write(packed, found.entries, out))
            for path in found.paths:
                path.unlink(missing_ok=True)
            if packed is None:
                return made

    def again(self, peer: str, number: int, out: Path) -> Made:
        """The bundle *number* byte for byte as it was."""
        packed = [each for each in self.ledger.packed(peer) if each.place.number == number]
        entries = self.ledger.content(peer, number)
        if not packed:
            raise CourierRefused(Code.NOTHING, f"没有第 {number} 包", f"no bundle {number} was packed for {peer}")
        if not entries:
            raise CourierRefused(
                Code.NOTHING,
                f"第 {number} 包已有回执,内容已清除",
                f"bundle {number} has its receipt; its content is gone",
            )
        return self._write(packed[0], entries, out)

    def look(self, path: Path) -> Bundle:
        """What a bundle says of itself, before anything is verified."""
        return bundle.parted(_read(path))

    def open(self, path: Path, into: Path, receipts: Path, now: datetime) -> Made:
        """Verify a bundle, write its files, remember it, write its receipt. Raise `CourierRefused`."""
        found = bundle.parted(_read(path))
        bundle.verify(found, self.keys, self.party)
        peer, number = found.manifest["from"], found.manifest["number"]
        with self.ledger.alone():
            self._in_turn(found, receipts)
            entries = bundle.unseal(found, self.keys.own(found.manifest["sealedFor"]))
            if wrong := [each.name for each in entries if not allowed(each.name)]:
                raise CourierRefused(
                    Code.UNREADABLE, f"{len(wrong)} 个文件名不合规定", "a file name that is not allowed"
                )
            into.mkdir(parents=True, exist_ok=True)
            for each in entries:
                put(into / each.name, each.value)
            opened = Opened(number, found.head, len(entries), now.isoformat(timespec="seconds"))
            self.ledger.open(peer, opened)
        return self._receipt(peer, opened, receipts)

    def take_receipt(self, path: Path) -> Receipt:
        """A receipt that came back; the same twice is harmless. Raise `CourierRefused`."""
        found = receipt.read(_read(path), self.keys, self.party)
        with self.ledger.alone():
            heads = {each.place.number: each.head for each in self.ledger.packed(found.recipient)}
            if heads.get(found.number) != found.bundle:
                raise CourierRefused(
                    Code.UNKNOWN_BUNDLE,
                    "回执所指的信使包不是本单位所制",
                    "a receipt for a bundle that was not packed here",
                )
            self.ledger.receipt(found.recipient, found.number, found.opened_at)
        return found

    def standings(self) -> Iterator[Standing]:
        """How far each peer is."""
        for peer in self.keys.peers():
            packed, opened = self.ledger.packed(peer), self.ledger.opened(peer)
            open_ones = [each for each in packed if not each.receipted_at]
            yield Standing(
                peer, packed[-1].place.number if packed else 0, len(packed) - len(open_ones),
                tuple(each.place.number for each in open_ones), open_ones[0].place.packed_at if open_ones else "",
                opened[-1].number if opened else 0,
            )  # fmt: skip

    def _next(self, peer: str, source: Path) -> _Found:
        """As many files as one bundle carries."""
        found, size = _Found(), 0
        for path in sorted(source.iterdir()):
            if not allowed(path.name) or path.name.endswith((".part", MANIFEST)) or path.is_symlink():
                continue
            if path.stat().st_size > _FILES_BYTES:
                raise CourierRefused(
                    Code.TOO_LARGE, f"{path.name} 超过单包上限", f"{path.name} is larger than a bundle carries"
                )
            value = path.read_bytes()
            number = self.ledger.holding(peer, path.name, value)
            if number:
                found.held.add(number)
                found.paths.append(path)
                continue
            size += len(value)
            if found.entries and (size > _FILES_BYTES or len(found.entries) == bundle.ENTRIES):
                break
            found.paths.append(path)
            found.entries.append(Entry(path.name, value))
        return found

    def _add(self, peer: str, entries: list[Entry], now: datetime) -> Packed:
        own, recipient = self.keys.own(), self.keys.peer(peer)
        number, previous = self.ledger.next(peer)
        place = Place(own.public.party, peer, number, previous, now.isoformat(timespec="seconds"))
        _, head = bundle.pack(place, entries, own, recipient)
        packed = Packed(place, head, own.public.kid, recipient.kid, len(entries), "")
        self.ledger.add(packed, entries)
        return packed

    def _write(self, packed: Packed, entries: list[Entry], out: Path) -> Made:
        own, recipient = self.keys.own(packed.signed_by), self.keys.peer(packed.place.recipient, packed.sealed_for)
        value, head = bundle.pack(packed.place, entries, own, recipient)
        assert head == packed.head, "a bundle made again is another one"
        out.mkdir(parents=True, exist_ok=True)
        name = f"{packed.place.sender}-{packed.place.recipient}-{packed.place.number:06}{SUFFIX}"
        put(out / name, value)
        return Made(out / name, packed.place.number, packed.count)

    def _in_turn(self, found: Bundle, receipts: Path) -> None:
        """Raise `CourierRefused` unless it is exactly the next one."""
        peer, number = found.manifest["from"], found.manifest["number"]
        wanted, previous = self.ledger.awaited(peer)
        if number < wanted:
            known = self.ledger.opened(peer)[number - 1]
            if known.head != found.head:
                raise CourierRefused(
                    Code.OUT_OF_CHAIN,
                    f"第 {number} 包与已开启的不同",
                    f"not the bundle {number} that was opened before",
                )
            self._receipt(peer, known, receipts)  # perhaps that is what was lost on the way
            raise CourierRefused(Code.REPEATED, f"第 {number} 包已开启过", f"bundle {number} was opened before")
        if number > wanted:
            raise CourierRefused(
                Code.GAP, f"缺第 {wanted} 至 {number - 1} 包", f"bundles {wanted} to {number - 1} have not been opened"
            )
        if found.manifest["previous"] != previous:
            raise CourierRefused(
                Code.OUT_OF_CHAIN, "与上一包不衔接", "it does not follow the bundle that was opened last"
            )

    def _receipt(self, peer: str, opened: Opened, receipts: Path) -> Made:
        own = self.keys.own()
        said = Receipt(peer, own.public.party, opened.number, opened.head, opened.count, opened.opened_at)
        receipts.mkdir(parents=True, exist_ok=True)
        path = receipts / f"{peer}-{own.public.party}-{opened.number:06}{RECEIPT_SUFFIX}"
        put(path, receipt.write(said, own))
        return Made(path, opened.number, opened.count)


@contextmanager
def desk(home: Path) -> Iterator[Desk]:
    """The desk whose keys and ledger are in *home*."""
    ledger = Ledger(home / "ledger.sqlite")
    try:
        yield Desk(Keyring(home), ledger)
    finally:
        ledger.close()


def _read(path: Path) -> bytes:
    with path.open("rb") as file:
        value = file.read(_LARGEST + 1)
    if len(value) > _LARGEST:
        raise CourierRefused(Code.UNREADABLE, "文件过大", "larger than any bundle")
    return value
