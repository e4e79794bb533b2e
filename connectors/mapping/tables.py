"""Code tables: CSV files that a bureau's staff can keep in a spreadsheet.

The one rule: what a system writes is one of its codes, and each canonical value has a code to go back to; the first line
that names a value is the one written, later lines are older codes still understood.
"""

from __future__ import annotations

import csv
import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

COLUMNS: Final = ("field", "code", "value", "title")


class TableError(ValueError):
    """A code table that does not follow its form."""


@dataclass(frozen=True, slots=True)
class Table:
    """One code list of one system."""

    path: str  #: file, relative to the connector's folder
    field: str
    values: Mapping[str, str]  #: code -> canonical value
    codes: Mapping[str, str]  #: canonical value -> code
    last_line: int

    def advice(self, code: str) -> str:
        """What to do about a code that is not in the table."""
        near = difflib.get_close_matches(code, self.values, n=1)
        closest = f",最接近的是 {near[0]}" if near else ""
        return f"{self.path} 的 {self.field} 中没有该代码{closest};确需新增时在第 {self.last_line} 行之后补一行"


def load(folder: Path, name: str) -> dict[str, Table]:
    """The tables of one file by field: columns ``field,code,value,title`` (the title is for people)."""
    found: dict[str, tuple[dict[str, str], dict[str, str]]] = {}
    last: dict[str, int] = {}
    with (folder / name).open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file, strict=True)
        if tuple(reader.fieldnames or ()) != COLUMNS:
            raise TableError(f"{name}: the columns are {','.join(COLUMNS)}")
        for row in reader:
            field, code, value = row["field"], row["code"], row["value"]
            if not field or not code or not value:
                raise TableError(f"{name}:{reader.line_num}: field, code and value are never empty")
            values, codes = found.setdefault(field, ({}, {}))
            if values.setdefault(code, value) != value:
                raise TableError(f"{name}:{reader.line_num}: code {code} of {field} stands for two values")
            codes.setdefault(value, code)
            last[field] = reader.line_num
    return {field: Table(name, field, values, codes, last[field]) for field, (values, codes) in found.items()}
