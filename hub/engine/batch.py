"""The unit of work an agent gets: some records of one shard, what is due, the state, and a place for outputs.

One rule: whatever the agent does to a batch is committed together with the offsets of its records, or not at all. The
agent works on it inside `with batch:`; an exception there fails the batch, and a failed batch ends the process, because a
worker that skipped one would have lost its records.

A batch can be made without a broker, so agents are tested by handing them one and looking at `sent` and `state.changes`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from types import TracebackType
from typing import Self

from hub.engine.record import Outgoing, Record
from hub.engine.state import State, StateView

#: Told once how the agent's work on a batch ended: None, or what it raised.
Settle = Callable[[BaseException | None], None]


class Batch:
    __slots__ = ("_settle", "due", "now", "records", "sent", "shard", "state")

    def __init__(
        self,
        *,
        records: Sequence[Record],
        due: Sequence[bytes] = (),
        now: datetime,
        shard: int,
        state: State,
    ) -> None:
        self.records = records
        #: Keys of the state whose time has come. Put or delete each, else it is offered again.
        self.due = due
        #: When the batch was formed.
        self.now = now
        self.shard = shard
        self.state = StateView(state)
        #: What the agent wants written, in its order.
        self.sent: list[Outgoing] = []
        self._settle: Settle | None = None

    def settle_with(self, settle: Settle) -> None:
        """Have *settle* told how the work on this batch ends."""
        self._settle = settle

    def send(self, outgoing: Outgoing) -> None:
        """Write *outgoing* if and when the batch commits."""
        self.sent.append(outgoing)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        if self._settle is not None:
            self._settle(error)
