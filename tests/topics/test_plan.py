"""The plan as a table: what is wanted, what is there, what follows."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from hub.ops.plan import ActualTopic, Cluster, Refusal, plan
from hub.topics import Topic

WANTED = Topic(
    name="a.v1",
    partitions=2,
    replication_factor=1,
    retention=timedelta(days=1),
    settings={"cleanup.policy": "delete", "retention.ms": "86400000"},
    key="k",
    schema=None,
    compatibility="NONE",
    owner="o",
    classification="internal",
    lag_objective_seconds=1,
    why="for this test",
)
DEFAULTS = {"cleanup.policy": "delete", "retention.ms": "604800000", "segment.bytes": "1073741824"}
THERE = ActualTopic(2, 1, DEFAULTS | {"retention.ms": "86400000"}, frozenset({"retention.ms"}))


def cluster(brokers: int = 1, **topics: ActualTopic) -> Cluster:
    return Cluster("id", brokers, {name.replace("_v1", ".v1"): topic for name, topic in topics.items()})


def test_a_cluster_as_it_shall_be_needs_nothing() -> None:
    assert plan([WANTED], cluster(a_v1=THERE)).empty


def test_a_missing_topic_is_added_with_all_its_settings() -> None:
    (change,) = plan([WANTED], cluster()).changes
    assert (change.action, change.partitions, change.settings_after) == ("ADD", 2, WANTED.settings)


@pytest.mark.parametrize(
    ("actual", "wanted", "keys"),
    [
        pytest.param({}, {}, [], id="same"),
        pytest.param({"retention.ms": "1"}, {}, [("retention.ms", "86400000", "1", "UPDATE")], id="another value"),
        pytest.param({}, {"min.insync.replicas": "1"}, [("min.insync.replicas", "1", None, "ADD")], id="not there"),
        pytest.param(
            {"cleanup.policy": "compact,delete"}, {"cleanup.policy": "delete, compact"}, [], id="order of a list"
        ),
        pytest.param({"x": "0.50"}, {"x": "0.5"}, [], id="spelling of a number"),
        pytest.param({"x": "TRUE"}, {"x": "true"}, [], id="spelling of a truth value"),
    ],
)
def test_settings_are_compared_in_effect(actual: dict[str, str], wanted: dict[str, str], keys: list[Any]) -> None:
    there = replace(THERE, settings=dict(THERE.settings) | actual)
    changes = plan([replace(WANTED, settings=dict(WANTED.settings) | wanted)], cluster(a_v1=there)).changes
    assert [(s.key, s.value, s.previous, s.action) for change in changes for s in change.settings] == keys


def test_a_setting_that_left_the_file_goes_back_to_the_default_but_a_throttle_stays() -> None:
    throttle = "leader.replication.throttled.replicas"
    settings = dict(THERE.settings) | {"segment.bytes": "1", throttle: "*"}
    there = ActualTopic(2, 1, settings, frozenset({"retention.ms", "segment.bytes", throttle}))
    (change,) = plan([WANTED], cluster(a_v1=there)).changes
    assert [(each.key, each.action) for each in change.settings] == [("segment.bytes", "REMOVE")]
    assert change.settings_after == {**WANTED.settings, throttle: "*"}


@pytest.mark.parametrize(
    ("wanted", "there", "reason"),
    [
        (replace(WANTED, partitions=1), THERE, "2 partitions cannot become 1: Kafka never removes one"),
        (replace(WANTED, partitions=3), THERE, "keyed by k"),
        (replace(WANTED, partitions=1, key=None), THERE, "Kafka never removes one"),
        (replace(WANTED, replication_factor=3), THERE, "replication factor 1 → 3 moves data"),
        (replace(WANTED, name="b.v1", replication_factor=3), THERE, "replication factor 3 on 1 broker"),
    ],
)
def test_what_would_lose_data_or_order_is_refused_with_the_reason(
    wanted: Topic, there: ActualTopic, reason: str
) -> None:
    found = plan([wanted], cluster(a_v1=there))
    assert not found.changes
    assert not found.empty
    (refusal,) = found.refused
    assert reason in refusal.reason


def test_a_topic_without_key_may_grow() -> None:
    (change,) = plan([replace(WANTED, partitions=3, key=None)], cluster(a_v1=THERE)).changes
    assert change.grows
    assert (change.previous_partitions, change.partitions) == (2, 3)


def test_nothing_is_deleted_by_absence_and_internal_topics_are_not_even_named() -> None:
    found = plan([WANTED], cluster(a_v1=THERE, other_v1=THERE, __consumer_offsets=THERE))
    assert found.empty
    assert found.unlisted == ("other.v1",)


def test_another_cluster_than_the_files_is_refused_as_a_whole() -> None:
    found = plan([WANTED], cluster(), cluster_id="elsewhere")
    assert found.changes == ()
    assert found.refused == (Refusal("*", "this is cluster id, the file is for elsewhere"),)


def test_the_json_form_names_previous_values() -> None:
    there = replace(THERE, settings=dict(THERE.settings) | {"retention.ms": "1"})
    assert plan([WANTED], cluster(a_v1=there)).as_json() == {
        "clusterId": "id",
        "topicPlans": [
            {
                "name": "a.v1",
                "action": "UPDATE",
                "topicDetailsPlan": {
                    "partitions": 2,
                    "previousPartitions": 2,
                    "partitionsAction": None,
                    "replication": 1,
                },
                "topicConfigPlans": [
                    {"key": "retention.ms", "value": "86400000", "previousValue": "1", "action": "UPDATE"}
                ],
            }
        ],
        "refused": [],
        "unlisted": [],
    }
