"""The judgement: a log and a folder of journals → findings."""

from __future__ import annotations

from pathlib import Path

from tests.faults.auditor.book import COPIES, Book
from tests.faults.auditor.checks import ALL
from tests.faults.auditor.decode import Decoder
from tests.faults.auditor.findings import Findings
from tests.faults.auditor.journals import read_journals
from tests.faults.auditor.log import Log


def audit(log: Log, journals: Path, schemas: Path) -> Findings:
    """Everything that is wrong. No journal at all is no proof of anything, and an error."""
    book = Book(log, read_journals(journals), Decoder(schemas))
    if not book.journals.sent:
        raise ValueError(f"no sender's journal in {journals}")
    findings = Findings()
    findings.counts = {
        "sent": len(book.journals.sent),
        "accepted": len(book.journals.accepted()),
        "copies": sum(1 for _ in log.all(COPIES)),
        "effects": len(book.journals.effects),
        "aborted records": sum(map(len, log.aborted.values())),
    }
    for check in ALL:
        check(book, findings)
    return findings
