"""Files of a party → deliveries, one for each row.

The one rule: a file leaves `.work/` only when every row of it is settled. Killed at any step before, it is found there, read
again, and its rows get the same ids, because an id is made of the file's digest and the row's number.
"""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import orjson
import structlog
from watchfiles import awatch

from connectors.filedrop.folders import Folders, Refusable, move, put
from connectors.formats.limits import CSV_BYTES
from connectors.protocol import Delivery, Format, NotUnderstood, Record, Row, Unavailable

log = structlog.get_logger(__name__)

BATCH: Final = 500
_ADVICE: Final = "请更正后重新放入 inbox"


@dataclass(slots=True)
class _File:
    """A claimed file and what became of its rows."""

    path: Path
    digest: str
    rows: list[Row]
    refused: dict[int, NotUnderstood] = field(default_factory=dict)
    unsettled: Exception | None = None


class FileSource:
    """The inbox of one party. *now* dates the receipts; *quiet_seconds*: a file written to more recently is not finished."""

    def __init__(
        self,
        folders: Folders,
        form: Format,
        *,
        now: Callable[[], datetime],
        quiet_seconds: float = 0.5,
        poll_seconds: float = 1.0,
    ) -> None:
        self._folders, self._format, self._now = folders, form, now
        self._quiet, self._poll = quiet_seconds, poll_seconds

    async def deliveries(self) -> AsyncIterator[Sequence[Delivery]]:
        """Batches of rows, file after file, the oldest first; waits for more for ever."""
        with self._folders.owned() as ours:
            if not ours:
                raise Unavailable(f"another process works in {self._folders.home}")
            async for batch in self._present():
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
                async for batch in self._present():
                    yield batch

    def oldest_seconds(self) -> float:
        """How long the oldest finished file has been lying in the inbox; 0 if none does."""
        try:
            waiting = self._folders.waiting(time.time(), self._quiet)
            return max((time.time() - path.lstat().st_ctime for path in waiting[:1]), default=0.0)
        except FileNotFoundError:  # taken this moment, or nothing was ever put there
            return 0.0

    async def _present(self) -> AsyncIterator[Sequence[Delivery]]:
        """Everything that is there now."""
        folders = self._folders
        for path in await asyncio.to_thread(folders.claimed):
            async for batch in self._settled(path):
                yield batch
        for waiting in await asyncio.to_thread(folders.waiting, time.time(), self._quiet):
            claimed = await asyncio.to_thread(folders.claim, waiting)
            if claimed is not None:
                async for batch in self._settled(claimed):
                    yield batch

    async def _settled(self, path: Path) -> AsyncIterator[Sequence[Delivery]]:
        """The rows of *path*; then, all settled, the file goes where it belongs."""
        file = await asyncio.to_thread(self._open, path)
        if file is None:
            return
        good = [row for row in file.rows if row.error is None]
        for start in range(0, len(good), BATCH):
            yield [self._delivery(file, row) for row in good[start : start + BATCH]]
            if file.unsettled is not None:
                raise Unavailable(str(file.unsettled)) from file.unsettled
        await asyncio.to_thread(self._close, file)

    def _delivery(self, file: _File, row: Row) -> Delivery:
        async def settle(error: Exception | None) -> None:
            if isinstance(error, NotUnderstood):
                file.refused[row.number] = error
            elif error is not None:
                file.unsettled = error

        assert row.record is not None
        return Delivery(row.record, ("file", file.digest, str(row.number)), settle)

    def _open(self, path: Path) -> _File | None:
        """Read and part the file; one that cannot be read at all goes to `err/` here."""
        digest = ""
        try:
            value = self._folders.read(path, CSV_BYTES)
            digest = hashlib.sha256(value).hexdigest()
            rows = self._format.decode(value)
        except Refusable as error:
            self._reject(
                path,
                digest,
                [{"code": "INVALID_FIELD", "detail": error.detail, "detailEn": error.detail_en, "suggestion": _ADVICE}],
            )
            return None
        except NotUnderstood as error:
            self._reject(path, digest, [{"suggestion": _ADVICE, **error.as_reason()}])
            return None
        file = _File(path, digest, rows)
        file.refused.update((row.number, row.error) for row in rows if row.error is not None)
        return file

    def _close(self, file: _File) -> None:
        """Reasons first, then the receipt, the file itself last: until then a kill begins again from the start."""
        path, folders = file.path, self._folders
        reasons: list[dict[str, Any]] = [
            {"row": number, **file.refused[number].as_reason()} for number in sorted(file.refused)
        ]
        accepted = len(file.rows) - len(reasons)
        if reasons and not accepted:
            self._reject(path, file.digest, reasons)
            return
        if reasons:
            bad: list[Record] = [
                row.record for row in file.rows if row.number in file.refused and row.record is not None
            ]
            if bad:
                put(folders.err / f"{path.stem}.bad-rows{path.suffix}", self._format.encode(bad))
            put(
                folders.err / f"{path.name}.reason.json",
                _json({"file": path.name, "sha256": file.digest, "rows": reasons}),
            )
        receipt = {
            "file": path.name, "sha256": file.digest, "rows": len(file.rows), "accepted": accepted, "refused": len(reasons),
            "acceptedAt": self._now().isoformat(timespec="seconds"),
        }  # fmt: skip
        put(folders.done / f"{path.name}.receipt.json", _json(receipt))
        move(path, folders.done, file.digest)
        log.info("file.accepted", file=path.name, rows=len(file.rows), refused=len(reasons))

    def _reject(self, path: Path, digest: str, reasons: list[dict[str, Any]]) -> None:
        put(
            self._folders.err / f"{path.name}.reason.json",
            _json({"file": path.name, "sha256": digest, "rows": reasons}),
        )
        move(path, self._folders.err, digest)
        log.warning("file.refused", file=path.name, reasons=len(reasons))


def _json(value: object) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_INDENT_2) + b"\n"
