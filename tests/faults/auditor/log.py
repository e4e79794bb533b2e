"""Every topic of the hub, read twice: as a careful reader sees it, and as everything that was ever written.

One rule: nothing is skipped. Reading ends where the log ended when it began, by position, past markers too.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec

_SECONDS = 120.0  # without a single record, before the log counts as unreadable
_PREFIX = ("cn.guiyang.hub.", ".v1")


class LogUnreadable(RuntimeError):
    """The log did not answer or did not go on."""


@dataclass(slots=True)
class Entry:
    """A record and what its headers say."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: dict[str, bytes]

    def text(self, name: str) -> str:
        return self.headers.get(name, b"").decode("utf-8", "replace")

    @property
    def id(self) -> str:
        return self.text("ce_id")

    @property
    def type(self) -> str:
        return self.text("ce_type").removeprefix(_PREFIX[0]).removesuffix(_PREFIX[1])

    @property
    def party(self) -> str:
        return self.text("ce_fromparty")

    @property
    def cause(self) -> str:
        return self.text("ce_causationid")

    @property
    def subject(self) -> str:
        return self.text("ce_subject")

    @property
    def place(self) -> str:
        return f"{self.topic}/{self.partition}/{self.offset}"


@dataclass
class Log:
    """*committed*: what `read_committed` shows, per topic. *aborted*: what only `read_uncommitted` shows."""

    committed: dict[str, list[Entry]] = field(default_factory=dict)
    aborted: dict[str, list[Entry]] = field(default_factory=dict)

    def all(self, *prefixes: str) -> Iterator[Entry]:
        """Committed entries of topics that begin so, each partition in its order."""
        for topic in sorted(self.committed):
            if topic.startswith(prefixes):
                yield from self.committed[topic]

    def never(self, *prefixes: str) -> Iterator[Entry]:
        """Aborted entries of topics that begin so."""
        for topic in sorted(self.aborted):
            if topic.startswith(prefixes):
                yield from self.aborted[topic]


def read_log(bootstrap: str) -> Log:
    """All topics that are not Kafka's own."""
    admin = AdminClient({"bootstrap.servers": bootstrap})
    places = [
        TopicPartition(name, partition)
        for name, topic in admin.list_topics(timeout=30).topics.items()
        if not name.startswith("__")
        for partition in topic.partitions
    ]
    starts, ends = (_offsets(admin, places, spec) for spec in (OffsetSpec.earliest(), OffsetSpec.latest()))
    filled = {place: end for place, end in ends.items() if end > starts[place]}
    log = Log()
    seen: dict[tuple[str, int], set[int]] = {}
    for entry in _read(bootstrap, filled, "read_committed"):
        log.committed.setdefault(entry.topic, []).append(entry)
        seen.setdefault((entry.topic, entry.partition), set()).add(entry.offset)
    for entry in _read(bootstrap, filled, "read_uncommitted"):
        if entry.offset not in seen.get((entry.topic, entry.partition), ()):
            log.aborted.setdefault(entry.topic, []).append(entry)
    for entries in (*log.committed.values(), *log.aborted.values()):
        entries.sort(key=lambda entry: (entry.partition, entry.offset))
    return log


def _offsets(admin: AdminClient, places: list[TopicPartition], spec: OffsetSpec) -> dict[tuple[str, int], int]:
    asked = admin.list_offsets(dict.fromkeys(places, spec), request_timeout=30)
    return {(place.topic, place.partition): future.result().offset for place, future in asked.items()}


def _read(bootstrap: str, ends: dict[tuple[str, int], int], isolation: str) -> Iterator[Entry]:
    if not ends:
        return
    consumer = Consumer(
        {
            "bootstrap.servers": bootstrap,
            "group.id": "auditor",  # never joined, never committed to
            "enable.auto.commit": False,
            "auto.offset.reset": "earliest",
            "isolation.level": isolation,
            "enable.partition.eof": True,
            "fetch.wait.max.ms": 50,
        }
    )
    try:
        consumer.assign([TopicPartition(topic, partition, 0) for topic, partition in ends])
        open_places, moved = set(ends), time.monotonic()
        while open_places:
            for message in consumer.consume(2000, timeout=0.5):
                place = (message.topic(), message.partition())
                if (error := message.error()) is not None:
                    if error.code() != KafkaError._PARTITION_EOF:
                        raise KafkaException(error)
                    # What lies between here and the end is open or aborted: a committed reader is never shown it.
                    open_places.discard(place)
                    continue
                moved = time.monotonic()
                if message.offset() < ends[place]:
                    headers = {name: value or b"" for name, value in message.headers() or ()}
                    yield Entry(*place, message.offset(), message.key(), message.value(), headers)
                if message.offset() >= ends[place] - 1:
                    open_places.discard(place)
            if time.monotonic() - moved > _SECONDS:
                raise LogUnreadable(f"{isolation}: {len(open_places)} partitions do not go on")
    finally:
        consumer.close()


def dump(log: Log, folder: Path) -> None:
    """Keep the headers of everything as JSON lines: the evidence of a failed run."""
    folder.mkdir(parents=True, exist_ok=True)
    for what, topics in (("committed", log.committed), ("aborted", log.aborted)):
        for topic, entries in topics.items():
            with (folder / f"{topic}.{what}.jsonl").open("w") as file:
                file.writelines(json.dumps(_plain(entry), ensure_ascii=False) + "\n" for entry in entries)


def _plain(entry: Entry) -> dict[str, Any]:
    headers = {name: value.decode("utf-8", "replace") for name, value in entry.headers.items()}
    return {"at": entry.place, "key": (entry.key or b"").decode("utf-8", "replace"), "headers": headers}


def ids(entries: Iterable[Entry]) -> set[str]:
    return {entry.id for entry in entries}
