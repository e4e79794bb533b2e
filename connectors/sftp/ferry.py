"""One file at a time: from the peer's folder into our inbox, and, once settled, its reports and itself to `done/` or `err/` over there.

The one rule: every step looks at what is there and may be done again: what is already brought, moved or deleted is passed over.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
from pathlib import Path, PurePosixPath
from typing import Final

from connectors.filedrop import report
from connectors.filedrop.folders import MANIFEST, Folders, put
from connectors.formats.limits import CSV_BYTES
from connectors.sftp.bay import REFUSED, Bay
from connectors.sftp.hand import Held
from connectors.sftp.remote import Entry, Remote
from hub.log import get_logger

log = get_logger(__name__)

_MANIFEST_BYTES: Final = 64 * 1024


class Ferry:
    """Between *bay*, over there, and *folders*, here."""

    def __init__(self, bay: Bay, folders: Folders) -> None:
        self._bay, self._folders, self._hand = bay, folders, bay.hand

    async def bring(self, remote: Remote) -> Held | None:
        """The file in hand, or the next one, in our inbox, or refused with its reason in `err/`; None: nothing waits."""
        held = await asyncio.to_thread(self._hand.held)
        if held is None:
            held = await self._bay.next(remote)
            if held is None:
                return None
            await asyncio.to_thread(self._hand.hold, held)
        if not any((folder / held.name).exists() for folder in self._stations()):
            await self._fetch(remote, held)
        return held

    async def give_back(self, remote: Remote, held: Held) -> None:
        """Its reports, then itself, to the peer; then nothing of it is here any more."""
        folders = self._folders
        await self._bay.make(remote)
        settled = next((folder for folder in (folders.done, folders.err) if (folder / held.name).exists()), folders.err)
        digest = await asyncio.to_thread(_digest, settled / held.name)
        own = {held.name, f"{held.name}{MANIFEST}"}
        for folder in (folders.err, folders.done):
            for path in _files(folder):
                if path.name not in own:
                    with path.open("rb") as file:
                        await remote.put(self._bay.folder(folder.name) / path.name, file)
        if self._bay.copies:
            await asyncio.to_thread(self._hand.note_read, held, digest)
        else:
            await self._file_away(remote, held, self._bay.folder(settled.name), digest)
        await asyncio.to_thread(self._clear, held)

    def _stations(self) -> tuple[Path, ...]:
        return self._folders.inbox, self._folders.work, self._folders.done, self._folders.err

    async def _fetch(self, remote: Remote, held: Held) -> None:
        there = await remote.look(self._bay.place(held))
        if there is None:  # filed away already, or its sender took it back
            return
        said = await self._bay.said(remote, held)
        refusal = _refusal(there, said, held)
        if refusal is not None:
            detail, detail_en = refusal
            reason = {
                "code": "INVALID_FIELD",
                "detail": detail,
                "detailEn": detail_en,
                "suggestion": "请更正后重新放入",
            }
            path = self._folders.err / f"{held.name}.reason.json"
            await asyncio.to_thread(put, path, report.told(_sayable(held.source), "", [reason]))
            log.warning("file.refused", file=held.name, reasons=1)
            return
        if said is not None:
            with (self._folders.inbox / f"{held.name}{MANIFEST}").open("wb") as file:
                await remote.fetch(self._bay.manifest(held), file, said.size)
        digest = await self._fetch_file(remote, held, there)
        if self._bay.copies and self._hand.was_read(held, digest):
            # Touched, not changed: told apart only now that its bytes are here.
            (self._folders.inbox / held.name).unlink()
            (self._folders.inbox / f"{held.name}{MANIFEST}").unlink(missing_ok=True)

    async def _fetch_file(self, remote: Remote, held: Held, there: Entry) -> str:
        draft = self._folders.inbox / f"{held.name}.part"
        with draft.open("wb") as file:
            await remote.fetch(self._bay.place(held), file, there.size)
            file.flush()
            os.fsync(file.fileno())  # without power a name may be kept and its bytes not
        digest = await asyncio.to_thread(_digest, draft)
        draft.rename(self._folders.inbox / held.name)
        return digest

    async def _file_away(self, remote: Remote, held: Held, folder: PurePosixPath, digest: str) -> None:
        """The file is moved before its manifest: while it is claimed, its manifest lies beside it."""
        for place, suffix in ((self._bay.place(held), ""), (self._bay.manifest(held), MANIFEST)):
            if await remote.look(place) is None:
                continue
            target = folder / f"{held.name}{suffix}"
            if await remote.look(target) is not None:  # another file of that name: both are kept
                target = folder / f"{target.stem}.{digest[:12] or 'again'}{target.suffix}"
            await remote.move(place, target)

    def _clear(self, held: Held) -> None:
        """The file itself last: while it is here, it is not brought again."""
        own = [folder / held.name for folder in self._stations()]
        for folder in (self._folders.done, self._folders.err):
            for path in _files(folder):
                if path not in own:
                    path.unlink()
        # One that was killed beside it would be believed of the next file of that name.
        (self._folders.inbox / f"{held.name}{MANIFEST}").unlink(missing_ok=True)
        for path in own:
            path.unlink(missing_ok=True)
        self._hand.let_go()


def _refusal(there: Entry, said: Entry | None, held: Held) -> tuple[str, str] | None:
    """Why it is not even fetched."""
    if held.name.startswith(REFUSED):
        return "文件名不合规定", "the file name is not allowed"
    if not there.plain:
        return "不是普通文件(链接或设备)", "not a plain file but a link or a device"
    if there.size > CSV_BYTES:
        return f"文件超过 {CSV_BYTES} 字节", f"the file is larger than {CSV_BYTES} bytes"
    if said is not None and not (said.plain and said.size <= _MANIFEST_BYTES):
        return "清单不是普通文件或过大", "the manifest is not a plain file, or too large"
    return None


def _sayable(name: str) -> str:
    """A name as its sender sees it, though it may be no UTF-8."""
    return name.encode("utf-8", "replace").decode("utf-8")


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if not path.name.startswith("."))


def _digest(path: Path) -> str:
    if not path.is_file():
        return ""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
