"""A record on its way, in the words of its system; and what can be wrong with it.

The one rule: a mistake is put into the written record, where a clerk or a terminal makes it, and is tried: it counts only if the
dialect itself does not understand the record any more.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any, Final

from connectors.protocol import Envelope, Record
from connectors.registry import System
from hub.canonical.catalogue import Catalogue
from hub.canonical.check import check
from hub.canonical.event import own_event_id
from hub.canonical.refused import Refused
from hub.local.sim.behaviour import INVALID, Mistake

#: Not a code of any table.
_DEAD: Final = "作废99"


@dataclass(frozen=True, slots=True)
class Letter:
    """One record to be sent."""

    system: System = field(repr=False)
    party: str  #: who speaks
    own_id: str
    event: str
    key: str  #: of the aggregate
    record: Record
    mistake: str = ""
    refused: str = ""  #: the code with which it will come back

    @property
    def event_id(self) -> str:
        """Under which the hub knows it."""
        return own_event_id(self.system.owner, self.own_id)

    def encoded(self) -> bytes:
        """As a document of its own."""
        return self.system.format.encode([self.record])


def write(system: System, party: str, own_id: str, event: str, data: Mapping[str, Any]) -> Letter | None:
    """*data* in the words of *system*; None if it has no words for such events."""
    record = _written(system, party, own_id, event, data)
    if record is None:
        return None
    return Letter(system, party, own_id, event, Catalogue.load()[event].key_of(data), record)


def _written(system: System, party: str, own_id: str, event: str, data: Mapping[str, Any]) -> Record | None:
    record = system.dialect.write(event, data, Envelope(id=own_id, party=party))
    speaker = system.dialect.frame.party
    return {**record, speaker: party} if record is not None and speaker else record


def spoilt(letter: Letter, data: Mapping[str, Any], mistake: Mistake, chance: Random) -> Letter:
    """*letter*, which says *data*, with the mistake in it; unchanged if this record cannot have it."""
    candidates = list(_SPOIL[mistake.kind](letter, data))
    chance.shuffle(candidates)
    for record in candidates:
        if _code_of(letter.system, record) == INVALID:
            return Letter(
                letter.system, letter.party, letter.own_id, letter.event, letter.key, record, mistake.kind, mistake.refused
            )  # fmt: skip
    return letter


def _code_of(system: System, record: Record) -> str:
    """The refusal at the door, as far as the form goes."""
    try:
        for row in system.format.decode(system.format.encode([record])):
            if row.error is not None or row.record is None:
                return INVALID
            for draft in system.dialect.read(row.record):
                check(Catalogue.load()[draft.type], draft.data)
    except Refused as refused:
        return refused.code
    return ""


def _dead_codes(letter: Letter, data: Mapping[str, Any]) -> Iterator[Record]:
    """A code where another value of the same list would stand: that is where two records differ that say two values."""
    for each in Catalogue.load()[letter.event].fields:
        others = [word for word in each.enum if word != data.get(each.name)]
        if each.name not in data or not others or each.many:
            continue
        other = _written(letter.system, letter.party, letter.own_id, letter.event, {**data, each.name: others[0]})
        if other is not None:
            for path in _differences(letter.record, other):
                yield _with(letter.record, path, _DEAD)


def _missing_fields(letter: Letter, data: Mapping[str, Any]) -> Iterator[Record]:
    for each in Catalogue.load()[letter.event].fields:
        if each.mandatory and each.name in data:
            rest = {name: value for name, value in data.items() if name != each.name}
            record = _written(letter.system, letter.party, letter.own_id, letter.event, rest)
            if record is not None:
                yield record


def _wrong_check_digits(letter: Letter, data: Mapping[str, Any]) -> Iterator[Record]:
    """The credit code as somebody mistypes it: its last character is another."""
    subject = data.get("subject")
    uscc = data.get("uscc") or (subject.get("uscc") if isinstance(subject, Mapping) else None)
    if uscc:
        for path, value in _leaves(letter.record):
            if value == uscc:
                yield _with(letter.record, path, uscc[:17] + ("A" if uscc[17] != "A" else "B"))


_SPOIL: Final = {"dead_code": _dead_codes, "missing_field": _missing_fields, "wrong_check_digit": _wrong_check_digits}

_Path = tuple[str | int, ...]


def _leaves(value: Any, path: _Path = ()) -> Iterator[tuple[_Path, Any]]:
    if isinstance(value, Mapping):
        for name, part in value.items():
            yield from _leaves(part, (*path, name))
    elif isinstance(value, list):
        for index, part in enumerate(value):
            yield from _leaves(part, (*path, index))
    else:
        yield path, value


def _differences(one: Record, other: Record) -> Iterator[_Path]:
    theirs = dict(_leaves(other))
    for path, value in _leaves(one):
        if isinstance(value, str) and path in theirs and theirs[path] != value:
            yield path


def _with(record: Record, path: _Path, value: Any) -> Record:
    changed: Any = copy.deepcopy(dict(record))
    place = changed
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    found: Record = changed
    return found
