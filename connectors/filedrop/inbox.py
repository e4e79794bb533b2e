"""Files of a party → deliveries, one for each row.

The one rule: a file leaves `.work/` only when every row of it is settled. Killed at any step before, it is found there, read
again, and its rows get the same ids, because an id is made of the file's digest and the row's number.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any, Final

from watchfiles import awatch

from connectors.filedrop import manifest, report
from connectors.filedrop.folders import MANIFEST, Folders, Refusable, move, put
from connectors.filedrop.parts import Part, parted
from connectors.filedrop.quota import NOTICE, Account
from connectors.filedrop.report import Refusal
from connectors.formats.limits import CSV_BYTES
from connectors.protocol import Delivery, Format, NotUnderstood, Row, Unavailable
from hub.log import get_logger

log = get_logger(__name__)

BATCH: Final = 500
_ADVICE: Final = "请更正后重新放入 inbox"


@dataclass(slots=True)
class _File:
    """A claimed file and what became of its rows."""

    path: Path
    digest: str
    parts: list[Part]
    settled: int = 0
    refused: dict[tuple[str, int], Refusal] = field(default_factory=dict)
    unsettled: Exception | None = None

    @property
    def total(self) -> int:
        return sum(part.total for part in self.parts)


def _some(rows: Iterator[Row]) -> list[Row]:
    return list(islice(rows, BATCH))


def _size(path: Path) -> int:
    try:
        return path.lstat().st_size
    except FileNotFoundError:  # its sender took it back: the claim will tell
        return 0


def _unseen(_file: str, _settled: int, _total: int) -> None:
    """Nobody watches."""


class FileSource:
    """The inbox of one party. *now* dates the receipts; *quiet_seconds*: a file written to more recently is not finished.

    *manifests*: a file without one is refused. *progress* is told the file, its rows settled so far and all its rows.
    *account*: what of the day's quota is used up; None for files that were counted on their way here.
    """

    def __init__(
        self,
        folders: Folders,
        form: Format,
        *,
        now: Callable[[], datetime],
        quiet_seconds: float = 0.5,
        poll_seconds: float = 1.0,
        manifests: bool = False,
        progress: Callable[[str, int, int], None] = _unseen,
        account: Account | None = None,
    ) -> None:
        self._folders, self._format, self._now = folders, form, now
        self._quiet, self._poll = quiet_seconds, poll_seconds
        self._manifests, self._progress, self._account = manifests, progress, account

    async def deliveries(self) -> AsyncIterator[Sequence[Delivery]]:
        """Batches of rows, file after file, the oldest first; waits for more for ever."""
        with self._folders.owned() as ours:
            if not ours:
                raise Unavailable(f"another process works in {self._folders.home}")
            async for batch in self.present():
                yield batch
            # Watching and looking: no notice comes from a network share, and none from a file too fresh to be taken.
            async for _ in awatch(
                self._folders.inbox,
                rust_timeout=int(self._poll * 1000),
                yield_on_timeout=True,
                debounce=50,
                step=20,
                recursive=False,
            ):
                async for batch in self.present():
                    yield batch

    def oldest_seconds(self) -> float:
        """How long the oldest finished file has been lying in the inbox; 0 if none does, or it waits for another day."""
        if self.beyond_quota:
            return 0.0
        try:
            waiting = self._folders.waiting(time.time(), self._quiet)
            return max((time.time() - path.lstat().st_ctime for path in waiting[:1]), default=0.0)
        except FileNotFoundError:  # taken this moment, or nothing was ever put there
            return 0.0

    @property
    def beyond_quota(self) -> str:
        """Why files wait for another day; empty if none does."""
        return self._account.beyond if self._account else ""

    async def present(self) -> AsyncIterator[Sequence[Delivery]]:
        """Everything that is there now."""
        folders = self._folders
        await asyncio.to_thread(folders.sweep)
        for path in await asyncio.to_thread(folders.claimed):
            await asyncio.to_thread(folders.claim_manifest, path.name, path)  # a kill may have come before it
            async for batch in self._settled(path):
                yield batch
        waiting = await asyncio.to_thread(folders.waiting, time.time(), self._quiet)
        for path in waiting:
            if not await asyncio.to_thread(self._fits, path):
                return  # and what is behind it keeps its place
            claimed = await asyncio.to_thread(self._claimed, path)
            if claimed is not None:
                async for batch in self._settled(claimed):
                    yield batch
        if not waiting:
            await asyncio.to_thread(self._nothing_waits)

    def _fits(self, path: Path) -> bool:
        """Is there room for it in the day's quota? The sender finds the answer only if there is none."""
        if self._account is None:
            return True
        notice = self._folders.err / NOTICE
        if self._account.fits(_size(path)):
            notice.unlink(missing_ok=True)
            return True
        if not notice.exists():
            put(notice, self._account.notice())
        return False

    def _claimed(self, path: Path) -> Path | None:
        size = _size(path)
        claimed = self._folders.claim(path)
        if claimed is not None and self._account is not None:
            self._account.count(size)
        return claimed

    def _nothing_waits(self) -> None:
        if self._account is not None and self._account.beyond:
            self._account.nothing_waits()
            (self._folders.err / NOTICE).unlink(missing_ok=True)

    async def _settled(self, path: Path) -> AsyncIterator[Sequence[Delivery]]:
        """The rows of *path*; then, all settled, the file goes where it belongs."""
        with ExitStack() as keep:
            file = await asyncio.to_thread(self._open, path, keep)
            if file is None:
                return
            for part in file.parts:
                rows = part.rows()
                while batch := await asyncio.to_thread(_some, rows):
                    good = [self._delivery(file, part, row) for row in batch if row.error is None]
                    for row in batch:
                        if row.error is not None:
                            file.refused[part.member, row.number] = Refusal(row.error, row.record)
                    if good:
                        yield good
                    if file.unsettled is not None:
                        raise Unavailable(str(file.unsettled)) from file.unsettled
                    file.settled += len(batch)
                    self._progress(path.name, file.settled, file.total)
            await asyncio.to_thread(self._close, file)

    def _delivery(self, file: _File, part: Part, row: Row) -> Delivery:
        record = row.record
        assert record is not None

        async def settle(error: Exception | None) -> None:
            if isinstance(error, NotUnderstood):
                file.refused[part.member, row.number] = Refusal(error, record)
            elif error is not None:
                file.unsettled = error

        return Delivery(record, ("file", part.digest, str(row.number)), settle)

    def _open(self, path: Path, keep: ExitStack) -> _File | None:
        """Read and part the file; one that cannot be read at all goes to `err/` here."""
        digest = ""
        try:
            copy, digest = self._folders.copied(path, CSV_BYTES)
            keep.enter_context(copy)
            size = os.fstat(copy.fileno()).st_size
            manifest.agree(self._folders, path, size, digest, required=self._manifests)
            parts = parted(copy, path.name, digest, self._format, self._folders.work, keep)
        except Refusable as error:
            reason = {"code": "INVALID_FIELD", "detail": error.detail, "detailEn": error.detail_en}
            self._reject(path, digest, [{**reason, "suggestion": _ADVICE}])
            return None
        except NotUnderstood as error:
            self._reject(path, digest, [{"suggestion": _ADVICE, **error.as_reason()}])
            return None
        return _File(path, digest, parts)

    def _close(self, file: _File) -> None:
        """Reasons first, then the receipt, the file itself last: until then a kill begins again from the start."""
        path, folders = file.path, self._folders
        reasons = report.reasons(file.refused)
        accepted = file.total - len(reasons)
        if reasons and not accepted:
            self._reject(path, file.digest, reasons)
            return
        if reasons:
            for part in file.parts:
                bad = report.sendable(file.refused, part.member)
                if bad:
                    name = report.bad_rows_name(path, part.member, part.form.extension)
                    put(folders.err / name, part.form.encode(bad))
            put(folders.err / f"{path.name}.reason.json", report.told(path.name, file.digest, reasons))
        receipt = {
            "file": path.name, "sha256": file.digest, "rows": file.total, "accepted": accepted, "refused": len(reasons),
            "acceptedAt": self._now().isoformat(timespec="seconds"),
        }  # fmt: skip
        put(folders.done / f"{path.name}.receipt.json", report.written(receipt))
        self._away(path, folders.done, file.digest)
        log.info("file.accepted", file=path.name, rows=file.total, refused=len(reasons))

    def _reject(self, path: Path, digest: str, reasons: list[dict[str, Any]]) -> None:
        put(self._folders.err / f"{path.name}.reason.json", report.told(path.name, digest, reasons))
        self._away(path, self._folders.err, digest)
        log.warning("file.refused", file=path.name, reasons=len(reasons))

    def _away(self, path: Path, folder: Path, digest: str) -> None:
        """The file first: one that is in work again after a kill finds its manifest where it was."""
        said = self._folders.manifest(path)
        move(path, folder, digest)
        if said.exists():
            said.replace(folder / f"{path.name}{MANIFEST}")
