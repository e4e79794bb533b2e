"""Dangling codes: a party, clock, sector or scope that one table or a rule names and the table it belongs to lacks.

The one rule: a code is looked up where it is defined; the finding stands where it is named.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from hub.canonical.party import Kind
from hub.coherence import named
from hub.coherence.subject import Subject
from hub.reference import Finding
from hub.reference.entry import Entry
from hub.reference.parties import ZONE

CODE: Final = re.compile(r"[A-Z0-9]{2,4}(-[A-Z0-9]{2,12}){1,2}")


def check(subject: Subject) -> Iterator[Finding]:
    """All dangling codes."""
    yield from _parties(subject)
    yield from _clocks(subject)
    yield from _sectors(subject)
    yield from _bodies(subject)


def named_parties(subject: Subject) -> Iterator[tuple[str, str, str, Entry | None]]:
    """(file, place, code, entry) wherever a table names a party."""
    tables = subject.tables
    for word, role in tables.parties.roles.items():
        yield "parties.yaml", f"roles.{word}", role.party, role
    for principal, entrusted in tables.entrustment.entrusted.items():
        yield "entrustment.yaml", f"entrusted.{principal}", principal, entrusted
        yield "entrustment.yaml", f"entrusted.{principal}.unit", entrusted.unit, entrusted
    for principal in tables.entrustment.must.principals:
        yield "entrustment.yaml", "must.principals", principal, None
    for mark, leading in tables.leads.subjects.items():
        yield "leads.yaml", f"subjects.{mark}", leading.lead, leading
    for industry, leading in tables.leads.industries.items():
        yield "leads.yaml", f"industries.{industry}", leading.lead, leading
    switches = tables.policy
    for industry, code in switches["industryLead"].value.items():
        yield "policy.yaml", f"industryLead.{industry}", code, switches["industryLead"]
    for agency in switches["capsByAgency"].value:
        yield "policy.yaml", f"capsByAgency.{agency}", agency, switches["capsByAgency"]
    for principal, court in switches["centralCourt"].value.items():
        yield "policy.yaml", f"centralCourt.{principal}", principal, switches["centralCourt"]
        yield "policy.yaml", f"centralCourt.{principal}", court, switches["centralCourt"]
    yield "policy.yaml", "courtOfCity", switches["courtOfCity"].value, switches["courtOfCity"]


def _parties(subject: Subject) -> Iterator[Finding]:
    directory = subject.reference.directory
    for file, place, code, _ in named_parties(subject):
        if code not in directory:
            yield Finding(
                "UNKNOWN_PARTY",
                file,
                place,
                f"机构 {code} 不在 parties.yaml 中:请补录该机构或更正代码",
                f"{code} is not in parties.yaml: add the party or correct the code",
            )
    for code in sorted(named.parties()):
        if code not in directory:
            yield Finding(
                "UNKNOWN_PARTY",
                "parties.yaml",
                code,
                "规则按代码使用该机构,名录中却没有:请恢复此条目",
                "the rules name this party by code: put the entry back",
            )


def _clocks(subject: Subject) -> Iterator[Finding]:
    known = subject.tables.clocks
    for clock in sorted(named.clocks() - set(known)):
        yield Finding(
            "UNKNOWN_CLOCK",
            "clocks.yaml",
            clock,
            "规则使用该期限,表中却没有:请恢复此条目",
            "the rules use this clock: put the entry back",
        )
    for clock in sorted(set(known) - named.clocks()):
        yield Finding(
            "CLOCK_NOT_STARTED",
            "clocks.yaml",
            clock,
            "没有规则起算该期限:请更正代码或删去",
            "no rule starts this clock: correct its name or remove it",
        )
    for clock in subject.tables.policy["clockUnit"].value:
        if clock not in known or any(version.unit != "C*" for version in known[clock]):
            yield Finding(
                "UNKNOWN_CLOCK",
                "policy.yaml",
                f"clockUnit.{clock}",
                "不是有两种读法(C*)的期限:请更正或删去",
                "is no clock with two readings (C*): correct or remove it",
            )


def _sectors(subject: Subject) -> Iterator[Finding]:
    tables = subject.tables
    named_here = [("competence.yaml", row.code, row.sector) for row in tables.competence.root]
    named_here += [
        ("charges.yaml", f"charges.{article}.sectors", sector)
        for article, charge in tables.charges.charges.items()
        for sector in charge.sectors
    ]
    for file, place, sector in named_here:
        if sector not in tables.parties.bureaus:
            yield Finding(
                "UNKNOWN_SECTOR",
                file,
                place,
                f"没有部门 {sector}:请在 parties.yaml 的 bureaus 补录或更正",
                f"there is no bureau {sector}: add it to bureaus in parties.yaml or correct it",
            )
    for number, crimes in enumerate(tables.charges.duty_crimes):
        for org in crimes.to_bodies:
            if org not in (Kind.JW, Kind.JCY):
                yield Finding(
                    "UNKNOWN_SECTOR",
                    "charges.yaml",
                    f"dutyCrimes.{number}.toBodies",
                    f"{org} 不是监察机关 JW 或检察院 JCY:请更正",
                    f"{org} is neither supervision organ JW nor procuratorate JCY: correct it",
                )


def _bodies(subject: Subject) -> Iterator[Finding]:
    parties = subject.tables.parties
    for code in subject.reference.directory.codes():
        if not CODE.fullmatch(code):
            yield Finding(
                "MALFORMED",
                "parties.yaml",
                code,
                "机构代码格式应为 范围-机构[-单位] 的大写字母与数字:请更正",
                "a code is SCOPE-ORG[-UNIT] in capitals and digits: correct it",
            )
    for code in parties.bodies:
        if code.partition("-")[0] not in parties.scopes:
            yield Finding(
                "UNKNOWN_SCOPE",
                "parties.yaml",
                f"bodies.{code}",
                "代码的范围不在 scopes 中:请补录或更正",
                "the scope of this code is not in scopes: add it or correct the code",
            )
    for code, scope in parties.scopes.items():
        if (scope.level == ZONE) != (scope.division is None):
            yield Finding(
                "MALFORMED",
                "parties.yaml",
                f"scopes.{code}",
                "市、区县须有行政区划代码,开发区没有:请更正",
                "the city and its divisions have a division code, zones have none: correct it",
            )
