"""Parties as tenants and as organs: each has its topics, and each organ that must have a unit of the brigade has one.

The one rule: a party in the directory can be told something; one without a topic would be told into the void.
"""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase

import yaml
from pydantic import ValidationError

from hub.canonical.party import CITY_BRIGADE, Kind
from hub.coherence.subject import Subject
from hub.reference import Finding
from hub.topics_file import TopicsFile


def check(subject: Subject) -> Iterator[Finding]:
    """Parties without topics, bureaus without their brigade, brigades without a bureau."""
    yield from _topics(subject)
    yield from _brigades(subject)


def _topics(subject: Subject) -> Iterator[Finding]:
    name, codes = subject.topics_file.name, subject.reference.directory.codes()
    try:
        file = TopicsFile.model_validate(yaml.load(subject.topics_file.read_text("utf-8"), Loader=yaml.CSafeLoader))
    except (OSError, yaml.YAMLError, ValidationError) as wrong:
        said = " ".join(str(wrong).split())[:200]
        yield Finding("MALFORMED", name, "-", f"无法读取,请运行 hub topics list: {said}", f"cannot be read: {said}")
        return
    delivery = file.templates.delivery.name
    for code in codes:
        entries = [part for pattern, part in file.parties.items() if fnmatchcase(code, pattern)]
        if not any(delivery in part.consumes for part in entries):
            yield Finding(
                "NO_TOPIC",
                name,
                f"parties.{code}",
                f"该机构没有投递主题 {delivery}:请在 parties 中让某一条目涵盖它",
                f"this party has no {delivery}: let an entry of parties match it",
            )
    for pattern in file.parties:
        if not any(fnmatchcase(code, pattern) for code in codes):
            yield Finding(
                "UNKNOWN_PARTY",
                name,
                f"parties.{pattern}",
                "没有机构与之相符:请在 parties.yaml 补录或更正",
                "matches no party: add the party to parties.yaml or correct it",
            )


def _brigades(subject: Subject) -> Iterator[Finding]:
    directory, entrustment = subject.reference.directory, subject.tables.entrustment
    for principal in entrustment.must.principals:
        if principal not in entrustment.entrusted:
            yield Finding(
                "NO_BRIGADE",
                "entrustment.yaml",
                f"must.{principal}",
                f"依 {entrustment.must.basis} 须委托大队而未见委托:请在 entrusted 补录,或从 must 删去",
                f"must have a unit of the brigade ({entrustment.must.basis}): add it to entrusted or take it out of must",
            )
    for principal, entry in entrustment.entrusted.items():
        if principal in directory and not directory.is_organ(principal):
            yield Finding(
                "NO_BRIGADE",
                "entrustment.yaml",
                f"entrusted.{principal}",
                "只有行政机关可以委托(处罚法20):请更正",
                "only an organ can entrust (Administrative Penalty Law art. 20): correct it",
            )
        if entry.unit in directory and directory.kind(entry.unit) is not Kind.BRIGADE:
            yield Finding(
                "NO_BRIGADE",
                "entrustment.yaml",
                f"entrusted.{principal}.unit",
                f"{entry.unit} 不是支队的大队:请更正",
                f"{entry.unit} is no unit of the brigade: correct it",
            )
    entrusted = {entry.unit for entry in entrustment.entrusted.values()}
    for code in directory.codes():
        if directory.kind(code) is Kind.BRIGADE and code != CITY_BRIGADE and code not in entrusted:
            yield Finding(
                "IDLE_BRIGADE",
                "entrustment.yaml",
                code,
                "没有机关委托该大队,它不能办理任何案件:请补录委托或终止该机构",
                "no organ entrusts this unit, so it can handle nothing: add the entrustment or end the party",
            )
