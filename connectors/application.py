"""An application 接入申请: a connector packed for the hub's operators, and taken in on their side.

The one rule: the same connector gives the same bytes; and what is taken in is judged as a hostile archive until every name,
size and digest is as it says.
"""

from __future__ import annotations

import hashlib
import io
import re
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import orjson

SUFFIX: Final = ".connector.zip"
_EPOCH: Final = (1980, 1, 1, 0, 0, 0)
_TOLD: Final = "application.json"
_MOST_BYTES: Final = 20 * 1024 * 1024
_MOST_FILES: Final = 100
_NAMES: Final = re.compile(
    r"(connector\.yaml|mapping\.yaml|README\.md|application\.json|tables/[\w一-鿿.-]+\.csv|samples/[\w一-鿿.-]+)"
).fullmatch


class ApplicationInvalid(ValueError):
    """The file is no application, or not the one it says it is."""


@dataclass(frozen=True, slots=True)
class Application:
    """What ``application.json`` tells, and the files."""

    told: Mapping[str, Any]
    files: Mapping[str, bytes]

    @property
    def name(self) -> str:
        """The folder it will have."""
        return str(self.told["name"])


def files_of(folder: Path) -> dict[str, bytes]:
    """The files of a connector that belong to it, by their names."""
    found: dict[str, bytes] = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_file() and not path.is_symlink() and _NAMES(name) and name != _TOLD:
            found[name] = path.read_bytes()
    return found


def digest(files: Mapping[str, bytes]) -> str:
    """One digest over names and contents."""
    whole = hashlib.sha256()
    for name in sorted(files):
        whole.update(f"{name}\0{len(files[name])}\0".encode() + files[name])
    return whole.hexdigest()


def pack(told: Mapping[str, Any], files: Mapping[str, bytes]) -> bytes:
    """The archive."""
    out = io.BytesIO()
    content = orjson.dumps(dict(told), option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS)
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, value in sorted({_TOLD: content, **files}.items()):
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, value, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def unpack(value: bytes) -> Application:
    """What *value* holds. Raise `ApplicationInvalid`."""
    try:
        files = _inflated(value)
        told = orjson.loads(files.pop(_TOLD, b""))
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, ValueError, OSError, EOFError) as error:
        if isinstance(error, ApplicationInvalid):
            raise
        raise ApplicationInvalid(f"不是接入申请 / no application: {str(error)[:100]}") from None
    needed = ("name", "dialect", "party", "digest")
    if not isinstance(told, dict) or not all(isinstance(told.get(each), str) for each in needed):
        raise ApplicationInvalid(f"{_TOLD} 不完整 / is incomplete")
    if not re.fullmatch(r"[a-z][a-z0-9-]{0,19}", told["name"]):
        raise ApplicationInvalid("名称不合规定 / the name is not allowed")
    if told["digest"] != digest(files):
        raise ApplicationInvalid("内容与摘要不符 / the content is not that of its digest")
    return Application(told, files)


def _inflated(value: bytes) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    room = _MOST_BYTES
    with zipfile.ZipFile(io.BytesIO(value)) as archive:
        entries: Sequence[zipfile.ZipInfo] = archive.infolist()
        if len(entries) > _MOST_FILES:
            raise ApplicationInvalid(f"文件超过 {_MOST_FILES} 个 / more than {_MOST_FILES} files")
        for entry in entries:
            if not _NAMES(entry.filename) or entry.filename in found:
                raise ApplicationInvalid(f"不应有的文件 / a file that does not belong: {entry.filename[:60]}")
            with archive.open(entry) as file:
                found[entry.filename] = file.read(room + 1)
            room -= len(found[entry.filename])
            if room < 0:
                raise ApplicationInvalid(f"超过 {_MOST_BYTES} 字节 / larger than {_MOST_BYTES} bytes")
    return found
