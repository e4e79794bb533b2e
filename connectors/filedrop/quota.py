"""How many files and bytes an agency may bring in on one day, over all connections that this machine has with it.

The one rule: what is beyond the quota waits where it lies, in its order, until the next day; it is not refused and not lost, and
both sides are told.
"""

from __future__ import annotations

import fcntl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Final, Protocol, runtime_checkable

import orjson
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from connectors.filedrop.folders import put
from connectors.formats.limits import CSV_BYTES
from hub.canonical.event import SHANGHAI
from hub.canonical.periods import ONE_DAY
from hub.log import get_logger

log = get_logger(__name__)

CODE: Final = "QUOTA_EXCEEDED"
#: What the sender finds in its folder ``err`` while files wait. No file may be called so, hence none has this report.
NOTICE: Final = "_quota.reason.json"


@dataclass(frozen=True, slots=True)
class Quota:
    """Of one agency and day."""

    files: int = 1_000
    size: int = 2 << 30  #: bytes


USUAL: Final = Quota()


@runtime_checkable
class Rationed(Protocol):
    """A source whose agency has a quota."""

    @property
    def beyond_quota(self) -> str:
        """Why files wait, for a person; empty if none does."""


class _Day(BaseModel):
    """What was brought in on one day, and which connections wait for the next, since when."""

    model_config = ConfigDict(extra="forbid")

    day: date
    files: int = 0
    size: int = 0
    waiting: dict[str, str] = Field(default_factory=dict)


class Account:
    """What *party* has brought in today, as one *connection* of it sees it; the file in *folder* is all connections'."""

    def __init__(self, folder: Path, party: str, connection: str, quota: Quota, now: Callable[[], datetime]) -> None:
        self._path, self._connection, self._quota, self._now = folder / f"{party}.json", connection, quota, now
        self.beyond = ""  #: why the connection waits, as of the last look

    def fits(self, size: int) -> bool:
        """May a file of *size* bytes be taken today? The first of a day always fits: no file is too large for every day."""
        with self._locked():
            day = self._today()
            bytes_after = day.size + _counted(size)
            fits = day.files < self._quota.files and (not day.size or bytes_after <= self._quota.size)
            if fits:
                self._waits_no_more(day)
            elif self._connection not in day.waiting:
                day.waiting[self._connection] = self._now().isoformat(timespec="seconds")
                self._keep(day)
                log.warning("file.waiting", code=CODE, connection=self._connection, files=day.files, bytes=day.size)
            self.beyond = "" if fits else self._reason(day)[1]
            return fits

    def count(self, size: int) -> None:
        """A file of *size* bytes was taken."""
        with self._locked():
            day = self._today()
            self._keep(day.model_copy(update={"files": day.files + 1, "size": day.size + _counted(size)}))

    def nothing_waits(self) -> None:
        """Its sender took back what had waited."""
        if self.beyond:
            with self._locked():
                self._waits_no_more(self._today())
            self.beyond = ""

    def waiting(self) -> tuple[str, str] | None:
        """Why this connection waits, in Chinese and English; None: it does not."""
        day = self._today()
        return self._reason(day) if self._connection in day.waiting else None

    def notice(self) -> bytes:
        """What its sender is told."""
        day = self._today()
        detail, detail_en = self._reason(day)
        told = {
            "code": CODE, "detail": detail, "detailEn": detail_en, "files": day.files, "bytes": day.size,
            "filesADay": self._quota.files, "bytesADay": self._quota.size, "resumes": (day.day + ONE_DAY).isoformat(),
            "suggestion": "无需重新放入,次日自动继续收取 / nothing need be put there again",
        }  # fmt: skip
        return orjson.dumps(told, option=orjson.OPT_INDENT_2) + b"\n"

    def _reason(self, day: _Day) -> tuple[str, str]:
        quota, resumes = self._quota, (day.day + ONE_DAY).isoformat()
        limits, limits_en = f"每日 {quota.files} 个、{quota.size} 字节", f"of {quota.files} and {quota.size}"
        return (
            f"已达每日限额: 今日已收 {day.files} 个文件、{day.size} 字节({limits}),余下的 {resumes} 起继续收取",
            f"daily quota: {day.files} files, {day.size} bytes today ({limits_en}); the rest is taken from {resumes} on",
        )

    def _waits_no_more(self, day: _Day) -> None:
        if day.waiting.pop(self._connection, None) is not None:
            self._keep(day)

    def _today(self) -> _Day:
        today = self._now().astimezone(SHANGHAI).date()
        try:
            kept = _Day.model_validate_json(self._path.read_bytes())
        except FileNotFoundError:
            return _Day(day=today)
        except ValidationError as error:
            log.warning("quota.unreadable", file=str(self._path), reason=str(error)[:200])
            return _Day(day=today)
        return kept if kept.day == today else _Day(day=today)

    def _keep(self, day: _Day) -> None:
        put(self._path, day.model_dump_json(indent=2).encode())

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Other connections of the agency, and other processes, wait."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._path.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def _counted(size: int) -> int:
    """Of a file that is too large to be read nothing more is."""
    return min(size, CSV_BYTES)
