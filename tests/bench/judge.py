"""Whether a run did the work: every output held against the reference, byte for byte.

The one rule: a run with a single fault has no figure. What is judged is what a reader of committed records sees.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, NamedTuple

from tests.bench.work.plans import Sent
from tests.bench.work.reference import Accepted, Reference, Refused

_EXAMPLES: Final = 3


class Read(NamedTuple):
    """A record as a consumer got it."""

    partition: int
    stamp: int  #: milliseconds, set by the broker when it was appended
    key: bytes | None
    value: bytes | None
    headers: list[tuple[str, bytes | None]]


@dataclass(frozen=True, slots=True)
class Due:
    """An output that must come, and the place of its input."""

    accepted: Accepted
    partition: int
    position: int  #: of the input record in its partition
    turn: int  #: among the outputs of its key


@dataclass(frozen=True, slots=True)
class Expected:
    """All that must come of the input."""

    outputs: Mapping[bytes, Due]  #: by `ce_id`
    refused: Counter[tuple[bytes, bytes]]  #: key and value
    positions: int  #: records of the input

    @property
    def records(self) -> int:
        """Records of both topics."""
        return len(self.outputs) + self.refused.total()


def expect(sent: Iterable[Sent], appended: datetime, partition_of: Mapping[bytes, int]) -> Expected:
    """What must come of *sent*, in the order of generation."""
    reference = Reference(appended)
    outputs: dict[bytes, Due] = {}
    refused: Counter[tuple[bytes, bytes]] = Counter()
    positions: Counter[int] = Counter()
    turns: Counter[bytes] = Counter()
    for each in sent:
        partition = partition_of[each.key]
        outcome = reference.next(each.value)
        if isinstance(outcome, Accepted):
            due = Due(outcome, partition, positions[partition], turns[each.key])
            outputs[outcome.id.encode()] = due
            turns[each.key] += 1
        elif isinstance(outcome, Refused):
            refused[each.key, each.value] += 1
        positions[partition] += 1
    return Expected(outputs, refused, positions.total())


@dataclass(slots=True)
class Verdict:
    """Faults by kind, with the first few of each."""

    counts: Counter[str] = field(default_factory=Counter)
    examples: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))

    @property
    def right(self) -> bool:
        return not self.counts

    def fault(self, kind: str, about: object) -> None:
        self.counts[kind] += 1
        if len(self.examples[kind]) < _EXAMPLES:
            self.examples[kind].append(str(about))

    def but(self, allowed: Collection[str]) -> Verdict:
        """Without the kinds of faults that are *allowed*."""
        return Verdict(Counter({kind: self.counts[kind] for kind in self.counts if kind not in allowed}), self.examples)

    def __str__(self) -> str:
        return "; ".join(f"{count} {kind} ({', '.join(self.examples[kind])})" for kind, count in self.counts.items())


def judge(expected: Expected, outputs: Iterable[Read], refused: Iterable[Read]) -> Verdict:
    """Hold what was read against what was *expected*."""
    verdict = Verdict()
    _judge_outputs(verdict, expected.outputs, outputs)
    _judge_refused(verdict, expected.refused, refused)
    return verdict


def _judge_outputs(verdict: Verdict, expected: Mapping[bytes, Due], outputs: Iterable[Read]) -> None:
    seen: set[bytes] = set()
    turns: dict[bytes, int] = {}
    homes: dict[bytes, int] = {}
    for read in outputs:
        headers = dict(read.headers)
        name = headers.get("ce_id") or b""
        due = expected.get(name)
        if due is None:
            verdict.fault("let through", name.decode(errors="replace") or read.value)
            continue
        if name in seen:
            verdict.fault("doubled", due.accepted.id)
            continue
        seen.add(name)
        _judge_one(verdict, due.accepted, read, headers)
        key = due.accepted.key
        if due.turn < turns.get(key, -1):
            verdict.fault("out of order", due.accepted.id)
        turns[key] = due.turn
        if homes.setdefault(key, read.partition) != read.partition:
            verdict.fault("key in two partitions", key.decode())
    for name in expected.keys() - seen:
        verdict.fault("missing", name.decode())


def _judge_one(verdict: Verdict, due: Accepted, read: Read, headers: Mapping[str, bytes | None]) -> None:
    if read.key != due.key:
        verdict.fault("wrong key", due.id)
    if read.value != due.value:
        verdict.fault("wrong bytes", due.id)
    asked = dict(due.headers)
    if headers.get("overlaps") != asked.get("overlaps"):
        verdict.fault("wrong overlaps", due.id)
    for header, text in asked.items():
        if header != "overlaps" and headers.get(header) != text:
            verdict.fault("wrong header", f"{due.id} {header}")


def _judge_refused(verdict: Verdict, expected: Counter[tuple[bytes, bytes]], refused: Iterable[Read]) -> None:
    came: Counter[tuple[bytes, bytes]] = Counter()
    for read in refused:
        came[read.key or b"", read.value or b""] += 1
        if not dict(read.headers).get("reason"):
            verdict.fault("refused without a reason", read.key)
    for each in (expected - came).elements():
        verdict.fault("refused missing", each[0].decode())
    for each in (came - expected).elements():
        verdict.fault("refused wrongly", each[0].decode())
