"""The topics of the hub: `topics.yaml` read once into values, and asked by purpose.

One rule: no topic name is typed anywhere else. Who needs one says what for (`topics.delivery("GY-GAJ")`), and a topic
found on the wire is asked whose it is (`topics.party_of(name)`), never taken apart with string operations.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from fnmatch import fnmatchcase
from pathlib import Path
from types import MappingProxyType
from typing import Final, Self, TypeVar

import yaml
from pydantic import ValidationError

from hub.rights import Acl, Rights
from hub.topics_file import (
    ROLES,
    DialectPart,
    EnvironmentPart,
    FixedTopic,
    PartyPart,
    TemplateTopic,
    TopicPart,
    TopicsFile,
    fault,
)

_NAME: Final = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)*")
_LONGEST_NAME: Final = 249  # Kafka's limit
_Key = TypeVar("_Key")
_Value = TypeVar("_Value")


class TopicsInvalid(ValueError):
    """`topics.yaml` is wrong. *faults* lists everything that is, each with its place."""

    def __init__(self, path: Path, faults: Iterable[str]) -> None:
        self.path = path
        self.faults = tuple(faults)
        super().__init__("\n".join([f"{path}: {len(self.faults)} fault(s)", *(f"  {fault}" for fault in self.faults)]))


class UnknownTopic(LookupError):
    """Asked for a topic that `topics.yaml` does not have."""


@dataclass(frozen=True, slots=True)
class Topic:
    """One topic as it shall be."""

    name: str
    partitions: int
    replication_factor: int
    retention: timedelta | None  #: None: kept for ever (compacted)
    settings: Mapping[str, str]  #: as Kafka spells them, retention.ms included
    key: str | None  #: what the key is; None: the partition is not chosen by a key
    schema: str | None  #: files of schemas/avro the values follow; None: as sent
    compatibility: str
    owner: str
    classification: str
    lag_objective_seconds: int
    why: str

    @property
    def keyed(self) -> bool:
        """Whether more partitions would part the records of one key."""
        return self.key is not None


@dataclass(frozen=True, slots=True)
class Internal:
    """Topics that belong to Kafka or to a library: never ours to change."""

    prefixes: tuple[str, ...] = ("__",)
    patterns: tuple[re.Pattern[str], ...] = ()

    def __contains__(self, name: str) -> bool:
        return name.startswith(self.prefixes) or any(pattern.search(name) for pattern in self.patterns)


class Topics:
    """All topics of one environment. Every accessor raises `UnknownTopic` for what the file does not have."""

    def __init__(self, built: _Build) -> None:
        self.cluster = built.file.meta.cluster
        self.cluster_id = built.file.meta.cluster_id
        internal = built.file.internal
        self.internal = Internal(tuple(internal.prefixes), tuple(re.compile(each) for each in internal.regex))
        self._topics = MappingProxyType(built.topics)
        self._aggregates = MappingProxyType(built.aggregates)
        self._roles = MappingProxyType(built.roles)
        self._states = MappingProxyType(built.states)
        self._ingress = MappingProxyType(built.ingress)
        self._deliveries = MappingProxyType(built.deliveries)
        self._dead_letters = MappingProxyType(built.dead_letters)
        self._rights = MappingProxyType(built.rights)
        self._tenants = MappingProxyType(built.tenants)
        #: Dialect -> who carries events of others in it, and which.
        self._conveying: dict[str, list[tuple[str, frozenset[str]]]] = {}
        for owner, dialect in built.ingress:
            if conveys := built.rights[owner].conveys:
                self._conveying.setdefault(dialect, []).append((owner, conveys))

    @classmethod
    def load(
        cls,
        path: Path,
        parties: Iterable[str],
        environment: str | None = None,
        dialects: Iterable[tuple[str, str]] = (),
    ) -> Self:
        """Read *path* for the party codes *parties*, with what differs in *environment*. Faults come all at once.

        *dialects*: (party, dialect) spoken in this installation though the file does not name them.
        """
        try:
            document = yaml.load(path.read_text("utf-8"), Loader=yaml.CSafeLoader)
            file = TopicsFile.model_validate(document)
        except yaml.YAMLError as error:
            raise TopicsInvalid(path, [str(error)]) from None
        except ValidationError as error:
            raise TopicsInvalid(path, map(fault, error.errors())) from None
        for party, dialect in dialects:
            file.parties.setdefault(party, PartyPart()).dialects.setdefault(dialect, DialectPart())
        built = _Build(file, tuple(parties), environment)
        if built.faults:
            raise TopicsInvalid(path, built.faults)
        return cls(built)

    def __getitem__(self, name: str) -> Topic:
        return _find(self._topics, name, "topic")

    def __contains__(self, name: object) -> bool:
        return name in self._topics

    def all(self) -> tuple[Topic, ...]:
        """Every topic, in the order of the file; those of parties follow the order of the parties."""
        return tuple(self._topics.values())

    def aggregate(self, name: str) -> Topic:
        """Facts and decisions of one aggregate: inspection, matter or complaint."""
        return _find(self._aggregates, name, "aggregate")

    @property
    def aggregates(self) -> Mapping[str, Topic]:
        """Aggregate → its topic."""
        return self._aggregates

    @property
    def clock(self) -> Topic:
        return self._roles["clock"]

    @property
    def receipt(self) -> Topic:
        return self._roles["receipt"]

    @property
    def control(self) -> Topic:
        return self._roles["control"]

    @property
    def outgoing(self) -> Topic:
        return self._roles["outgoing"]

    @property
    def audit(self) -> Topic:
        return self._roles["audit"]

    def state(self, agent: str) -> Topic:
        """The compacted state of *agent*; as many partitions as its input."""
        return _find(self._states, agent, "state of agent")

    def ingress(self, party: str, dialect: str) -> Topic:
        """Where *party* writes in *dialect*."""
        return _find(self._ingress, (party, dialect), "ingress of (party, dialect)")

    def all_ingress(self) -> tuple[Topic, ...]:
        """Every topic that a party writes."""
        return tuple(self._ingress.values())

    def delivery(self, party: str) -> Topic:
        """What *party* may read."""
        return _find(self._deliveries, party, "deliveries of party")

    def dead_letters(self, party: str) -> Topic:
        """What was refused of *party*'s."""
        return _find(self._dead_letters, party, "dead letters of party")

    def party_of(self, topic: str) -> str:
        """Whose topic *topic* is."""
        return _find(self._tenants, topic, "party for topic")[0]

    def dialect_of(self, topic: str) -> str:
        """The dialect spoken on the ingress topic *topic*."""
        dialect = _find(self._tenants, topic, "dialect for topic")[1]
        if dialect is None:
            raise UnknownTopic(f"{topic} is not an ingress topic")
        return dialect

    def parties_of(self, topic: str) -> tuple[str, ...]:
        """For whom records on *topic* may speak: its owner, then those the owner's system acts for."""
        party = self.party_of(topic)
        return (party, *self._rights[party].acts_for)

    def may_speak(self, topic: str, party: str, event_type: str) -> bool:
        """May a record on *topic* tell an event *event_type* of *party*?"""
        owner = self.party_of(topic)
        rights = self._rights[owner]
        return party == owner or party in rights.acts_for or event_type in rights.conveys

    def conveyors(self, dialect: str, event_type: str) -> tuple[str, ...]:
        """Whose systems, speaking *dialect*, carry *event_type* in the name of others."""
        return tuple(owner for owner, conveys in self._conveying.get(dialect, ()) if event_type in conveys)

    def rights(self, party: str) -> Rights:
        """What *party* may do on the bus."""
        return _find(self._rights, party, "rights of party")

    def parties(self) -> tuple[str, ...]:
        """Every party that has topics."""
        return tuple(self._rights)

    def acls(self) -> tuple[Acl, ...]:
        """Every right of every party, in Kafka's words."""
        return tuple(acl for rights in self._rights.values() for acl in rights.acls())


