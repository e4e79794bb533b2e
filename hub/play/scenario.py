"""A scenario file and its reading: facts with their moments, and what must come of them.

The one rule: a file is read completely or not at all; what is wrong with it is said with its place.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import yaml

from hub.canonical.catalogue import Catalogue
from hub.canonical.event import HUB
from hub.reference import Reference

ANY: Final = "$any"
ABSENT: Final = "$absent"

_DATETIME: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+08:00")
_PARTY: Final = re.compile(r"[A-Z0-9]{2,4}(-[A-Z0-9]{2,12}){1,2}")  # well formed: that nobody is told may be the point
_TOP: Final = {"name", "why", "let", "policy", "given", "expect", "never", "clocks", "refused"}
_PATTERN: Final = {"event", "to", "data", "ordered"}
_ROW: Final = {
    "clock", "clockId", "key", "entity", "startedAt", "dueAt", "reading", "governing", "state", "obligor", "obligee",
    "provisional", "opensAt", "latestDemandAt", "endedAt",
}  # fmt: skip
_STATES: Final = ("RUNNING", "SUSPENDED", "MET", "MISSED", "VOID")


class Malformed(Exception):
    """The file is not a scenario. *place* is the path inside it, with its line if known."""

    def __init__(self, place: str, what: str) -> None:
        super().__init__(f"{place}: {what}")


@dataclass(frozen=True, slots=True)
class Fact:
    """One entry of ``given``: an event that arrives, or a tick (*event* empty)."""

    at: datetime
    event: str = ""
    party: str = ""
    data: Mapping[str, Any] | None = None
    id: str = ""


@dataclass(frozen=True, slots=True)
class Pattern:
    """What an emitted record must look like; *to* empty = a decision."""

    event: str
    to: tuple[str, ...] = ()
    data: Mapping[str, Any] | str | None = None
    ordered: bool = False
    place: str = ""


@dataclass(frozen=True, slots=True)
class Scenario:
    """A scenario file, read."""

    name: str
    why: str
    policy: Mapping[str, Any]
    given: tuple[Fact, ...]
    expect: tuple[Pattern, ...]
    never: tuple[Pattern, ...]
    clocks: tuple[Mapping[str, Any], ...]
    refused: tuple[Mapping[str, str], ...]


def read(path: Path, reference: Reference) -> Scenario:
    """Read *path*, or raise `Malformed`."""
    try:
        text = path.read_text("utf-8")
        node = yaml.compose(text, Loader=yaml.CSafeLoader)
        tree = yaml.load(text, Loader=yaml.CSafeLoader)
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise Malformed(str(path), " ".join(str(error).split())) from None
    try:
        return _Reader(reference).scenario(tree)
    except _Wrong as wrong:
        raise Malformed(f"{path}:{_line(node, wrong.path)} {wrong.place}", wrong.what) from None


class _Wrong(Exception):
    def __init__(self, path: tuple[str | int, ...], what: str) -> None:
        super().__init__(what)
        self.path, self.what = path, what

    @property
    def place(self) -> str:
        return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in self.path).lstrip(".") or "file"


Path_ = tuple[str | int, ...]


def _line(node: Any, path: Path_) -> int:
    """Line of the deepest node on *path* that is written down."""
    for part in path:
        if isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
            node = node.value[part]
            continue
        below = [value for key, value in node.value if key.value == part] if isinstance(node, yaml.MappingNode) else []
        if not below:
            break
        node = below[0]
    return node.start_mark.line + 1 if node is not None else 1


class _Reader:
    def __init__(self, reference: Reference) -> None:
        self._reference = reference
        self._catalogue = Catalogue.load()

    def scenario(self, tree: Any) -> Scenario:
        top = self._map((), tree, _TOP, ("name", "why", "given"))
        for part in ("given", "expect", "never", "clocks", "refused"):
            if part in top:
                self._plain((part,), top[part])
        given = tuple(self._given(self._list(("given",), top["given"])))
        return Scenario(
            name=self._string(("name",), top["name"]),
            why=self._string(("why",), top["why"]),
            policy=self._policy(top.get("policy") or {}),
            given=given,
            expect=tuple(self._patterns("expect", top)),
            never=tuple(self._patterns("never", top)),
            clocks=tuple(self._rows(top)),
            refused=tuple(self._refused(top, {fact.id for fact in given})),
        )

    def _policy(self, policy: Any) -> Mapping[str, Any]:
        return self._map(("policy",), policy, set(self._reference.policy), ())

    def _given(self, entries: Sequence[Any]) -> Iterator[Fact]:
        last: datetime | None = None
        for n, entry in enumerate(entries):
            place = ("given", n)
            ticks = isinstance(entry, dict) and "tick" in entry
            allowed = {"at", "tick"} if ticks else {"at", "event", "from", "data", "id"}
            fact = self._map(place, entry, allowed, ("at", "tick") if ticks else ("at", "event", "from", "data"))
            at = self._moment((*place, "at"), fact["at"])
            if last is not None and at < last:
                raise _Wrong((*place, "at"), "earlier than the entry before")
            last = at
            if ticks:
                if fact["tick"] is not True:
                    raise _Wrong((*place, "tick"), "must be true")
                yield Fact(at)
                continue
            event = self._event((*place, "event"), fact["event"])
            if not isinstance(fact["data"], dict):
                raise _Wrong((*place, "data"), "must be a map")
            identity = self._string((*place, "id"), fact.get("id", f"given[{n}]"))
            yield Fact(at, event, self._string((*place, "from"), fact["from"]), fact["data"], identity)

    def _patterns(self, part: str, top: Mapping[str, Any]) -> Iterator[Pattern]:
        for n, entry in enumerate(self._list((part,), top.get(part) or [])):
            place: Path_ = (part, n)
            pattern = self._map(place, entry, _PATTERN, ("event",))
            event = pattern["event"]
            if event != "*":
                self._event((*place, "event"), event)
            elif part != "never":
                raise _Wrong((*place, "event"), "'*' stands in never only")
            data = pattern.get("data")
            if isinstance(data, str) and part != "never":
                raise _Wrong((*place, "data"), "a string stands in never only")
            if not isinstance(data, dict | str | None):
                raise _Wrong((*place, "data"), "must be a map")
            to = pattern.get("to", [])
            parties = [to] if isinstance(to, str) else self._list((*place, "to"), to)
            if "to" in pattern and not parties:
                raise _Wrong((*place, "to"), "names nobody")
            for party in parties:
                if not isinstance(party, str) or not _PARTY.fullmatch(party):
                    raise _Wrong((*place, "to"), f"{party!r} is not a party code")
            if part == "expect" and not parties and HUB not in self._reference.events[event].senders:
                raise _Wrong((*place, "event"), f"{event} is not made by the hub: say to whom it is delivered")
            ordered = pattern.get("ordered", False)
            if not isinstance(ordered, bool):
                raise _Wrong((*place, "ordered"), "must be true or false")
            yield Pattern(event, tuple(parties), data, ordered, f"{part}[{n}]")

    def _rows(self, top: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
        for n, entry in enumerate(self._list(("clocks",), top.get("clocks") or [])):
            place = ("clocks", n)
            row = self._map(place, entry, _ROW, ("clock",))
            if row["clock"] not in self._reference.clocks:
                raise _Wrong((*place, "clock"), f"unknown clock {row['clock']}")
            if row.get("state", ANY) not in (*_STATES, ANY):
                raise _Wrong((*place, "state"), f"unknown state {row['state']}")
            yield {"governing": True, **row}

    def _refused(self, top: Mapping[str, Any], ids: set[str]) -> Iterator[Mapping[str, str]]:
        for n, entry in enumerate(self._list(("refused",), top.get("refused") or [])):
            refusal = self._map(("refused", n), entry, {"id", "code"}, ("code",))
            if refusal.get("id", next(iter(ids), "")) not in ids:
                raise _Wrong(("refused", n, "id"), f"no given event has the id {refusal['id']}")
            yield {name: self._string(("refused", n, name), value) for name, value in refusal.items()}

    def _plain(self, path: Path_, value: Any) -> None:
        """Everything must be text, whole numbers, true or false: YAML's own dates, floats and nulls never mean what was meant."""
        if isinstance(value, dict):
            for key, part in value.items():
                self._plain((*path, self._string(path, key)), part)
        elif isinstance(value, list):
            for n, part in enumerate(value):
                self._plain((*path, n), part)
        elif not isinstance(value, str | int):
            raise _Wrong(path, f"{value!r}: write dates as quoted strings; no floats, no nulls")

    def _map(self, path: Path_, value: Any, allowed: set[str], needed: Sequence[str]) -> Mapping[str, Any]:
        if not isinstance(value, dict):
            raise _Wrong(path, "must be a map")
        for key in value:
            if key not in allowed:
                raise _Wrong((*path, str(key)), "unknown key")
        for key in needed:
            if key not in value:
                raise _Wrong(path, f"{key} is missing")
        return value

    def _list(self, path: Path_, value: Any) -> Sequence[Any]:
        if not isinstance(value, list):
            raise _Wrong(path, "must be a list")
        return value

    def _string(self, path: Path_, value: Any) -> str:
        if not isinstance(value, str):
            raise _Wrong(path, f"{value!r} must be a string (quote it)")
        return value

    def _event(self, path: Path_, value: Any) -> str:
        if value not in self._catalogue:
            raise _Wrong(path, f"unknown event {value}")
        return str(value)

    def _moment(self, path: Path_, value: Any) -> datetime:
        if not isinstance(value, str) or not _DATETIME.fullmatch(value):
            raise _Wrong(path, f"{value!r} is not a datetime YYYY-MM-DDTHH:MM:SS+08:00 in quotes")
        try:
            return datetime.fromisoformat(value)
        except ValueError as error:
            raise _Wrong(path, str(error)) from None
