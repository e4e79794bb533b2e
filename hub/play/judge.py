"""Is what happened what was expected.

The one rule: the judge sees plain values only and does not know whether rules or topics gave them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hub.play.match import assign, matches
from hub.play.outcome import Emitted, Outcome
from hub.play.scenario import ABSENT, Pattern, Scenario


@dataclass(frozen=True, slots=True)
class Failure:
    """One expectation that does not hold. *place* is its path in the file."""

    place: str
    what: str
    near: tuple[str, ...] = ()  #: what came nearest, and how it differs

    def __str__(self) -> str:
        return "\n".join((f"{self.place}: {self.what}", *(f"    {line}" for line in self.near)))


def judge(scenario: Scenario, outcome: Outcome) -> list[Failure]:
    """Every expectation of *scenario* that *outcome* does not meet, in the order of the file."""
    return [
        *_expected(scenario.expect, outcome.emitted),
        *_unwanted(scenario.never, outcome.emitted),
        *_clocks(scenario.clocks, outcome.clocks),
        *_refused(scenario, outcome),
    ]


def _expected(patterns: Sequence[Pattern], emitted: Sequence[Emitted]) -> list[Failure]:
    wanted = [(pattern, party) for pattern in patterns for party in pattern.to or ("",)]
    candidates = [
        [
            n
            for n, record in enumerate(emitted)
            if record.to == party and record.event == pattern.event and _fits(pattern, record)
        ]
        for pattern, party in wanted
    ]
    return [
        Failure(
            pattern.place,
            f"not seen: {_described(pattern, party)}",
            _near(pattern, party, emitted, taken=bool(candidates[n])),
        )
        for n, ((pattern, party), found) in enumerate(zip(wanted, assign(candidates), strict=True))
        if found is None
    ]


def _unwanted(patterns: Sequence[Pattern], emitted: Sequence[Emitted]) -> list[Failure]:
    return [
        Failure(
            pattern.place,
            f"must not happen: {record.event}" + (f" → {record.to}" if record.to else ""),
            (_json(record.data),),
        )
        for pattern in patterns
        for record in emitted
        if pattern.event in ("*", record.event)
        and (not pattern.to or record.to in pattern.to)
        and _fits(pattern, record)
    ]


def _fits(pattern: Pattern, record: Emitted) -> bool:
    if pattern.data is None:
        return True
    if isinstance(pattern.data, str):
        return pattern.data in _json(record.data)
    return matches(pattern.data, record.data, ordered=pattern.ordered)


def _clocks(patterns: Sequence[Mapping[str, Any]], rows: Sequence[Mapping[str, Any]]) -> list[Failure]:
    candidates = [[n for n, row in enumerate(rows) if matches(pattern, row)] for pattern in patterns]
    failures = []
    for n, found in enumerate(assign(candidates)):
        if found is None:
            pattern = patterns[n]
            same = [row for row in rows if row["clock"] == pattern["clock"]]
            near = (
                _differences(pattern, same) if not candidates[n] else ("another pattern takes the only row that fits",)
            )
            failures.append(Failure(f"clocks[{n}]", f"no such row: {_json(pattern)}", near))
    return failures


def _refused(scenario: Scenario, outcome: Outcome) -> list[Failure]:
    refusals = [{"id": turned.id, "code": turned.code} for turned in outcome.refused]
    candidates = [
        [n for n, refusal in enumerate(refusals) if matches(pattern, refusal)] for pattern in scenario.refused
    ]
    taken = assign(candidates)
    missing = [
        Failure(f"refused[{n}]", f"not refused: {_json(pattern)}", _differences(pattern, refusals))
        for n, (pattern, found) in enumerate(zip(scenario.refused, taken, strict=True))
        if found is None
    ]
    more = [
        Failure("refused", f"unexpected refusal: {turned.code} of {turned.id}", (turned.detail,))
        for n, turned in enumerate(outcome.refused)
        if n not in taken
    ]
    return missing + more


def _near(pattern: Pattern, party: str, emitted: Sequence[Emitted], *, taken: bool) -> tuple[str, ...]:
    if taken:
        return ("seen, but fewer times than expected",)
    same = [record for record in emitted if record.event == pattern.event]
    if not same:
        return (f"no {pattern.event} at all",)
    there = [record.data for record in same if record.to == party]
    if not there:
        parties = sorted({record.to for record in same if record.to})
        return (f"delivered to {' '.join(parties)}" if parties else "decided, but delivered to nobody",)
    return _differences(pattern.data, there, ordered=pattern.ordered) if isinstance(pattern.data, Mapping) else ()


def _differences(
    pattern: Mapping[str, Any], values: Sequence[Mapping[str, Any]], *, ordered: bool = False
) -> tuple[str, ...]:
    """How the nearest of *values* differs from *pattern*."""

    def wrong(value: Mapping[str, Any]) -> list[str]:
        return [name for name, part in pattern.items() if not matches({name: part}, value, ordered=ordered)]

    nearest = min(values, key=lambda value: len(wrong(value)), default=None)
    if nearest is None:
        return ()
    lines = []
    for name in wrong(nearest):
        expected = "nothing" if pattern[name] == ABSENT else _json(pattern[name])
        lines.append(
            f"{name}: expected {expected}, nearest has {_json(nearest[name]) if name in nearest else 'nothing'}"
        )
    return tuple(lines)


def _described(pattern: Pattern, party: str) -> str:
    text = f"{pattern.event} → {party}" if party else pattern.event
    return f"{text} {_json(pattern.data)}" if pattern.data is not None else text


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