def _find(among: Mapping[_Key, _Value], key: _Key, what: str) -> _Value:
    try:
        return among[key]
    except KeyError:
        raise UnknownTopic(f"topics.yaml has no {what} {key}") from None


class _Build:
    """The file's entries worked out for the parties of the city; faults are collected, not raised."""

    def __init__(self, file: TopicsFile, parties: tuple[str, ...], environment: str | None) -> None:
        self.file = file
        self.faults: list[str] = []
        self.topics: dict[str, Topic] = {}
        self.aggregates: dict[str, Topic] = {}
        self.roles: dict[str, Topic] = {}
        self.states: dict[str, Topic] = {}
        self.ingress: dict[tuple[str, str], Topic] = {}
        self.deliveries: dict[str, Topic] = {}
        self.dead_letters: dict[str, Topic] = {}
        self.rights: dict[str, Rights] = {}
        self.tenants: dict[str, tuple[str, str | None]] = {}
        self._here = EnvironmentPart()
        if environment is not None and environment != "production":
            if environment in file.environments:
                self._here = file.environments[environment]
            else:
                self.faults.append(f"environments: none is named {environment}")
        self._fixed()
        self._of_parties(parties)

    def _fixed(self) -> None:
        for name, entry in self.file.topics.items():
            place = f"topics.{name}"
            topic = self._topic(name, entry, self._partitions(name, entry), place)
            if entry.aggregate is not None:
                self._once(self.aggregates, entry.aggregate, topic, place, "aggregate")
            elif entry.role is not None:
                self._once(self.roles, entry.role, topic, place, "role")
            elif entry.state is not None:
                self._once(self.states, entry.state, topic, place, "state")
                if topic.settings.get("cleanup.policy") != "compact":
                    self.faults.append(f"{place}.settings: state must have cleanup.policy compact")
        self.faults.extend(f"topics: none has role {role}" for role in ROLES if role not in self.roles)

    def _partitions(self, name: str, entry: FixedTopic) -> int:
        if entry.partitions is not None:
            return entry.partitions
        followed = self.file.topics.get(entry.follows or "")
        if followed is None or followed.partitions is None:
            self.faults.append(f"topics.{name}.follows: {entry.follows} is no topic with partitions of its own")
            return 1
        return followed.partitions

    def _of_parties(self, parties: tuple[str, ...]) -> None:
        for pattern in self.file.parties:
            if not any(fnmatchcase(code, pattern) for code in parties):
                self.faults.append(f"parties.{pattern}: matches no party")
        templates = self.file.templates
        for code in parties:
            entries = {pattern: part for pattern, part in self.file.parties.items() if fnmatchcase(code, pattern)}
            if not entries:
                self.faults.append(f"parties: no entry matches {code}")
                continue
            widest = 1
            for pattern, entry in entries.items():
                for dialect, its in entry.dialects.items():
                    place = f"parties.{pattern}.dialects.{dialect}"
                    count = its.partitions or int(templates.ingress.partitions)
                    topic = self._tenant(templates.ingress, code, dialect, count, place)
                    self._once(self.ingress, (code, dialect), topic, place, "dialect")
                    widest = max(widest, count)
            self.deliveries[code] = self._tenant(templates.delivery, code, None, widest, "templates.delivery")
            self.dead_letters[code] = self._tenant(templates.dead_letters, code, None, widest, "templates.dead_letters")
            self.rights[code] = self._rights_of(code, entries, parties)

    def _tenant(self, template: TemplateTopic, code: str, dialect: str | None, widest: int, place: str) -> Topic:
        name = template.name.format(party=code.lower(), dialect=dialect)
        fixed = template.partitions
        count = widest if dialect is not None or fixed == "widest_ingress" else int(fixed)
        topic = self._topic(name, template, count, place)
        self.tenants[name] = (code, dialect)
        return topic

    def _rights_of(self, code: str, entries: Mapping[str, PartyPart], parties: tuple[str, ...]) -> Rights:
        dialects = tuple(dialect for entry in entries.values() for dialect in entry.dialects)
        quota: dict[str, int] = {str(kind): rate for entry in entries.values() for kind, rate in entry.quota.items()}
        acts_for: dict[str, None] = {}
        for pattern, entry in entries.items():
            for wanted in entry.acts_for:
                found = [each for each in parties if fnmatchcase(each, wanted) and each != code]
                if not found:
                    self.faults.append(f"parties.{pattern}.acts_for: {wanted} matches no party")
                acts_for |= dict.fromkeys(found)
        return Rights(
            party=code,
            dialects=dialects,
            produces=self._granted(code, dialects, {key: entry.produces for key, entry in entries.items()}, "produces"),
            consumes=(
                *self._granted(code, dialects, {key: entry.consumes for key, entry in entries.items()}, "consumes"),
                # Who acts for a body reads what is for that body, and nothing else of it.
                *(self.file.templates.delivery.name.format(party=each.lower()) for each in acts_for),
            ),
            acts_for=tuple(acts_for),
            conveys=frozenset(event for entry in entries.values() for event in entry.conveys),
            quota=MappingProxyType(quota),
            system=next((entry.system for entry in entries.values() if entry.system), None),
        )

    def _granted(
        self, code: str, dialects: tuple[str, ...], wanted: Mapping[str, list[str]], which: str
    ) -> tuple[str, ...]:
        """The topics of the names *wanted*. A right to another party's topic is a fault: the topic is the boundary."""
        granted: dict[str, None] = {}
        for pattern, names in wanted.items():
            for name in names:
                place = f"parties.{pattern}.{which}"
                try:
                    spelled = [name.format(party=code.lower(), dialect=dialect) for dialect in dialects]
                except (KeyError, IndexError, ValueError):
                    self.faults.append(f"{place}: {name} may hold {{party}} and {{dialect}} only")
                    continue
                for topic in spelled:
                    if topic not in self.topics:
                        self.faults.append(f"{place}: {topic} is no topic of this file")
                    elif self.tenants.get(topic, ("", None))[0] != code:
                        self.faults.append(f"{place}: {topic} does not belong to {code}")
                    granted[topic] = None
        return tuple(granted)

    def _topic(self, name: str, entry: TopicPart, partitions: int, place: str) -> Topic:
        if not _NAME.fullmatch(name) or len(name) > _LONGEST_NAME:
            self.faults.append(f"{place}: {name} must be lower case segments of [a-z0-9-] joined by dots")
        if name in self.topics:
            self.faults.append(f"{place}: a second topic named {name}")
        defaults = self.file.defaults
        settings = defaults.settings | entry.settings | self._here.settings
        if "retention.ms" in settings:
            self.faults.append(f"{place}.settings: retention.ms is written as retention")
        compacted = "compact" in settings.get("cleanup.policy", "delete")
        if compacted == (entry.retention is not None):
            self.faults.append(f"{place}.retention: a deleted topic needs one and a compacted one has none")
        if entry.retention is not None:
            settings["retention.ms"] = str(int(entry.retention.total_seconds() * 1000))
        factor = self._here.replication_factor or entry.replication_factor or defaults.replication_factor
        topic = Topic(
            name=name,
            partitions=partitions,
            replication_factor=factor,
            retention=entry.retention,
            settings=MappingProxyType(dict(sorted(settings.items()))),
            key=entry.key,
            schema=entry.value_schema,
            compatibility=entry.compatibility or defaults.compatibility,
            owner=entry.owner or defaults.owner,
            classification=entry.classification,
            lag_objective_seconds=entry.lag_objective_seconds,
            why=entry.why,
        )
        self.topics[name] = topic
        return topic

    def _once(self, among: dict[_Key, Topic], key: _Key, topic: Topic, place: str, what: str) -> None:
        if key in among:
            self.faults.append(f"{place}: a second {what} {key}")
        among[key] = topic
