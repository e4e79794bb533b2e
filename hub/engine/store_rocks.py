"""A store larger than memory: RocksDB on the local disk, through `rocksdict`.

One rule: it is a cache of the log. Every write batch carries, beside the changes, up to where they bring it in the log, and
nothing is written before the transaction that wrote it to the log is known to be committed. So it needs no write-ahead log of its own:
after a kill it is some older state of the log, which says how old, and the rest is read from there. It is thrown away whenever
it cannot be trusted: another topic (by id, not by name), partition or layout, not a database any more, or so old that the log may
since have dropped the deletions it has not seen.

Two workers of one machine may want the same shard for a moment, when one of them has been stopped and does not know that it
lost it. Each takes the first folder that nobody has locked; whichever copy it finds there says itself what it is.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
import time
from collections.abc import Iterable, Iterator
from heapq import merge
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hub.engine.store import Delta

if TYPE_CHECKING:
    from rocksdict import Rdict

#: The layout of keys below. Another number in a folder: thrown away.
LAYOUT = 1
_META = b"m"
_VALUE = b"v"
_DUE = b"t"

_BLOCK_CACHE_BYTES = 32 * 1024 * 1024
_WRITE_BUFFER_BYTES = 32 * 1024 * 1024


class RocksMissing(RuntimeError):
    """The setting asks for RocksDB and the library is not installed."""

    def __init__(self) -> None:
        super().__init__("state_store=rocksdb needs the library rocksdict: pip install 'enforcement-hub[large]'")


def require_rocksdict() -> None:
    """Raise `RocksMissing` now rather than when the first lane opens."""
    try:
        import rocksdict  # noqa: F401, PLC0415 - only who asks for it needs it
    except ImportError:
        raise RocksMissing from None


class RocksStore:
    """The copy of *log* (whatever names it beyond doubt) in a folder under *parent* called *name*."""

    def __init__(self, parent: Path, name: str, log: str, *, max_age_seconds: float) -> None:
        require_rocksdict()
        self._log = log
        self._max_age_seconds = max_age_seconds
        self._values: dict[bytes, bytes | None] = {}  # applied, not yet known to be committed
        self._due_ms: dict[bytes, int] = {}
        self._undue: set[bytes] = set()
        self.end = 0
        self.doubtful = False
        parent.mkdir(parents=True, exist_ok=True)
        self.folder, self._lock = _first_free(parent, name)
        try:
            self._db = _open(self.folder)
        except Exception:  # noqa: BLE001 - whatever is wrong with a cache, the cure is the same
            self._db = self._anew()
        self.end = self._trusted_end()
        if not self.end:
            self.forget()

    def __len__(self) -> int:
        return sum(1 for _ in self.keys(b""))

    def get(self, key: bytes) -> bytes | None:
        if key in self._values:
            return self._values[key]
        found: bytes | None = self._db.get(_VALUE + key)
        return found

    def keys(self, prefix: bytes, after: bytes = b"") -> Iterator[bytes]:
        fresh = sorted(
            key
            for key, value in self._values.items()
            if value is not None and key.startswith(prefix) and (not after or key > after)
        )
        return merge((key for key in self._stored(_VALUE, prefix, after) if key not in self._values), fresh)

    def due(self) -> Iterable[tuple[bytes, int]]:
        walk = self._db.iter()
        walk.seek(_DUE)
        while walk.valid() and (key := walk.key())[:1] == _DUE:
            yield key[1:], int(walk.value())
            walk.next()

    def apply(self, delta: Delta) -> None:
        self._values.update(delta.values)
        self._due_ms.update(delta.due_ms)
        self._undue.difference_update(delta.due_ms)
        self._undue.update(delta.undue)
        for key in delta.undue:
            self._due_ms.pop(key, None)

    def committed(self, end: int, *, seen: bool) -> None:
        from rocksdict import WriteBatch  # noqa: PLC0415

        batch = WriteBatch(raw_mode=True)
        for key, value in self._values.items():
            if value is None:
                batch.delete(_VALUE + key)
            else:
                batch.put(_VALUE + key, value)
        for key, due_ms in self._due_ms.items():
            batch.put(_DUE + key, b"%d" % due_ms)
        for key in self._undue:
            batch.delete(_DUE + key)
        said = {"layout": LAYOUT, "log": self._log, "end": end, "doubtful": not seen, "at": time.time()}
        batch.put(_META, json.dumps(said).encode())
        self._db.write(batch)
        self._values, self._due_ms, self._undue = {}, {}, set()
        self.end, self.doubtful = end, not seen

    def forget(self) -> None:
        self._values, self._due_ms, self._undue = {}, {}, set()
        self.end, self.doubtful = 0, False
        walk = self._db.iter()
        walk.seek_to_first()
        if walk.valid():
            del walk
            self._db.close()
            self._db = self._anew()

    def close(self) -> None:
        """Write down what is committed and give the folder back."""
        self._db.close()
        os.close(self._lock)

    def _anew(self) -> Rdict:
        shutil.rmtree(self.folder, ignore_errors=True)
        return _open(self.folder)

    def _trusted_end(self) -> int:
        try:
            said = json.loads(self._db.get(_META) or b"{}")
            known = (said["layout"], said["log"]) == (LAYOUT, self._log)
            fresh = 0 <= time.time() - said["at"] <= self._max_age_seconds
            self.doubtful = bool(said["doubtful"])
            return int(said["end"]) if known and fresh else 0
        except Exception:  # noqa: BLE001 - a cache that cannot say what it is, is none
            return 0

    def _stored(self, kind: bytes, prefix: bytes, after: bytes = b"") -> Iterator[bytes]:
        start = kind + prefix
        walk = self._db.iter()
        walk.seek(max(start, kind + after))
        if after and walk.valid() and walk.key() == kind + after:
            walk.next()
        while walk.valid() and (key := walk.key()).startswith(start):
            yield key[1:]
            walk.next()


def _first_free(parent: Path, name: str) -> tuple[Path, int]:
    """The first folder of that name which no living process has locked, and the lock. The kernel gives it back at any death."""
    for number in count():
        folder = parent / f"{name}.{number}"
        lock = os.open(folder.with_name(folder.name + ".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        with contextlib.suppress(BlockingIOError):
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return folder, lock
        os.close(lock)
    raise AssertionError("unreachable")


def _open(folder: Path) -> Rdict:
    from rocksdict import (  # noqa: PLC0415
        BlockBasedIndexType,
        BlockBasedOptions,
        Cache,
        DBCompressionType,
        Options,
        Rdict,
        WriteOptions,
    )

    options = Options(raw_mode=True)
    options.create_if_missing(True)
    options.set_compression_type(DBCompressionType.lz4())
    options.set_write_buffer_size(_WRITE_BUFFER_BYTES)
    options.set_max_write_buffer_number(2)
    options.set_keep_log_file_num(2)
    blocks = BlockBasedOptions()
    blocks.set_block_cache(Cache(_BLOCK_CACHE_BYTES))
    blocks.set_bloom_filter(10, False)
    blocks.set_cache_index_and_filter_blocks(True)
    # In small pieces: a whole index of a file is half a megabyte, and with a million keys every look would read one anew.
    blocks.set_index_type(BlockBasedIndexType.two_level_index_search())
    blocks.set_partition_filters(True)
    blocks.set_metadata_block_size(4096)
    blocks.set_pin_top_level_index_and_filter(True)
    options.set_block_based_table_factory(blocks)
    db = Rdict(str(folder), options)
    unlogged: Any = WriteOptions()  # its stub has a method where there is an attribute
    unlogged.disable_wal = True
    db.set_write_options(unlogged)
    return db
