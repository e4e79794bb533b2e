"""The folders of one party, and how a file gets into one.

The one rule: a name comes from outside and is never trusted: links, devices, folders and odd names are refused, and nothing
is opened by following a link. What we write appears whole or not at all.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

#: One letter, digit or Han character, then also dots, dashes, underscores: no path, no space, no hidden file.
_NAME: Final = re.compile(r"[A-Za-z0-9\u4e00-\u9fff][A-Za-z0-9\u4e00-\u9fff._-]{0,127}").fullmatch
_CHUNK: Final = 1 << 20
#: What a sender says of a file, beside it.
MANIFEST: Final = ".manifest.json"
#: Still being written by its sender.
UNFINISHED: Final = (".part", ".tmp", ".filepart", ".swp")


def allowed(name: str) -> bool:
    """May a file be called so?"""
    return _NAME(name) is not None


class Refusable(Exception):
    """Something in the inbox that is not a file we read; the text says why, in Chinese and English."""

    def __init__(self, detail: str, detail_en: str) -> None:
        super().__init__(detail)
        self.detail = detail
        self.detail_en = detail_en


@dataclass(frozen=True, slots=True)
class Folders:
    """``<root>/<party>/{inbox,outbox,done,err,.work}``, all on one file system, so that a rename is atomic."""

    home: Path

    @property
    def inbox(self) -> Path:
        return self.home / "inbox"

    @property
    def outbox(self) -> Path:
        return self.home / "outbox"

    @property
    def done(self) -> Path:
        return self.home / "done"

    @property
    def err(self) -> Path:
        return self.home / "err"

    @property
    def work(self) -> Path:
        return self.home / ".work"

    def make(self) -> None:
        """Make what is not there."""
        for folder in (self.inbox, self.outbox, self.done, self.err, self.work):
            folder.mkdir(parents=True, exist_ok=True)

    @contextmanager
    def owned(self) -> Iterator[bool]:
        """True while no other process works here. The lock goes with the process, however it ends."""
        self.make()
        with (self.work / ".lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield False
            else:
                yield True

    def waiting(self, now: float, quiet_seconds: float) -> list[Path]:
        """What lies in the inbox finished, oldest first."""
        found = []
        with os.scandir(self.inbox) as entries:
            for entry in entries:
                if entry.name.startswith(".") or entry.name.endswith((*UNFINISHED, MANIFEST)):
                    continue
                status = entry.stat(follow_symlinks=False)
                if now - status.st_mtime >= quiet_seconds or status.st_mtime > now:
                    found.append((status.st_mtime, entry.name))
        return [self.inbox / name for _, name in sorted(found)]

    def claimed(self) -> list[Path]:
        """What an earlier process had claimed and not finished."""
        return sorted(path for path in self.work.iterdir() if not path.name.startswith("."))

    def claim(self, path: Path) -> Path | None:
        """Take *path* out of the inbox; None if its sender took it back or one of that name is still in work."""
        name = path.name if _NAME(path.name) else f"refused-{hashlib.sha256(os.fsencode(path.name)).hexdigest()[:12]}"
        target = self.work / name
        if target.is_symlink() or target.exists():
            return None
        try:
            path.rename(target)
        except FileNotFoundError:
            return None
        self.claim_manifest(path.name, target)
        return target

    def manifest(self, claimed: Path) -> Path:
        """Where the manifest of a claimed file lies."""
        return self.work / f".{claimed.name}{MANIFEST}"

    def claim_manifest(self, name: str, claimed: Path) -> None:
        """Take the manifest of what lay in the inbox as *name*, after its file: one that is here without its file is of the past."""
        said = self.inbox / f"{name}{MANIFEST}"
        if not os.path.lexists(self.manifest(claimed)) and plain(said):
            said.rename(self.manifest(claimed))

    def sweep(self) -> None:
        """Where a kill came between a file's last move and its manifest's: the manifest goes where the file went."""
        for said in self.work.glob(f".*{MANIFEST}"):
            name = said.name[1 : -len(MANIFEST)]
            if not os.path.lexists(self.work / name):
                gone = [folder for folder in (self.done, self.err) if os.path.lexists(folder / name)]
                last = max(gone, key=lambda folder: (folder / name).lstat().st_ctime_ns, default=self.err)
                said.replace(last / f"{name}{MANIFEST}")

    def copied(self, path: Path, limit: int) -> tuple[BinaryIO, str]:
        """The bytes of a claimed file in an unnamed file of ours, and their digest. Raise `Refusable` for what is no plain file.

        What is hashed is what is read: whoever still has the original open can no longer change it under our hands.
        """
        if path.name.startswith("refused-"):
            raise Refusable("文件名不合规定", "the file name is not allowed")
        try:
            opened = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError:
            raise Refusable("不是普通文件(链接或设备)", "not a plain file but a link or a device") from None
        status = os.fstat(opened)
        if not stat.S_ISREG(status.st_mode) or status.st_nlink != 1:
            os.close(opened)
            raise Refusable(
                "不是普通文件(目录、设备或硬链接)", "not a plain file but a folder, a device or a hard link"
            )
        copy: BinaryIO = tempfile.TemporaryFile(dir=self.work)  # noqa: SIM115 - closed by whoever settles the file
        digest, size = hashlib.sha256(), 0
        with os.fdopen(opened, "rb") as file:
            while chunk := file.read(_CHUNK):
                size += len(chunk)
                if size > limit:
                    copy.close()
                    raise Refusable(f"文件超过 {limit} 字节", f"the file is larger than {limit} bytes")
                digest.update(chunk)
                copy.write(chunk)
        copy.flush()
        copy.seek(0)
        return copy, digest.hexdigest()


def put(path: Path, value: bytes) -> None:
    """Write *value* to *path* whole or not at all, and survive the loss of power."""
    draft = path.with_name(f".{path.name}.part")
    with draft.open("wb") as file:
        file.write(value)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    _sync(path.parent)


def move(path: Path, folder: Path, digest: str) -> None:
    """Put the claimed *path* into *folder*; another file of that name is kept under a name with its digest."""
    target = folder / path.name
    if target.exists() and not target.is_symlink() and (digest == "" or _digest(target) != digest):
        target = folder / f"{path.stem}.{digest[:12] or 'again'}{path.suffix}"
    path.replace(target)
    _sync(folder)


def plain(path: Path) -> bool:
    """Is it a file, and no link to one?"""
    try:
        return stat.S_ISREG(path.lstat().st_mode)
    except FileNotFoundError:
        return False


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""


def _sync(folder: Path) -> None:
    opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
