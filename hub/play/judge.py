"""Is what happened what was expected.

The one rule: the judge sees plain values only and does not know whether rules or topics gave them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from hub.play.match import assign, matches
from hub.play.near import Apart, nearest, written
from hub.play.outcome import Emitted, Outcome
from hub.play.scenario import Pattern, Scenario
from hub.play.subject import subject


class Kind(Enum):
    """In what way an expectation fails."""

    MISSING = "−"  #: expected, did not come
    UNEXPECTED = "+"  #: came, was not to
    DIFFERENT = "≠"  #: came, but not as expected


@dataclass(frozen=True, slots=True)
class Failure:
    """One expectation that does not hold. *place* is its path in the file."""

    place: str
    what: str
    notes: tuple[str, ...] = ()  #: what there was instead
    apart: tuple[Apart, ...] = ()  #: how what came nearest differs
    kind: Kind = Kind.MISSING
    short: str = ""  #: of what it is, for a reader who sees *apart* beside it

    @property
    def near(self) -> tuple[str, ...]:
        """What came nearest, and how it differs, in lines."""
        return (*self.notes, *map(str, self.apart))

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
        _missing(
            pattern.place,
            f"not seen: {_described(pattern, party)}",
            *_near(pattern, party, emitted, taken=bool(candidates[n])),
            short=_short(pattern, party),
        )
        for n, ((pattern, party), found) in enumerate(zip(wanted, assign(candidates), strict=True))
        if found is None
    ]


def _unwanted(patterns: Sequence[Pattern], emitted: Sequence[Emitted]) -> list[Failure]:
    return [
        Failure(
            pattern.place,
            f"must not happen: {record.event}" + (f" → {record.to}" if record.to else ""),
            (written(record.data),),
            kind=Kind.UNEXPECTED,
            short=" ".join(filter(None, (record.event, record.to and f"→ {record.to}", subject(record.data)))),
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
        return pattern.data in written(record.data)
    return matches(pattern.data, record.data, ordered=pattern.ordered)


def _clocks(patterns: Sequence[Mapping[str, Any]], rows: Sequence[Mapping[str, Any]]) -> list[Failure]:
    candidates = [[n for n, row in enumerate(rows) if matches(pattern, row)] for pattern in patterns]
    failures = []
    for n, found in enumerate(assign(candidates)):
        if found is None:
            pattern = patterns[n]
            what = f"no such row: {written(pattern)}"
            if candidates[n]:
                failures.append(
                    _missing(
                        f"clocks[{n}]", what, ("another pattern takes the only row that fits",), short=pattern["clock"]
                    )
                )
                continue
            same = [row for row in rows if row["clock"] == pattern["clock"]]
            notes = () if same else (f"no clock {pattern['clock']} at all",)
            short = " ".join(filter(None, (pattern["clock"], str(pattern.get("entity") or pattern.get("key") or ""))))
            failures.append(_missing(f"clocks[{n}]", what, notes, nearest(pattern, same), short=short))
    return failures


def _refused(scenario: Scenario, outcome: Outcome) -> list[Failure]:
    refusals = [{"id": turned.id, "code": turned.code} for turned in outcome.refused]
    candidates = [
        [n for n, refusal in enumerate(refusals) if matches(pattern, refusal)] for pattern in scenario.refused
    ]
    taken = assign(candidates)
    missing = [
        _missing(
            f"refused[{n}]",
            f"not refused: {written(pattern)}",
            (),
            nearest(pattern, refusals),
            short=f"{pattern['code']} {pattern.get('id', '')}".rstrip(),
        )
        for n, (pattern, found) in enumerate(zip(scenario.refused, taken, strict=True))
        if found is None
    ]
    more = [
        Failure(
            "refused",
            f"unexpected refusal: {turned.code} of {turned.id}",
            (turned.detail,) if turned.detail else (),
            kind=Kind.UNEXPECTED,
            short=f"{turned.code} {turned.id}",
        )
        for n, turned in enumerate(outcome.refused)
        if n not in taken
    ]
    return missing + more


def _missing(
    place: str, what: str, notes: tuple[str, ...] = (), found: tuple[Apart, ...] = (), *, short: str
) -> Failure:
    return Failure(place, what, notes, found, Kind.DIFFERENT if found else Kind.MISSING, short)


def _short(pattern: Pattern, party: str) -> str:
    about = subject(pattern.data) if isinstance(pattern.data, Mapping) else ""
    return " ".join(filter(None, (pattern.event, party and f"→ {party}", about)))


def _near(
    pattern: Pattern, party: str, emitted: Sequence[Emitted], *, taken: bool
) -> tuple[tuple[str, ...], tuple[Apart, ...]]:
    if taken:
        return ("seen, but fewer times than expected",), ()
    same = [record for record in emitted if record.event == pattern.event]
    if not same:
        return (f"no {pattern.event} at all",), ()
    there = [record.data for record in same if record.to == party]
    if not there:
        parties = sorted({record.to for record in same if record.to})
        return (f"delivered to {' '.join(parties)}" if parties else "decided, but delivered to nobody",), ()
    return (), nearest(pattern.data, there, ordered=pattern.ordered) if isinstance(pattern.data, Mapping) else ()


def _described(pattern: Pattern, party: str) -> str:
    text = f"{pattern.event} → {party}" if party else pattern.event
    return f"{text} {written(pattern.data)}" if pattern.data is not None else text
