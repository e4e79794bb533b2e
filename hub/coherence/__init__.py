"""Does the reference data hold together: with itself, with the rules, with the events' schemas, with the topics?

The one rule: nothing is repaired or guessed here. Each check reads what it needs and says what is wrong and what to do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Final

from hub.coherence import calendars, codes, documents, events, policy, routes, tenants, validity
from hub.coherence.subject import Subject
from hub.reference import Finding, ReferenceInvalid, reference_of
from hub.reference.tables import read

__all__ = ["examine"]

CHECKS: Final[tuple[Callable[[Subject], Iterator[Finding]], ...]] = (
    codes.check,
    policy.check,
    documents.check,
    events.check,
    validity.check,
    routes.check,
    tenants.check,
    calendars.check,
)


def examine(folder: Path, topics_file: Path, today: date) -> list[Finding]:
    """Everything that is wrong with the reference data in *folder*. Where a file is malformed nothing else is judged."""
    try:
        tables = read(folder)
    except ReferenceInvalid as invalid:
        return list(invalid.findings)
    subject = Subject(tables, reference_of(tables), topics_file, today)
    return [finding for check in CHECKS for finding in check(subject)]
