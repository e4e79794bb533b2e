"""Which column goes to which field of an event, and which event the records are.

The one rule: a column goes to one field, and a field comes from one column; the surest pair is taken first.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from connectors.guess.evidence import SURE, Setting, fits
from connectors.guess.lexicon import plain
from connectors.guess.shapes import Column
from connectors.guess.supposed import Supposed, supposed
from connectors.guess.targets import Target, targets
from hub.canonical.catalogue import Catalogue, EventType

_CODE: Final = re.compile(r"(?=.*[0-9])[\w〔〕\[\]()（）-]{3,40}").fullmatch
_NUMBERED: Final = ("编号", "单号", "号码", "文号", "号", "bh", "no", "id", "code", "number")
_ENOUGH: Final = 0.5  #: of confidence, for a column to be mapped


@dataclass(frozen=True, slots=True)
class Match:
    """One column and the field it goes to."""

    column: Column
    target: Target
    confidence: float
    reason: str

    @property
    def sure(self) -> bool:
        """May it stand without a person's look?"""
        return self.confidence >= SURE


@dataclass(slots=True)
class Reading:
    """The records read as one event."""

    event: EventType
    matches: list[Match]
    supposed: dict[str, Supposed] = field(default_factory=dict)  #: path -> what no column says
    missing: list[Target] = field(default_factory=list)  #: mandatory, in no column, and nothing may be supposed
    score: float = 0.0
    joined: dict[str, str] = field(default_factory=dict)  #: path -> column that another field has already taken
    hints: dict[str, Match] = field(default_factory=dict)  #: column left over -> what it might be

    def match(self, path: str) -> Match | None:
        """The match of the field *path*."""
        return next((each for each in self.matches if each.target.path == path), None)


def readings(columns: Sequence[Column], title: str, events: Sequence[str], setting: Setting) -> list[Reading]:
    """The records as each of *events*, the likeliest first. *title* is what the sample's file or sheet is called."""
    catalogue = Catalogue.load()
    rarity = _rarity([catalogue[event] for event in events])
    found = [_reading(columns, title, catalogue[event], rarity, setting) for event in events]
    return sorted(found, key=lambda each: -each.score)


def _rarity(events: Sequence[EventType]) -> Mapping[str, float]:
    """How much a field tells about its event: what every event has tells nothing."""
    counts: dict[str, int] = {}
    for event in events:
        for path in {target.path for target in targets(event)}:
            counts[path] = counts.get(path, 0) + 1
    return {path: math.log(1 + len(events) / count) for path, count in counts.items()}


def _reading(
    columns: Sequence[Column], title: str, event: EventType, rarity: Mapping[str, float], setting: Setting
) -> Reading:
    places = targets(event)
    pairs: list[Match] = []
    for column in columns:
        for target in places:
            if bool(column.inside) and not target.list:  # many values have no place in a single field
                continue
            confidence, reason = fits(column, target, setting)
            if confidence >= 0.42:
                pairs.append(Match(column, target, confidence, reason))
    pairs.sort(key=lambda each: (-round(each.confidence, 2), not each.target.always, each.target.path.count(".")))
    reading = Reading(event, _chosen(pairs))
    _number(reading, columns, places)
    _settle(reading, places, setting.party)
    taken = {each.column.path for each in reading.matches}
    for pair in pairs:
        if pair.column.path not in taken:
            reading.hints.setdefault(pair.column.path, pair)
    told = sum(each.confidence * rarity[each.target.path] for each in reading.matches)
    lacking = sum(1.6 * max(1.0, rarity[target.path]) for target in reading.missing)
    reading.score = told - lacking + _named(title, event)
    return reading


def _chosen(pairs: Sequence[Match]) -> list[Match]:
    columns: set[str] = set()
    fields: set[str] = set()
    lists: dict[str, str] = {}
    found = []
    for pair in pairs:
        if pair.confidence < _ENOUGH or pair.column.path in columns or pair.target.path in fields:
            continue
        if pair.target.list and lists.setdefault(pair.target.list, pair.column.inside) != pair.column.inside:
            continue  # the entries of one list come from one list
        columns.add(pair.column.path)
        fields.add(pair.target.path)
        found.append(pair)
    return found


def _number(reading: Reading, columns: Sequence[Column], places: Sequence[Target]) -> None:
    """The event's own number, if no name told it: a column of numbers of which each record has another."""
    own = next(
        (each for each in places if each.always and not each.around and each.field.name.endswith(("Id", "No"))), None
    )
    if own is None or reading.match(own.path) is not None or own.path == "correlationId":
        return
    taken = {each.column.path for each in reading.matches}
    for column in columns:
        numbers = column.is_text() and column.unique() and all(map(_CODE, column.texts()))
        if numbers and column.path not in taken and plain(column.name).endswith(_NUMBERED):
            reading.matches.append(Match(column, own, 0.6, "每条记录各不相同的编号"))
            return


def _settle(reading: Reading, places: Sequence[Target], party: str) -> None:
    """Give up optional blocks that lack a mandatory field, and tell what is missing or supposed in the others."""
    for target in places:
        if not target.mandatory or reading.match(target.path) is not None:
            continue
        blocks = [".".join(target.path.split(".")[: at + 1]) for at in range(len(target.around))]
        optional = next((path for path, each in zip(blocks, target.around, strict=True) if not each.mandatory), "")
        if optional and not any(each.target.path.startswith(f"{optional}.") for each in reading.matches):
            continue
        value = supposed(target, reading.event.name, party)
        if target.path.endswith(".code") and (named := reading.match(f"{target.path[:-4]}name")) is not None:
            reading.matches[reading.matches.index(named)] = Match(named.column, target, 0.55, "没有编码列,以名称代编码")
        elif target.path == "correlationId" and (numbered := reading.match("caseNo")) is not None:
            reading.joined[target.path] = numbered.column.path
        elif value is not None:
            reading.supposed[target.path] = value
        elif optional:
            reading.matches = [each for each in reading.matches if not each.target.path.startswith(f"{optional}.")]
            reading.supposed = {
                path: each for path, each in reading.supposed.items() if not path.startswith(f"{optional}.")
            }
        else:
            reading.missing.append(target)


def _named(title: str, event: EventType) -> float:
    """What the name of the file says: 检查结果2026.csv is one of inspection results."""
    key, official = plain(title), plain(event.title)
    pairs = {official[at : at + 2] for at in range(len(official) - 1)}
    return 2.5 * sum(pair in key for pair in pairs) / len(pairs) if pairs else 0.0
