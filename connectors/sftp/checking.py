"""`check`: everything a connection will need, tried in the order in which it would fail.

The one rule: what is tried leaves nothing behind but our own empty folders, and each failure names its cure.
"""

from __future__ import annotations

import asyncio
import io
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from pathlib import Path, PurePosixPath
from typing import Final

import asyncssh

from connectors.kind import Finding
from connectors.protocol import Unavailable
from connectors.sftp.bay import Bay
from connectors.sftp.line import Line
from connectors.sftp.remote import Remote
from connectors.sftp.settings import SftpSettings
from connectors.sftp.trouble import ERRORS, trouble

_FOLDER_CURE: Final = (
    "请对方建立目录并给读写、改名、删除权限;只读则设 claim: copy / "
    "the peer must make it and allow reading, writing, renaming and deleting; set claim: copy where we may only read"
)
#: In this order a connection comes about; whatever fails, what comes before it was well.
_STAGES: Final = ("key", "network", "host key", "sign-in")
_TITLES: Final = {
    "key": "密钥 / key", "network": "网络 / network", "host key": "主机密钥 / host key", "sign-in": "登录 / sign-in",
}  # fmt: skip


async def findings(bay: Bay, folder: Path, units: Sequence[PurePosixPath]) -> AsyncIterator[Finding]:
    """One for each stage, then one for each folder; the first stage that fails is the last."""
    settings, line = bay.settings, Line(bay.settings, folder)
    try:
        try:
            remote = await line.opened()
        except ERRORS as error:
            found = trouble(error, settings)
            failed = found.stage if found.stage in _STAGES else "sign-in"
            for stage in _STAGES[: _STAGES.index(failed)]:
                yield Finding(_TITLES[stage], ok=True)
            shown = await _shown(settings) if failed == "host key" else ""
            yield Finding(_TITLES[failed], ok=False, detail=f"{found.detail}{shown}", cure=found.cure)
            return
        for stage in _STAGES:
            yield Finding(_TITLES[stage], ok=True)
        for name, path, trying in _tries(bay, units):
            try:
                await trying(remote)
            except Unavailable as error:
                yield Finding(f"{name} {path}", ok=False, detail=str(error), cure=_FOLDER_CURE)
            else:
                yield Finding(f"{name} {path}", ok=True)
    finally:
        await line.close()


async def _shown(settings: SftpSettings) -> str:
    """The fingerprint of the key that the server shows, to be compared with what the peer says over another way."""
    try:
        async with asyncio.timeout(settings.connect_seconds):
            key = await asyncssh.get_server_host_key(settings.host, settings.port, config=None)
    except ERRORS:
        return ""
    return f"; {key.get_fingerprint()}" if key is not None else ""


def _tries(
    bay: Bay, units: Sequence[PurePosixPath]
) -> list[tuple[str, PurePosixPath, Callable[[Remote], Awaitable[None]]]]:
    said = bay.settings

    async def read(remote: Remote) -> None:
        await remote.listing(said.out)

    async def ours(remote: Remote) -> None:
        await bay.make(remote)

    async def claim(remote: Remote) -> None:
        name = f".check-{uuid.uuid4().hex[:8]}"
        await remote.put(said.out / name, io.BytesIO(b""))
        if await remote.claim(said.out / name, bay.mine() / name):
            await remote.remove(bay.mine() / name)

    def write(path: PurePosixPath, *, make: bool) -> Callable[[Remote], Awaitable[None]]:
        async def trying(remote: Remote) -> None:
            if make:
                await remote.folder(path)
            name = f".check-{uuid.uuid4().hex[:8]}"
            await remote.put(path / name, io.BytesIO(b""))
            await remote.remove(path / name)

        return trying

    tries: list[tuple[str, PurePosixPath, Callable[[Remote], Awaitable[None]]]] = [
        ("读 / list", said.out, read),
        ("写 / write", said.into, write(said.into, make=False)),
        ("建目录 / make folders", bay.folder(""), ours),
    ]
    if not bay.copies:
        tries.append(("认领 / claim", said.out, claim))
    tries += [("写 / write", bay.folder(name), write(bay.folder(name), make=False)) for name in ("done", "err")]
    return tries + [("写 / write", unit, write(unit, make=True)) for unit in units]
