"""The manifest of a file, `X.manifest.json` beside `X`: which bytes its sender meant.

The one rule: a manifest is put there before its file, so that a file which is visible can be judged at once. It names the file
by its digest; one that lies there again proves nothing new and harms nothing.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

import orjson

from connectors.filedrop.folders import MANIFEST, Folders, Refusable, plain
from hub.wire.strictjson import read_json
from hub.wire.unreadable import Unreadable

_LARGEST: Final = 64 * 1024


def told(name: str, size: int, digest: str) -> bytes:
    """The manifest of a file."""
    return orjson.dumps({"file": name, "bytes": size, "sha256": digest}, option=orjson.OPT_INDENT_2) + b"\n"


def agree(folders: Folders, claimed: Path, size: int, digest: str, *, required: bool) -> None:
    """Raise `Refusable` unless the manifest of the *claimed* file means exactly these bytes."""
    name = claimed.name
    try:
        opened = os.open(folders.manifest(claimed), os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        left = folders.inbox / f"{name}{MANIFEST}"
        if os.path.lexists(left) and not plain(left):
            raise Refusable("清单不是普通文件", "the manifest is not a plain file") from None
        if required:
            raise Refusable("缺少清单文件", f"no manifest: put {name}{MANIFEST} there before the file") from None
        return
    except OSError:
        raise Refusable("清单不是普通文件", "the manifest is not a plain file") from None
    with os.fdopen(opened, "rb") as file:
        value = file.read(_LARGEST + 1)
    try:
        said = read_json(value, largest=_LARGEST)
    except Unreadable as error:
        raise Refusable(f"清单不能解析: {error.detail}", f"the manifest cannot be read: {error.detail_en}") from None
    if not isinstance(said, dict) or said.get("file") != name:
        raise Refusable("清单与文件名不符", "the manifest is of another file")
    if said.get("bytes") != size or str(said.get("sha256", "")).lower() != digest:
        raise Refusable("文件与清单不符(长度或摘要)", "the file is not what its manifest says (size or digest)")
