"""Who gets which shard: whole shards, evenly, and where possible to whom they belonged before.

One rule: a shard is never split. That is what makes one fenced producer per shard as safe as one per input partition:

- Kafka fences by transactional id: of all producers started with one id, only the last can commit.
- An offset of a partition is committed only in a transaction of its shard's id (`Flow.shard_of` gives each partition
  exactly one shard, the same in every worker).
- A worker reads the committed offset of a partition only after it started its own producer with that id, which finishes or
  aborts whatever the predecessor had open. From then on no predecessor can move that offset or commit an output for it.

With the partitions of a shard split over two workers each start would fence the other's producer, and neither could ever
finish; split it never is, and so holding the shard's producer means holding all its partitions. The number of shards is part
of the protocol's name: a worker that cuts differently is refused by the group instead of taking half a shard.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import ClassVar

from aiokafka.cluster import ClusterMetadata
from aiokafka.coordinator.assignors.abstract import AbstractPartitionAssignor
from aiokafka.coordinator.protocol import ConsumerProtocolMemberAssignment, ConsumerProtocolMemberMetadata

from hub.engine.flow import Flow

_VERSION = 0


class ShardAssignor(AbstractPartitionAssignor):
    """Made per flow and consumer by `shard_assignor`: the library wants classes, and keeps no instance."""

    name = "hub-shards"
    flow: ClassVar[Flow]
    #: The shards this member had last; it asks to keep them.
    owned: ClassVar[tuple[int, ...]] = ()

    @classmethod
    def assign(
        cls, cluster: ClusterMetadata, members: Mapping[str, ConsumerProtocolMemberMetadata]
    ) -> dict[str, ConsumerProtocolMemberAssignment]:
        # While an upgrade is under way the members may differ in their topics. A shard must look the same to all, so only
        # what every member knows is handed out; the rest follows when the last old member has gone.
        topics = set.intersection(*(set(member.subscription) for member in members.values()))
        shards: dict[int, dict[str, list[int]]] = {}
        for topic in sorted(topics):
            for partition in sorted(cluster.partitions_for_topic(topic) or ()):
                shards.setdefault(cls.flow.shard_of(topic, partition), {}).setdefault(topic, []).append(partition)
        wishes = {member: _decode(metadata.user_data) for member, metadata in members.items()}
        return {
            member: ConsumerProtocolMemberAssignment(_VERSION, _merge([shards[shard] for shard in given]), b"")
            for member, given in share(sorted(shards), wishes).items()
        }

    @classmethod
    def metadata(cls, topics: Iterable[str]) -> ConsumerProtocolMemberMetadata:
        return ConsumerProtocolMemberMetadata(_VERSION, sorted(topics), _encode(cls.owned))

    @classmethod
    def on_assignment(cls, assignment: ConsumerProtocolMemberAssignment) -> None:
        held = {cls.flow.shard_of(topic, each) for topic, partitions in assignment.assignment for each in partitions}
        cls.owned = tuple(sorted(held))


def shard_assignor(flow: Flow) -> type[ShardAssignor]:
    """The assignor for one consumer of *flow*."""
    return type("FlowShardAssignor", (ShardAssignor,), {"flow": flow, "name": f"hub-shards-{flow.shards}"})


def share(shards: Sequence[int], wishes: Mapping[str, Sequence[int]]) -> dict[str, list[int]]:
    """Give every shard to one member. No member has two more than another; a wish is granted while that holds."""
    given: dict[str, list[int]] = {member: [] for member in sorted(wishes)}
    least, spare = divmod(len(shards), len(given))
    free = set(shards)
    for member, mine in given.items():
        for shard in wishes[member]:
            room = len(mine) < least or (len(mine) == least and spare > 0)
            if shard in free and room:
                spare -= len(mine) == least
                mine.append(shard)
                free.remove(shard)
    for shard in sorted(free):
        min(given.values(), key=len).append(shard)  # the first of the least loaded, in the order of their names
    return {member: sorted(mine) for member, mine in given.items()}


def _merge(shards: Iterable[Mapping[str, Sequence[int]]]) -> list[ConsumerProtocolMemberAssignment.Assignment]:
    merged: dict[str, list[int]] = {}
    for shard in shards:
        for topic, partitions in shard.items():
            merged.setdefault(topic, []).extend(partitions)
    return [ConsumerProtocolMemberAssignment.Assignment(topic, sorted(merged[topic])) for topic in sorted(merged)]


def _encode(shards: Sequence[int]) -> bytes:
    return ",".join(map(str, shards)).encode()


def _decode(claims: bytes | None) -> list[int]:
    """What a member asks to keep. Anything unreadable is no wish: a wish is only ever a preference."""
    try:
        return [int(shard) for shard in (claims or b"").split(b",") if shard]
    except ValueError:
        return []
