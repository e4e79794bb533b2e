"""What an agent is to the engine: a name, its input topics, and how they are cut into shards.

One rule: which shard a partition belongs to is a pure function of its name and the flow, so every worker of a group sees
the same shards without asking anyone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from zlib import crc32

from hub.engine.state import State


@dataclass(frozen=True, slots=True)
class Flow:
    name: str
    topics: tuple[str, ...]
    #: Lanes to spread over the workers. With state: the number of partitions of the one input topic. It must not change
    #: while any worker of the group runs: two workers that cut differently could each hold the same partition. Every lane
    #: pays for transactions of its own, some 2 ms of processor time each here and again in the broker, so more lanes
    #: than processors make a trickle of records slower, not faster.
    shards: int
    #: The compacted topic of the state, with one partition per shard. None: the flow keeps no state.
    state_topic: str | None = None
    #: Why the flow cannot work with a state it was given, "" if it can. Asked when a lane has restored it, before anything is
    #: read; the process ends rather than misread what a later version wrote.
    unreadable: Callable[[State], str] | None = None

    def __post_init__(self) -> None:
        if not self.name or not self.topics or self.shards < 1:
            raise ValueError("a flow needs a name, at least one topic and at least one shard")
        if self.state_topic is not None and len(self.topics) != 1:
            # A second input topic would be a second writer of the state partition: what one has open hides what the
            # other has committed, and a restore would come out stale without any error.
            raise ValueError(f"{self.name}: a flow with state reads one topic")

    @property
    def group(self) -> str:
        return f"hub.{self.name}"

    def transactional_id(self, shard: int) -> str:
        return f"{self.group}-{shard}"

    def shard_of(self, topic: str, partition: int) -> int:
        if len(self.topics) == 1:
            if self.state_topic is not None and partition >= self.shards:
                raise ValueError(f"{topic}-{partition}: more partitions than shards of {self.name}")
            return partition % self.shards
        return (crc32(topic.encode()) + partition) % self.shards
