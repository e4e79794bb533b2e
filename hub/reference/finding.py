"""What is wrong with an entry of the reference data, and what to do about it.

The one rule: a finding names the file and the entry, and its sentence, in both languages, ends with what to do.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Finding:
    """One mistake. *code* is stable, for scripts."""

    code: str
    file: str  #: name of the file in the folder of reference data
    entry: str  #: where in it, e.g. ``F01.basis``
    zh: str
    en: str


class ReferenceInvalid(ValueError):
    """The reference data of *folder* cannot be used. *findings* lists everything that is wrong with its form."""

    def __init__(self, folder: Path, findings: Iterable[Finding]) -> None:
        self.folder = folder
        self.findings = tuple(findings)
        lines = (f"  {each.file} {each.entry}: {each.zh} / {each.en}" for each in self.findings)
        super().__init__("\n".join((f"{folder}: {len(self.findings)} 处错误 fault(s) · hub reference check", *lines)))
