"""Every number the engine runs by, with its unit in its name.

One rule: nothing here changes what is correct, only how fast it is and how soon trouble is noticed. The defaults suit a
cluster in one building.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal


@dataclass(frozen=True, slots=True)
class EngineSettings:
    #: Static membership: the name of this worker's slot. A killed worker that comes back under the same name takes its
    #: lanes back at once instead of after the session timeout. Empty: a dynamic member.
    group_instance_id: str = ""

    #: A batch holds at most so many records (and at most so many due timers).
    max_batch_records: int = 1_000
    #: Two batches of a lane start at least so far apart, unless a full one is waiting. A lane that was idle starts at
    #: once, so a lonely record never waits.
    linger_ms: float = 3.0
    #: A lane holds so many fetched records before it stops asking for more.
    buffer_records: int = 3_000
    #: How long the broker may hold a fetch that finds nothing.
    fetch_wait_ms: int = 100
    #: Two fetches from a broker begin at least so far apart: what comes meanwhile shares the next.
    fetch_pause_ms: float = 2.0
    #: A fetch brings at most so much of a partition (but always a whole record batch), a restore so much of a state's log.
    max_fetch_bytes: int = 1024 * 1024
    restore_fetch_bytes: int = 4 * 1024 * 1024
    #: Record batches are cut at this size.
    max_produce_batch_bytes: int = 256 * 1024
    #: A record larger than this is never read nor written.
    max_record_bytes: int = 1024 * 1024

    session_timeout_ms: int = 10_000
    heartbeat_interval_ms: int = 2_000
    rebalance_timeout_ms: int = 20_000
    max_poll_interval_ms: int = 60_000

    #: The broker aborts a transaction that a dead worker left open after this.
    transaction_timeout_ms: int = 15_000
    request_timeout_ms: int = 20_000
    #: How soon a request the coordinator was not ready for is repeated, chiefly right after another transaction.
    retry_backoff_ms: int = 20

    #: Each step of opening a lane: fence, restore, read the committed offset. A restore may take longer, but not stand still
    #: for so long.
    open_step_timeout_ms: int = 60_000
    #: Where the values of a state lie. Memory holds them whole; RocksDB keeps a copy of the log on the local disk, for more
    #: state than memory, and reads only what is new of it after a restart. Timers are in memory with either.
    state_store: Literal["memory", "rocksdb"] = "memory"
    #: The folder of those copies.
    state_folder: Path = Path(".hub/state/engine")
    #: A copy that was last written longer ago is made anew. Must stay below `delete.retention.ms` of the state topics (a day):
    #: after that the log no longer says what was deleted.
    local_state_max_age_ms: int = 12 * 3_600_000

    #: The agent's time for one batch.
    decide_timeout_ms: int = 30_000
    #: From begin to the answer to the commit.
    commit_timeout_ms: int = 15_000
    #: A producer or consumer that does not close within this is abandoned.
    close_timeout_ms: int = 3_000

    #: No progress for so long while there is something to do ends the process.
    stall_timeout_ms: int = 30_000
    probe_interval_ms: int = 5_000
    #: A due timer the agent left untouched is offered again after this.
    due_retry_ms: int = 1_000

    def __post_init__(self) -> None:
        if self.decide_timeout_ms + self.commit_timeout_ms > self.max_poll_interval_ms:
            raise ValueError("a batch may last longer than max_poll_interval_ms: the group would drop a busy worker")
        if self.heartbeat_interval_ms * 3 > self.session_timeout_ms:
            raise ValueError("heartbeat_interval_ms must be at most a third of session_timeout_ms")
        if self.request_timeout_ms < self.commit_timeout_ms:
            raise ValueError("request_timeout_ms below commit_timeout_ms would retry inside an unknown outcome")
