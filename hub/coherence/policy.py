"""Switches whose values point at something: courts, zones, kinds of complaint.

The one rule: a value must fit what the rules will look it up for.
"""

from __future__ import annotations

from collections.abc import Iterator

from hub.canonical.catalogue import Catalogue
from hub.canonical.party import Kind
from hub.coherence.subject import Subject
from hub.reference import Finding
from hub.reference.parties import ZONE

FILE = "policy.yaml"


def check(subject: Subject) -> Iterator[Finding]:
    """Switches that point nowhere."""
    yield from _courts(subject)
    yield from _zones(subject)
    yield from _kinds(subject)


def _courts(subject: Subject) -> Iterator[Finding]:
    values, directory = subject.tables.values, subject.reference.directory
    courts = [("courtOfCity", values["courtOfCity"])]
    courts += [(f"centralCourt.{principal}", court) for principal, court in values["centralCourt"].items()]
    for place, code in courts:
        if code in directory and directory.kind(code) is not Kind.COURT:
            yield Finding("NOT_A_COURT", FILE, place, f"{code} 不是法院:请更正", f"{code} is not a court: correct it")


def _zones(subject: Subject) -> Iterator[Finding]:
    scopes = subject.tables.parties.scopes
    mapped = subject.tables.values["zoneDivision"]
    for zone, division in mapped.items():
        if zone not in scopes or scopes[zone].level != ZONE or division not in scopes or not scopes[division].division:
            yield Finding(
                "UNKNOWN_SCOPE",
                FILE,
                f"zoneDivision.{zone}",
                f"{zone} 须为开发区,{division} 须为区县:请更正",
                f"{zone} must be a zone and {division} a division: correct it",
            )
    for zone in (code for code, scope in scopes.items() if scope.level == ZONE and code not in mapped):
        yield Finding(
            "UNKNOWN_SCOPE",
            FILE,
            "zoneDivision",
            f"开发区 {zone} 没有对应的区:其法院与公安无法确定,请补上",
            f"zone {zone} has no division, so no court and no police: add it",
        )


def _kinds(subject: Subject) -> Iterator[Finding]:
    kind = next(field for field in Catalogue.load()["complaint.ticket.received"].fields if field.name == "kind")
    given = subject.tables.values["c03"]
    for name in (*kind.enum, *given):
        if (name in kind.enum) != (name in given):
            yield Finding(
                "UNKNOWN_KIND",
                FILE,
                f"c03.{name}",
                "工单类别与契约不一致:每个类别恰有一个天数,请补上或删去",
                "the kinds of complaint are those of the contract, each with its days: add or remove it",
            )
