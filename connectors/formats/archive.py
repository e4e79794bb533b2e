"""ZIP: what is inside a packed file, one member after another.

The one rule: nothing that an archive says of itself is believed. Sizes are counted while inflating, names are used for
nothing but the report and the kind of the member, and an archive with a name made to leave its folder is refused whole.
"""

from __future__ import annotations

import stat
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import IO, BinaryIO, Final

from connectors.formats import limits
from connectors.protocol import NotUnderstood

_CHUNK: Final = 64 * 1024
_FREE: Final = 1024 * 1024  #: a small file may be packed as tightly as it likes
_ENCRYPTED: Final = 0x1


@dataclass(frozen=True, slots=True)
class Member:
    """One file of an archive; its bytes lie in an unnamed file, closed by whoever took it."""

    name: str
    file: BinaryIO


def members(file: BinaryIO, folder: Path) -> Iterator[Member]:
    """The files of the archive, inflated one at a time into *folder* under no name at all."""
    with _opened(file) as archive:
        entries = _entries(archive)
        count = _Counting(file)
        for entry in entries:
            with ExitStack() as failed:
                inflated = failed.enter_context(tempfile.TemporaryFile(dir=folder))
                for chunk in _inflate(archive, entry, count):
                    inflated.write(chunk)
                inflated.flush()
                inflated.seek(0)
                failed.pop_all()  # whoever takes the member closes it
            yield Member(_base(entry.filename), inflated)


def inspect(file: BinaryIO, look: Callable[[str, bytes], None]) -> None:
    """Inflate everything once, keep nothing: *look* is shown each member's name and bytes, piece by piece."""
    with _opened(file) as archive:
        count = _Counting(file)
        for entry in archive.infolist()[: limits.ZIP_ENTRIES + 1]:
            for chunk in _inflate(archive, entry, count):
                look(entry.filename, chunk)
        if len(archive.infolist()) > limits.ZIP_ENTRIES:
            raise limits.too_large("压缩包内文件个数", "files in the archive", limits.ZIP_ENTRIES)
    file.seek(0)


class _Counting:
    """How much has come out of the whole archive so far."""

    def __init__(self, file: BinaryIO) -> None:
        self._packed = file.seek(0, 2)
        self._out = 0

    def more(self, size: int) -> None:
        self._out += size
        if self._out > limits.ZIP_BYTES:
            raise limits.too_large("解压后字节数", "bytes after inflating", limits.ZIP_BYTES)
        if self._out > max(_FREE, self._packed * limits.ZIP_RATIO):
            raise limits.too_large("压缩比", "compression ratio", limits.ZIP_RATIO)


def _opened(file: BinaryIO) -> zipfile.ZipFile:
    file.seek(0)
    try:
        # Archives made on Chinese Windows carry names in GBK without saying so; UTF-8 names carry a flag.
        return zipfile.ZipFile(file, metadata_encoding="gb18030")
    except (zipfile.BadZipFile, UnicodeDecodeError, ValueError, OSError, NotImplementedError, OverflowError):
        raise NotUnderstood("不是 ZIP 文件或已损坏", detail_en="not a ZIP file, or a damaged one") from None


def _entries(archive: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    entries = archive.infolist()
    if len(entries) > limits.ZIP_ENTRIES:
        raise limits.too_large("压缩包内文件个数", "files in the archive", limits.ZIP_ENTRIES)
    kept = []
    for entry in entries:
        name, mode = entry.filename, entry.external_attr >> 16
        parts = name.replace("\\", "/").split("/")
        if ".." in parts or name.startswith(("/", "\\")) or ":" in name or not name.isprintable():
            raise NotUnderstood("压缩包内有越界路径", detail_en="a name in the archive that leaves its folder")
        if mode and not (stat.S_ISREG(mode) or stat.S_ISDIR(mode) or stat.S_IFMT(mode) == 0):
            raise NotUnderstood("压缩包内有链接或设备", detail_en="a link or a device in the archive")
        if entry.flag_bits & _ENCRYPTED:
            raise NotUnderstood("压缩包已加密", detail_en="the archive is encrypted", suggestion="请不加密码重新压缩")
        if entry.is_dir() or parts[0] == "__MACOSX" or parts[-1].startswith("."):
            continue
        if parts[-1].lower().endswith((".zip", ".gz", ".rar", ".7z")):
            raise NotUnderstood("压缩包内不得再有压缩包", detail_en="an archive inside the archive")
        kept.append(entry)
    if not kept:
        raise NotUnderstood("压缩包内没有文件", detail_en="an archive without a file")
    return kept


def _inflate(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, count: _Counting) -> Iterator[bytes]:
    try:
        source: IO[bytes]
        with archive.open(entry) as source:
            while chunk := source.read(_CHUNK):
                count.more(len(chunk))
                yield chunk
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError, ValueError, OSError):
        raise NotUnderstood(
            "压缩包内文件已损坏或压缩方式不支持", detail_en="a damaged member, or a method that is not read"
        ) from None


def _base(name: str) -> str:
    return name.replace("\\", "/").rsplit("/", 1)[-1]
