"""What would have to change on a cluster for it to have the topics of `topics.yaml`.

One rule: `plan` is a pure function of two values and only ever adds. A topic that is not listed stays, a partition is
never taken away, and what could part the records of one key is refused with its reason.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from hub.topics import Internal, Topic

Action = Literal["ADD", "UPDATE", "REMOVE"]

_KAFKAS_OWN = Internal()

#: Set on topics by tools while they move data about. Not ours to reset.
_THROTTLES = frozenset({"leader.replication.throttled.replicas", "follower.replication.throttled.replicas"})


@dataclass(frozen=True, slots=True)
class ActualTopic:
    """One topic as the cluster has it. *settings* are the effective ones, the broker's defaults included."""

    partitions: int
    replication_factor: int
    settings: Mapping[str, str] = field(default_factory=dict)
    explicit: frozenset[str] = frozenset()  #: keys of *settings* that were set on this topic
    under_replicated: int = 0  #: partitions with fewer replicas in sync than assigned
    leaderless: int = 0


@dataclass(frozen=True, slots=True)
class Cluster:
    """What a cluster has."""

    cluster_id: str
    brokers: int
    topics: Mapping[str, ActualTopic]


@dataclass(frozen=True, slots=True)
class SettingChange:
    """One setting of one topic. A *value* of None goes back to the broker's default."""

    key: str
    value: str | None
    previous: str | None
    action: Action


@dataclass(frozen=True, slots=True)
class TopicChange:
    """One topic to be created or changed. *settings_after* is all that will be set on it afterwards."""

    name: str
    action: Action
    partitions: int
    previous_partitions: int | None
    replication_factor: int
    settings: tuple[SettingChange, ...] = ()
    settings_after: Mapping[str, str] = field(default_factory=dict)

    @property
    def grows(self) -> bool:
        return self.previous_partitions is not None and self.partitions > self.previous_partitions


@dataclass(frozen=True, slots=True)
class Refusal:
    """A difference that is not carried out, and why."""

    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class Plan:
    """The difference between the file and a cluster."""

    cluster_id: str
    changes: tuple[TopicChange, ...] = ()
    refused: tuple[Refusal, ...] = ()
    unlisted: tuple[str, ...] = ()  #: on the cluster, not in the file, not internal; left alone

    @property
    def empty(self) -> bool:
        """Whether the cluster is as the file says. Unlisted topics are no drift."""
        return not self.changes and not self.refused

    def as_json(self) -> dict[str, Any]:
        """The plan in the form of kafka-gitops, with what is refused and what is unlisted beside it."""
        return {
            "clusterId": self.cluster_id,
            "topicPlans": [_as_json(change) for change in self.changes],
            "refused": [{"name": refusal.name, "reason": refusal.reason} for refusal in self.refused],
            "unlisted": list(self.unlisted),
        }


def plan(
    desired: Iterable[Topic], actual: Cluster, *, cluster_id: str | None = None, internal: Internal = _KAFKAS_OWN
) -> Plan:
    """Compare. With *cluster_id* given, any other cluster is refused as a whole."""
    if cluster_id is not None and cluster_id != actual.cluster_id:
        reason = f"this is cluster {actual.cluster_id}, the file is for {cluster_id}"
        return Plan(actual.cluster_id, refused=(Refusal("*", reason),))
    changes: list[TopicChange] = []
    refused: list[Refusal] = []
    listed: set[str] = set()
    for topic in desired:
        listed.add(topic.name)
        found = actual.topics.get(topic.name)
        reasons = list(_refusals(topic, found, actual.brokers))
        refused.extend(Refusal(topic.name, reason) for reason in reasons)
        if reasons:
            continue
        change = _creation(topic) if found is None else _update(topic, found)
        if change is not None:
            changes.append(change)
    unlisted = sorted(name for name in actual.topics if name not in listed and name not in internal)
    return Plan(actual.cluster_id, tuple(changes), tuple(refused), tuple(unlisted))


def _refusals(topic: Topic, found: ActualTopic | None, brokers: int) -> Iterable[str]:
    if found is None:
        if topic.replication_factor > brokers:
            yield f"replication factor {topic.replication_factor} on {brokers} broker(s)"
        return
    if topic.partitions < found.partitions:
        yield f"{found.partitions} partitions cannot become {topic.partitions}: Kafka never removes one"
    elif topic.partitions > found.partitions and topic.keyed:
        yield (
            f"{found.partitions} partitions must not become {topic.partitions}: keyed by {topic.key}, "
            "a key would go on in another partition; make a new topic and move over"
        )
    if topic.replication_factor != found.replication_factor:
        yield (
            f"replication factor {found.replication_factor} → {topic.replication_factor} moves data: "
            "reassign the partitions with kafka-reassign-partitions"
        )


def _creation(topic: Topic) -> TopicChange:
    return TopicChange(
        name=topic.name,
        action="ADD",
        partitions=topic.partitions,
        previous_partitions=None,
        replication_factor=topic.replication_factor,
        settings=tuple(SettingChange(key, value, None, "ADD") for key, value in topic.settings.items()),
        settings_after=topic.settings,
    )


def _update(topic: Topic, found: ActualTopic) -> TopicChange | None:
    changed = tuple(_setting_changes(topic, found))
    if not changed and topic.partitions == found.partitions:
        return None
    kept = {key: found.settings[key] for key in found.explicit & _THROTTLES}
    return TopicChange(
        name=topic.name,
        action="UPDATE",
        partitions=topic.partitions,
        previous_partitions=found.partitions,
        replication_factor=topic.replication_factor,
        settings=changed,
        settings_after=kept | dict(topic.settings),
    )


def _setting_changes(topic: Topic, found: ActualTopic) -> Iterable[SettingChange]:
    """What differs in effect: a setting that the broker's default already gives needs no change."""
    for key, value in topic.settings.items():
        previous = found.settings.get(key)
        if previous is None or _normal(key, previous) != _normal(key, value):
            yield SettingChange(key, value, previous, "UPDATE" if key in found.explicit else "ADD")
    for key in sorted(found.explicit - topic.settings.keys() - _THROTTLES):
        yield SettingChange(key, None, found.settings[key], "REMOVE")


def _normal(key: str, value: str) -> object:
    """*value* without the differences that make none: order of a list, spelling of a number or a truth value."""
    if key == "cleanup.policy":
        return frozenset(part.strip() for part in value.split(","))
    text = value.strip().lower()
    try:
        return float(text)
    except ValueError:
        return text


def _as_json(change: TopicChange) -> dict[str, Any]:
    return {
        "name": change.name,
        "action": change.action,
        "topicDetailsPlan": {
            "partitions": change.partitions,
            "previousPartitions": change.previous_partitions,
            "partitionsAction": "ADD" if change.previous_partitions is None else "UPDATE" if change.grows else None,
            "replication": change.replication_factor,
        },
        "topicConfigPlans": [
            {"key": each.key, "value": each.value, "previousValue": each.previous, "action": each.action}
            for each in change.settings
        ],
    }
