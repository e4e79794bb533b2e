"""What a sender is told about the rows that were not taken.

The one rule: each refused row has its reason, in the order of the file; what can be corrected comes back in the form it came in.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from connectors.protocol import NotUnderstood, Record


@dataclass(frozen=True, slots=True)
class Refusal:
    """A row that was not taken; a torn one has no record."""

    error: NotUnderstood
    record: Record | None


def reasons(refused: Mapping[tuple[str, int], Refusal]) -> list[dict[str, Any]]:
    """One entry a row; for an archive it names the file inside."""
    told = []
    for (member, number), refusal in sorted(refused.items(), key=lambda item: item[0]):
        place: dict[str, Any] = {"file": member, "row": number} if member else {"row": number}
        told.append({**place, **refusal.error.as_reason()})
    return told


def sendable(refused: Mapping[tuple[str, int], Refusal], member: str) -> Sequence[Record]:
    """The records of *member* that can be corrected and sent again."""
    return [
        refusal.record
        for (each, _), refusal in sorted(refused.items(), key=lambda item: item[0])
        if each == member and refusal.record is not None
    ]


def bad_rows_name(path: Path, member: str, extension: str) -> str:
    """As the file is called, with the member's own name if it was packed."""
    if not member:
        return f"{path.stem}.bad-rows.{extension}"
    return f"{path.stem}.{_plain(Path(member).stem)}.bad-rows.{extension}"


def told(file: str, digest: str, rows: Sequence[Mapping[str, Any]]) -> bytes:
    """The report."""
    return written({"file": file, "sha256": digest, "rows": list(rows)})


def written(value: object) -> bytes:
    """As a person can read it."""
    return orjson.dumps(value, option=orjson.OPT_INDENT_2) + b"\n"


def _plain(name: str) -> str:
    """A member's name is the archive's word, and no path of ours is made of it."""
    return "".join(each if each.isalnum() or each in "-_" else "_" for each in name)[:60]
