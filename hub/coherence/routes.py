"""Clocks and those who hear of them: every warning and every miss must reach somebody, every length must be known.

The one rule: a period nobody is told of is as good as none.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from hub.canonical.catalogue import Catalogue
from hub.coherence import named
from hub.coherence.subject import Subject
from hub.reference import Finding
from hub.reference.clocks import ONCE, ClockEntry

FILE: Final = "clocks.yaml"

#: Events of a clock and the role that must hear each of them.
TOLD: Final[Mapping[str, str]] = {
    "clock.warned": "obligor",
    "clock.missed": "missList",
    "clock.miss.withdrawn": "missList",
    "clock.met": "obligee",
}
#: Letters of a miss list.
LETTERS: Final = "oesjp"
#: Clocks whose length a switch or the event gives: their span is 0.
GIVEN: Final = ("R01", "A01", "I01", "C03", "C03r")
#: Obligors and obligees without an inbox: the party 当事人, a court not yet known.
WORDS: Final = frozenset(("PARTY", "COURT"))
#: Roles of complaints and visits, whose rules name the parties themselves.
OTHER_ROLES: Final = frozenset(("justice", "agency", "ownerSector", "source"))


def check(subject: Subject) -> Iterator[Finding]:
    """Clocks without a route or a length."""
    yield from _told(subject)
    extended = _extended()
    for clock, versions in subject.tables.clocks.items():
        for number, version in enumerate(versions):
            place = clock if len(versions) == 1 else f"{clock}.{number}"
            yield from _roles(place, version)
            yield from _miss(place, version)
            yield from _length(clock, place, version, extended.get(clock, frozenset()))


def _told(subject: Subject) -> Iterator[Finding]:
    for event, role in TOLD.items():
        rule = subject.reference.events.get(event)
        if rule is not None and role not in (word for word, _ in rule.to):
            yield Finding(
                "NO_ROUTE",
                "events.yaml",
                f"{event}.to",
                f"期限的提醒或逾期无人收到:请写上 {role}:OPEN",
                f"what becomes of a clock reaches nobody: add {role}:OPEN",
            )


def _roles(place: str, version: ClockEntry) -> Iterator[Finding]:
    for column, role in (("owes", version.owes), ("owed", version.owed)):
        if role not in named.words() | OTHER_ROLES | WORDS:
            yield Finding(
                "UNKNOWN_ROLE",
                FILE,
                f"{place}.{column}",
                f"没有规则认识 {role}:请更正拼写",
                f"no rule knows {role}: correct the spelling",
            )


def _miss(place: str, version: ClockEntry) -> Iterator[Finding]:
    unknown = [letter for letter in version.miss if letter not in LETTERS]
    if unknown:
        yield Finding(
            "UNKNOWN_ROLE",
            FILE,
            f"{place}.miss",
            f"不认识 {''.join(unknown)}:只用 o e s j p",
            f"{''.join(unknown)} means nobody: use o e s j p",
        )
    reached = [
        letter
        for letter in version.miss
        if letter in "jp"
        or (letter in "os" and version.owes not in WORDS)
        or (letter == "e" and version.owed not in WORDS)
    ]
    if version.kind in ("duty", "cond") and not reached:
        yield Finding(
            "NO_ROUTE",
            FILE,
            f"{place}.miss",
            "逾期无人收到通知:请在 miss 中写明告知谁",
            "nobody hears of its miss: say in miss who is told",
        )
    if version.kind not in ("duty", "cond") and version.miss:
        yield Finding(
            "NO_ROUTE",
            FILE,
            f"{place}.miss",
            "权利或等待期不会逾期,miss 不起作用:请清空或改 kind",
            "a right or a wait is never missed, so this tells nobody: empty miss or change kind",
        )


def _length(clock: str, place: str, version: ClockEntry, extensions: frozenset[str]) -> Iterator[Finding]:
    if version.span == 0 and version.unit != "X" and clock not in GIVEN:
        yield Finding(
            "NO_SPAN",
            FILE,
            f"{place}.span",
            "长度为 0,又没有开关给出:请填写单位数",
            "is 0 and no switch gives it: write how many units",
        )
    for stage in sorted(extensions - set(version.extensions)):
        yield Finding(
            "NO_SPAN",
            FILE,
            f"{place}.extensions",
            f"缺少延长 {stage} 的单位数:请补上",
            f"the length after the extension {stage} is missing: add it",
        )
    for stage, span in version.extensions.items():
        if stage not in extensions:
            yield Finding(
                "UNKNOWN_ROLE",
                FILE,
                f"{place}.extensions.{stage}",
                "没有规则使用该延长:请更正或删去",
                "no rule uses this extension: correct or remove it",
            )
        elif span <= version.span:
            yield Finding(
                "CONTRADICTION",
                FILE,
                f"{place}.extensions.{stage}",
                f"延长后 {span} 不长于原 {version.span}:请更正",
                f"{span} after extension is no longer than {version.span}: correct it",
            )


def _extended() -> Mapping[str, frozenset[str]]:
    """Clocks that rules extend, and by what decisions."""
    stage = next(field for field in Catalogue.load()["matter.filing.extended"].fields if field.name == "stage")
    once = frozenset((ONCE,))
    return {"F08b": frozenset(stage.enum), "P13": once, "P14": once, "C01c": once, "C02c": once}
