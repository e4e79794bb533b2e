"""Validity: every entry rests on a law in force, versions follow on each other day by day, nobody outlives whom he works for.

The one rule: a gap is as wrong as an overlap; of two versions that hold on one day nobody knows which is meant.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from fnmatch import fnmatchcase
from itertools import pairwise

from hub.coherence.codes import named_parties
from hub.coherence.subject import Subject
from hub.reference import Finding
from hub.reference.competence import Competent
from hub.reference.entry import Entry
from hub.reference.laws import Law
from hub.reference.walk import Placed, all_entries

ONE_DAY = timedelta(days=1)


def check(subject: Subject) -> Iterator[Finding]:
    """Everything about days and laws."""
    for placed in all_entries(subject.tables):
        yield from _law_of(subject, placed)
    for clock, versions in subject.tables.clocks.items():
        yield from succession("clocks.yaml", clock, versions)
    yield from _competence(subject)
    yield from _successors(subject)
    yield from _outlived(subject)


def _law_of(subject: Subject, placed: Placed) -> Iterator[Finding]:
    entry, laws = placed.entry, subject.tables.laws
    if entry.until is not None and entry.until < entry.since:
        yield Finding(
            "ENDS_BEFORE_IT_BEGINS",
            placed.file,
            placed.place,
            f"to {entry.until} 早于 from {entry.since}:请更正",
            f"ends {entry.until}, before it begins {entry.since}: correct the days",
        )
    for part, words in laws.cited(entry.basis):
        if not words:
            yield Finding(
                "UNKNOWN_LAW",
                placed.file,
                placed.place,
                f"依据 {part} 不在 laws.yaml 中:请补录,或注明 [choice]",
                f"the basis {part} is not in laws.yaml: add it, or say [choice]",
            )
        for word in words:
            yield from _in_force(placed, word, laws.known()[word])


def _in_force(placed: Placed, word: str, law: Law) -> Iterator[Finding]:
    entry = placed.entry
    if entry.since < law.since:
        yield Finding(
            "BEFORE_ITS_LAW",
            placed.file,
            placed.place,
            f"自 {entry.since} 起,但 {word} 自 {law.since} 起施行:请更正日期或另引当时的依据",
            f"holds from {entry.since}, but {word} is in force from {law.since}: correct the day or cite the law of that time",
        )
    if law.until is not None and (entry.until is None or entry.until > law.until):
        yield Finding(
            "AFTER_ITS_LAW",
            placed.file,
            placed.place,
            f"{word} 于 {law.until} 失效,该条目仍有效:请终止此条目或改引新依据",
            f"{word} ended on {law.until}: end this entry or cite what replaced it",
        )


def succession(file: str, place: str, versions: Sequence[Entry]) -> Iterator[Finding]:
    """Gaps and overlaps between the *versions* of one entry, and an end without a successor."""
    ordered = sorted(versions, key=lambda version: version.since)
    for earlier, later in pairwise(ordered):
        if earlier.until is None or earlier.until >= later.since:
            yield Finding(
                "VALIDITY_OVERLAP",
                file,
                place,
                f"{later.since} 起有两个版本同时有效:请将前一版本的 to 改为 {later.since - ONE_DAY}",
                f"two versions hold from {later.since}: end the earlier one on {later.since - ONE_DAY}",
            )
        elif earlier.until + ONE_DAY < later.since:
            yield Finding(
                "VALIDITY_GAP",
                file,
                place,
                f"{earlier.until} 与 {later.since} 之间没有版本:请使日期相接",
                f"nothing holds between {earlier.until} and {later.since}: let the days meet",
            )
    last = ordered[-1].until
    if last is not None:
        yield Finding(
            "VALIDITY_GAP",
            file,
            place,
            f"{last} 之后没有版本:请补录新版本,或删去 to",
            f"nothing holds after {last}: add the next version, or remove its end",
        )


def _competence(subject: Subject) -> Iterator[Finding]:
    rows = subject.tables.competence.root
    versions: dict[tuple[str, str, tuple[str, ...]], list[Competent]] = {}
    for row in rows:
        versions.setdefault((row.catalogue, row.code, tuple(sorted(row.tiers))), []).append(row)
    for (_, code, _), same in versions.items():
        yield from succession("competence.yaml", code, same)
    for number, row in enumerate(rows):
        for other in rows[number + 1 :]:
            if _both_claim(row, other):
                yield Finding(
                    "VALIDITY_OVERLAP",
                    "competence.yaml",
                    other.code,
                    f"{row.code}({row.sector})与 {other.code}({other.sector})涵盖相同事项:请收窄其一",
                    f"{row.code} ({row.sector}) and {other.code} ({other.sector}) cover the same items: narrow one",
                )


def _both_claim(row: Competent, other: Competent) -> bool:
    return (
        row.catalogue == other.catalogue
        and row.code != other.code  # versions of one row are judged by their days
        and bool(set(row.tiers) & set(other.tiers))
        and (fnmatchcase(row.code, other.code) or fnmatchcase(other.code, row.code))
        and (row.until is None or other.since <= row.until)
        and (other.until is None or row.since <= other.until)
    )


def _successors(subject: Subject) -> Iterator[Finding]:
    bodies, directory = subject.tables.parties.bodies, subject.reference.directory
    for code, body in bodies.items():
        if not body.supersedes:
            continue
        former = directory.get(body.supersedes)
        if former is None:
            zh, en = "不在名录中:请保留原条目并填写 to", "is not in the directory: keep its entry and give it an end"
        elif former.until != (body.since - ONE_DAY).isoformat():
            day = body.since - ONE_DAY
            zh, en = f"的 to 应为 {day},使职责不间断:请更正", f"must end on {day}, so that its work goes on: correct it"
        else:
            continue
        yield Finding(
            "VALIDITY_GAP",
            "parties.yaml",
            f"bodies.{code}.supersedes",
            f"被承接的 {body.supersedes} {zh}",
            f"{body.supersedes} {en}",
        )


def _outlived(subject: Subject) -> Iterator[Finding]:
    directory = subject.reference.directory
    for file, place, code, entry in named_parties(subject):
        party = directory.get(code)
        if party is None or not party.until or entry is None:
            continue
        if entry.until is None or entry.until.isoformat() > party.until:
            yield Finding(
                "OUTLIVES_PARTY",
                file,
                place,
                f"{code} 于 {party.until} 撤销,该条目仍有效:请改为承接的机构",
                f"{code} ends on {party.until} and this entry goes on: name the body that takes over",
            )
