"""The peer's folders by what they are for, and the claim on a file in them.

The one rule: a claim is one rename into a folder of the claimer's own, so of two hubs only one has the file; what a claimer left
lying is taken over by the same rename. All our folders lie inside the one the peer writes to: that one we are known to be let into.
"""

from __future__ import annotations

import asyncio
import hashlib
import io
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Final

from connectors.filedrop.folders import MANIFEST, UNFINISHED, allowed
from connectors.filedrop.quota import NOTICE, Account
from connectors.sftp.hand import Hand, Held
from connectors.sftp.remote import Entry, Remote
from connectors.sftp.settings import SftpSettings

TAKEN: Final = ".taken"
REFUSED: Final = "refused-"


def name_here(name: str) -> str:
    """What we call a file; one with an odd name gets a name of ours, under which it is refused."""
    if allowed(name):
        return name
    return f"{REFUSED}{hashlib.sha256(name.encode('utf-8', 'surrogateescape')).hexdigest()[:12]}"


@dataclass
class Bay:
    """What waits at the peer. Files are left where they are with ``claim: copy``, else claimed."""

    settings: SftpSettings
    hand: Hand
    account: Account
    _since: dict[tuple[str, tuple[int, int]], float] = field(default_factory=dict)
    _left_lying: dict[tuple[str, str], float] = field(default_factory=dict)
    _told: bool = True  #: may a notice of ours lie there? After a start that is not known
    fresh: bool = False  #: something lies there that was not yet the same for long enough

    @property
    def copies(self) -> bool:
        """Do the peer's files stay where they are?"""
        return self.settings.claim == "copy"

    def folder(self, name: str) -> PurePosixPath:
        """Where what is ``done`` or ``err`` goes: to the folder that we may write to."""
        return (self.settings.into if self.copies else self.settings.out) / name

    def mine(self) -> PurePosixPath:
        """Where our claimed files lie."""
        return self.settings.out / TAKEN / self.hand.owner()

    def place(self, held: Held) -> PurePosixPath:
        """Where the file in hand lies."""
        return self.settings.out / held.source if self.copies else self.mine() / held.name

    def manifest(self, held: Held) -> PurePosixPath:
        """Where its manifest lies, if it has one."""
        return self.place(held).with_name(f"{self.place(held).name}{MANIFEST}")

    async def make(self, remote: Remote) -> None:
        """Our own folders; those of the peer must be there."""
        for name in ("done", "err"):
            await remote.folder(self.folder(name))
        if not self.copies:
            await remote.folder(self.settings.out / TAKEN)
            await remote.folder(self.mine())

    async def waiting(self, remote: Remote) -> list[Entry]:
        """What lies finished in the peer's folder, the oldest first: folders and hidden files are not ours to look at."""
        return [
            each for each in await remote.listing(self.settings.out)
            if not each.folder and not each.name.startswith(".") and not each.name.endswith((*UNFINISHED, MANIFEST))
        ]  # fmt: skip

    async def next(self, remote: Remote) -> Held | None:
        """The next file to read, claimed; None: nothing is ready."""
        await self.make(remote)
        found = await self.waiting(remote)
        now, seen = asyncio.get_running_loop().time(), self._since
        self._since = {(each.name, each.mark): seen.get((each.name, each.mark), now) for each in found}
        ready = [each for each in found if now - self._since[each.name, each.mark] >= self.settings.quiet_seconds]
        if self.copies:
            self.hand.forget_all_but({each.name for each in found})
            unread = self._unread(ready, found)
            if unread is None and not self.fresh:
                await self._nothing_waits(remote)
            if unread is None or not await self._fits(remote, unread.size):
                return None
            await asyncio.to_thread(self.account.count, unread.size)
            return unread
        self.fresh = len(ready) < len(found)
        if not found:
            await self._nothing_waits(remote)
        for each in await self._again(remote):
            return Held(each.name, each.name, each.size, each.modified)
        for each in ready:
            if not await self._fits(remote, each.size):
                return None  # and what is behind it keeps its place
            name = name_here(each.name)
            if await remote.claim(self.settings.out / each.name, self.mine() / name):
                await asyncio.to_thread(self.account.count, each.size)
                return Held(name, each.name, each.size, each.modified)
        return None

    async def _fits(self, remote: Remote, size: int) -> bool:
        """Is there room for it in the day's quota? The peer finds the answer only if there is none."""
        notice = self.folder("err") / NOTICE
        if await asyncio.to_thread(self.account.fits, size):
            await self._untold(remote)
            return True
        if not self._told or await remote.look(notice) is None:
            await remote.put(notice, io.BytesIO(await asyncio.to_thread(self.account.notice)))
            self._told = True
        return False

    async def _nothing_waits(self, remote: Remote) -> None:
        if self.account.beyond:
            await asyncio.to_thread(self.account.nothing_waits)
            await self._untold(remote)

    async def _untold(self, remote: Remote) -> None:
        notice = self.folder("err") / NOTICE
        if self._told and await remote.look(notice) is not None:
            await remote.remove(notice)
        self._told = False

    async def said(self, remote: Remote, held: Held) -> Entry | None:
        """Claim the manifest after its file, so that whoever has the file has the manifest; None: there is none."""
        if not self.copies and await remote.look(self.manifest(held)) is None:
            await remote.claim(self.settings.out / f"{held.source}{MANIFEST}", self.manifest(held))
        return await remote.look(self.manifest(held))

    def _unread(self, ready: list[Entry], found: list[Entry]) -> Held | None:
        def held(each: Entry) -> Held:
            return Held(name_here(each.name), each.name, each.size, each.modified)

        unread = [each for each in ready if not self.hand.was_read(held(each))]
        self.fresh = any(each not in ready and not self.hand.was_read(held(each)) for each in found)
        return held(unread[0]) if unread else None

    async def _again(self, remote: Remote) -> list[Entry]:
        """What we had claimed and not noted, and what another hub claimed and left."""
        await self._take_over(remote)
        return [
            each
            for each in await remote.listing(self.mine())
            if allowed(each.name) and not each.name.endswith(MANIFEST)
        ]

    async def _take_over(self, remote: Remote) -> None:
        now, seen = asyncio.get_running_loop().time(), self._left_lying
        self._left_lying = {}
        for owner in await remote.listing(self.settings.out / TAKEN):
            theirs = self.settings.out / TAKEN / owner.name
            if not owner.folder or theirs == self.mine():
                continue
            for each in await remote.listing(theirs):
                since = self._left_lying.setdefault((owner.name, each.name), seen.get((owner.name, each.name), now))
                if now - since >= self.settings.abandoned_seconds and allowed(each.name):
                    await remote.claim(theirs / each.name, self.mine() / each.name)
