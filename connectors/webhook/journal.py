"""What is not delivered yet: tries, the next one, the reason; and what is parked, with its bytes.

The one rule: the log's offset moves on only after a delivery is either accepted or safe in here, and what is parked leaves
only by a person's word. A delivery accepted at the first try is never written here.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

State = Literal["waiting", "parked", "sent"]

_SCHEMA = """
CREATE TABLE IF NOT EXISTS delivery (
    party TEXT NOT NULL, id TEXT NOT NULL, state TEXT NOT NULL, tries INTEGER NOT NULL, due TEXT NOT NULL,
    reason TEXT NOT NULL, first TEXT NOT NULL, last TEXT NOT NULL, content_type TEXT NOT NULL, body BLOB NOT NULL,
    PRIMARY KEY (party, id)
) STRICT;
CREATE TABLE IF NOT EXISTS closed (party TEXT PRIMARY KEY, since TEXT NOT NULL, reason TEXT NOT NULL) STRICT;
"""


@dataclass(frozen=True, slots=True)
class Entry:
    """A delivery that was not accepted at once."""

    party: str
    id: str
    state: State
    tries: int
    due: datetime
    reason: str
    first: datetime  #: first try
    last: datetime  #: last try
    content_type: str
    body: bytes


class Journal:
    """One SQLite file, shared by the serving process and the verbs."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        # Bodies may hold personal data: nobody but the owner reads them.
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        self._lock = threading.Lock()
        self._database = sqlite3.connect(path, timeout=10, isolation_level=None, check_same_thread=False)
        with self._lock:
            self._database.execute("PRAGMA journal_mode=WAL")
            self._database.execute("PRAGMA synchronous=FULL")
            self._database.execute("PRAGMA secure_delete=ON")
            self._database.executescript(_SCHEMA)

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._database.close()

    def find(self, party: str, identity: str) -> Entry | None:
        """What is known of a delivery; None: nothing, it is new or was accepted at once."""
        rows = self._read("SELECT * FROM delivery WHERE party = ? AND id = ?", (party, identity))
        return _entry(rows[0]) if rows else None

    def entries(self, state: State, party: str = "") -> list[Entry]:
        """All in *state*, of one party or of every one, in the order in which they were first tried."""
        rows = self._read(
            "SELECT * FROM delivery WHERE state = ? AND (? = '' OR party = ?) ORDER BY party, rowid",
            (state, party, party),
        )
        return [_entry(row) for row in rows]

    def keep(self, entry: Entry) -> None:
        """Write *entry*; of one that is known the bytes, the first try and the place in the order stay as they are."""
        self._write(
            "INSERT INTO delivery VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (party, id) DO UPDATE SET"
            " state = excluded.state, tries = excluded.tries, due = excluded.due, reason = excluded.reason, last = excluded.last",
            (
                entry.party, entry.id, entry.state, entry.tries, entry.due.isoformat(), entry.reason,
                entry.first.isoformat(), entry.last.isoformat(), entry.content_type, entry.body,
            ),
        )  # fmt: skip

    def forget(self, party: str, identity: str) -> None:
        """A waiting delivery was accepted."""
        self._write("DELETE FROM delivery WHERE party = ? AND id = ? AND state = 'waiting'", (party, identity))

    def park(self, party: str, identity: str, reason: str) -> bool:
        """Let those behind a waiting delivery go first. False: it does not wait."""
        return self._write(
            "UPDATE delivery SET state = 'parked', reason = ? WHERE party = ? AND id = ? AND state = 'waiting'",
            (reason, party, identity),
        )

    def sent(self, party: str, identity: str, now: datetime) -> None:
        """A parked delivery was accepted. Its bytes go; that it was sent stays, so that a reread log does not send it again."""
        self._write(
            "UPDATE delivery SET state = 'sent', body = x'', last = ?, reason = '' WHERE party = ? AND id = ?",
            (now.isoformat(), party, identity),
        )

    def hurry(self, party: str, now: datetime) -> bool:
        """The waiting delivery is due now. False: none waits."""
        return self._write(
            "UPDATE delivery SET due = ? WHERE party = ? AND state = 'waiting'", (now.isoformat(), party)
        )

    def closed(self, party: str) -> str | None:
        """Why nothing is sent to *party*; None: it is open."""
        rows = self._read("SELECT reason FROM closed WHERE party = ?", (party,))
        return str(rows[0][0]) if rows else None

    def shut(self, party: str, reason: str, now: datetime) -> None:
        """Send nothing to *party* until a person opens it again. What is for it stays in the log, in order."""
        self._write("INSERT OR IGNORE INTO closed VALUES (?, ?, ?)", (party, now.isoformat(), reason))

    def open(self, party: str) -> bool:
        """Send to *party* again. False: it was open."""
        return self._write("DELETE FROM closed WHERE party = ?", (party,))

    def _read(self, statement: str, values: Sequence[Any]) -> list[Any]:
        with self._lock, closing(self._database.execute(statement, values)) as found:
            return found.fetchall()

    def _write(self, statement: str, values: Sequence[Any]) -> bool:
        with self._lock, closing(self._database.execute(statement, values)) as done:
            return done.rowcount > 0


def _entry(row: Any) -> Entry:
    party, identity, state, tries, due, reason, first, last, content_type, body = row
    moment = datetime.fromisoformat
    return Entry(party, identity, state, tries, moment(due), reason, moment(first), moment(last), content_type, body)
