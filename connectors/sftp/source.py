"""A peer's remote folder → deliveries: file after file through the same reader as a drop folder's.

The one rule: what is here already is settled before the server is asked for more, so that a dead server stops nothing that it has given.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence

from connectors.filedrop.folders import Folders
from connectors.filedrop.inbox import FileSource
from connectors.protocol import Delivery, Unavailable
from connectors.sftp.bay import Bay
from connectors.sftp.ferry import Ferry
from connectors.sftp.line import Line


class SftpSource:
    """*files* reads what lies in the inbox of *folders*, our staging place."""

    def __init__(self, line: Line, bay: Bay, folders: Folders, files: FileSource) -> None:
        self._line, self._bay, self._folders, self._files = line, bay, folders, files

    @property
    def beyond_quota(self) -> str:
        """Why files wait at the peer for another day; empty if none does."""
        return self._bay.account.beyond

    async def deliveries(self) -> AsyncIterator[Sequence[Delivery]]:
        """Batches of rows, file after file, the oldest first; waits for more for ever."""
        self._folders.home.mkdir(parents=True, exist_ok=True, mode=0o700)
        with self._folders.owned() as ours:
            if not ours:
                raise Unavailable(f"another process works in {self._folders.home}")
            try:
                async for batch in self._files.present():
                    yield batch
                async for batch in self._brought():
                    yield batch
            finally:
                await self._line.close()

    async def _brought(self) -> AsyncIterator[Sequence[Delivery]]:
        ferry = Ferry(self._bay, self._folders)
        settings = self._bay.settings
        while True:
            held = await ferry.bring(await self._line.open())
            if held is None:
                await asyncio.sleep(
                    min(settings.quiet_seconds, settings.poll_seconds) if self._bay.fresh else settings.poll_seconds
                )
                continue
            async for batch in self._files.present():
                yield batch
            await ferry.give_back(await self._line.open(), held)
