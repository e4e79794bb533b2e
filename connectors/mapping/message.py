"""One kind of message of a system and the event it is; and the steps 环节 of a record that tells several events at once.

The one rule: which messages a record is, is decided by the record alone, so that what is written can be asked the same
question before it is sent.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from connectors.mapping.conditions import Condition
from connectors.mapping.known import Finder, Known
from connectors.mapping.objects import ObjectCodec
from connectors.mapping.unfit import Unfit


@dataclass(frozen=True, slots=True)
class Message:
    """One kind of message of a system and the event it is."""

    kind: str
    event: str
    when: Condition
    codec: ObjectCodec
    frame: frozenset[str]  #: names of the record around the body; empty if the body is the record
    names: Known  #: every name of the record that somebody looks at
    unknown: Finder
    line: int
    condition: str = ""  #: ``when`` as written
    step: str = ""  #: its name among the events that one record tells; empty: a record of this kind tells one event
    under: str = ""  #: the object in the body where its fields stand
    party: str = ""  #: the field of the body that says whose event it is

    def told(self, body: Mapping[str, Any]) -> bool:
        """Does *body* tell this event? Raise `Unfit` if what decides it is unfit."""
        if not self.under:
            return not self.when or self.when.met(body)
        part = body.get(self.under)
        if part is None or part == "":
            return False
        if type(part) is not dict:
            error = Unfit("须为对象", "must be an object", "请按样例以对象填写该环节")
            error.path.append(self.under)
            raise error
        # a system that makes the form of every step beforehand sends it empty: nothing has happened yet
        if all(value is None or value == "" for value in part.values()):
            return False
        return not self.when or self.when.met(body)

    def say(self, body: dict[str, Any], party: str) -> None:
        """Make *body* tell this event, of *party*."""
        if self.when:
            self.when.say(body)
        if self.party and party:
            *outer, name = self.party.split(".")
            place = body
            for each in outer:
                place = place.setdefault(each, {})
            place[name] = party

    def speaker(self, body: Mapping[str, Any]) -> str:
        """The party that *body* names. Raise `Unfit`."""
        value: Any = body
        for name in self.party.split("."):
            value = value.get(name) if type(value) is dict else None
        if value is None:
            return ""
        if type(value) is not str:
            error = Unfit("须为文本", "must be a text")
            error.path.append(self.party)
            error.line = self.line
            raise error
        return value.strip()


def which(candidates: Sequence[Message], body: Mapping[str, Any]) -> tuple[Message, ...]:
    """The messages that *body* is: one, or every step it tells. Raise `Unfit` with its place."""
    found: list[Message] = []
    for message in candidates:
        try:
            if message.told(body):
                found.append(message)
                if not message.step:
                    break
        except Unfit as error:
            if not error.path:
                error.path.append(message.when.paths[0])
            error.line = error.line or message.line
            raise
    if len(candidates) > len(found):
        _nothing_left_out(candidates, found, body)
    return tuple(found)


def _nothing_left_out(candidates: Sequence[Message], found: Sequence[Message], body: Mapping[str, Any]) -> None:
    """A step with a word that no message knows has happened: to read the others and be silent about it would be a loss."""
    told = {message.under for message in found}
    for message in candidates:
        if not message.step or not message.under or message.under in told:
            continue
        part = body.get(message.under) or {}
        for name, _ in message.when.wanted:
            value = part.get(name)
            if value is not None and value != "":
                error = Unfit(
                    "不是已知的值", "no step with this value", "请核对该环节的取值;确需新增时在映射中补一条报文"
                )
                error.path.extend((name, message.under))
                error.value, error.line = value, message.line
                raise error


def joined(messages: Iterable[Message]) -> list[Message]:
    """*messages* where each step knows the names of the other steps of its record: they are somebody's."""
    given = list(messages)
    for message in given:
        for other in given:
            if message.step and other.step and other is not message and other.kind == message.kind:
                message.names.widen(other.names)
    return [replace(each, unknown=each.names.finder()) if each.step else each for each in given]


def step_faults(messages: Sequence[Message], number: str) -> list[str]:
    """What is wrong with the steps among *messages*; *number* is the field that their ids are made of."""
    faults = []
    by_kind: dict[str, list[Message]] = {}
    for message in messages:
        by_kind.setdefault(message.kind, []).append(message)
    for kind, several in by_kind.items():
        steps = [message.step for message in several if message.step]
        if not steps:
            continue
        line = several[0].line
        if not number:
            faults.append(f"line {line}: {kind} has steps: frame needs steps, the field that their ids are made of")
        if len(steps) != len(several) or len(set(steps)) != len(steps):
            faults.append(f"line {line}: {kind}: every event of a record with steps has a step of its own name")
        faults.extend(
            f"line {message.line}: {message.event}: a step needs under or when, or every record would tell it"
            for message in several
            if not message.under and not message.when
        )
    return faults
