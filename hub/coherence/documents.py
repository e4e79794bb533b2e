"""Documents and charges against the schemas: kinds an event can enclose, fields a demand depends on, articles as they are written.

The one rule: what a sender cannot express in an event must not be asked of him.
"""

from __future__ import annotations

from collections.abc import Iterator

from hub.canonical.catalogue import Catalogue, Field
from hub.coherence.subject import Subject
from hub.reference import Finding
from hub.reference.charges import article_of


def check(subject: Subject) -> Iterator[Finding]:
    """Documents and charges that do not fit."""
    yield from _kinds(subject)
    yield from _required(subject)
    yield from _charges(subject)


def _kinds(subject: Subject) -> Iterator[Finding]:
    materials = _field("matter.lead.transferred", "materials")
    enum = next(field for field in materials.record.fields if field.name == "kind").enum if materials.record else ()
    known = subject.tables.documents.kinds
    for kind in (*enum, *known):
        if (kind in enum) != (kind in known):
            yield Finding(
                "UNKNOWN_DOCUMENT",
                "documents.yaml",
                f"kinds.{kind}",
                "文书种类与事件契约 Material.kind 不一致:请补上或删去",
                "kinds of documents are those of Material.kind in the schemas: add or remove it",
            )


def _required(subject: Subject) -> Iterator[Finding]:
    documents, catalogue = subject.tables.documents, Catalogue.load()
    for event_type, required in documents.required.items():
        fields = {field.name for field in catalogue[event_type].fields} if event_type in catalogue else set()
        if "materials" not in fields:
            yield Finding(
                "UNKNOWN_EVENT",
                "documents.yaml",
                f"required.{event_type}",
                "没有这样的事件,或它不附材料:请更正",
                "there is no such event, or it encloses no materials: correct it",
            )
            continue
        for number, each in enumerate(required):
            place = f"required.{event_type}.{number}"
            if each.kind not in documents.kinds:
                yield _unknown_document("documents.yaml", place, each.kind)
            if each.when and each.when not in fields:
                yield Finding(
                    "UNKNOWN_FIELD",
                    "documents.yaml",
                    f"{place}.when",
                    f"{event_type} 没有字段 {each.when}:请更正",
                    f"{event_type} has no field {each.when}: correct it",
                )


def _charges(subject: Subject) -> Iterator[Finding]:
    charges = subject.tables.charges
    for article, charge in charges.charges.items():
        place = f"charges.{article}"
        if article_of(article) != article:
            yield Finding(
                "MALFORMED",
                "charges.yaml",
                place,
                "条号须写作 276 或 276-1:请更正",
                "an article is written 276 or 276-1: correct it",
            )
        elif charges.is_duty_crime(article):
            yield Finding(
                "CONTRADICTION",
                "charges.yaml",
                place,
                "该条属职务犯罪,不移送公安:请从 charges 删去或更正 dutyCrimes",
                "is a duty crime, never the police's: remove it or correct dutyCrimes",
            )
        for kind in charge.requires:
            if kind not in subject.tables.documents.kinds:
                yield _unknown_document("charges.yaml", place, kind)


def _unknown_document(file: str, place: str, kind: str) -> Finding:
    return Finding(
        "UNKNOWN_DOCUMENT",
        file,
        place,
        f"没有文书种类 {kind}:请在 documents.yaml 补录或更正",
        f"there is no kind of document {kind}: add it to documents.yaml or correct it",
    )


def _field(event_type: str, name: str) -> Field:
    return next(field for field in Catalogue.load()[event_type].fields if field.name == name)
