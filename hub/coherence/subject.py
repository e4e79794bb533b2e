"""What is being examined: the tables as their files have them, and what the rules make of them.

The one rule: one reading, handed to every check; no check reads a file again.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from hub.reference import Reference
from hub.reference.tables import Tables


@dataclass(frozen=True, slots=True)
class Subject:
    """One folder of reference data beside one list of topics, as seen on *today*."""

    tables: Tables
    reference: Reference
    topics_file: Path
    today: date
