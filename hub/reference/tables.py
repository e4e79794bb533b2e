"""The folder of reference data, read and checked for its form: one model per file.

The one rule: a table is whole or is not read. All faults of all files come at once, each with its file and its entry.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar

import yaml
from pydantic import TypeAdapter, ValidationError

from hub.reference.calendars import CalendarYear
from hub.reference.charges import Charges
from hub.reference.clocks import ClockEntry
from hub.reference.competence import Competence
from hub.reference.documents import Documents
from hub.reference.entry import faults
from hub.reference.events import EventEntry
from hub.reference.finding import Finding, ReferenceInvalid
from hub.reference.laws import Laws
from hub.reference.leads import Leads
from hub.reference.parties import Entrustment, Parties
from hub.reference.policy import Switch, policy_faults

CALENDARS: Final = "calendars"

_Table = TypeVar("_Table")


@dataclass(frozen=True, slots=True)
class Tables:
    """Every table as its file has it."""

    laws: Laws
    parties: Parties
    entrustment: Entrustment
    competence: Competence
    leads: Leads
    documents: Documents
    charges: Charges
    clocks: dict[str, list[ClockEntry]]  #: versions of each
    policy: dict[str, Switch]
    events: dict[str, EventEntry]
    calendars: dict[str, CalendarYear]  #: by the name of the file

    @property
    def values(self) -> dict[str, Any]:
        """The values of the switches, with the table of leading agencies under the switch that is laid over it."""
        values = {name: switch.value for name, switch in self.policy.items()}
        industries = {name: entry.lead for name, entry in self.leads.industries.items()}
        return {**values, "industryLead": {**industries, **values["industryLead"]}}


def read(folder: Path) -> Tables:
    """Read *folder*; raise `ReferenceInvalid` with everything that is wrong with the form of its files."""
    reader = _Reader(folder)
    clocks = reader.table("clocks.yaml", dict[str, ClockEntry | list[ClockEntry]])
    tables = Tables(
        laws=reader.table("laws.yaml", Laws),
        parties=reader.table("parties.yaml", Parties),
        entrustment=reader.table("entrustment.yaml", Entrustment),
        competence=reader.table("competence.yaml", Competence),
        leads=reader.table("leads.yaml", Leads),
        documents=reader.table("documents.yaml", Documents),
        charges=reader.table("charges.yaml", Charges),
        clocks={name: entry if isinstance(entry, list) else [entry] for name, entry in (clocks or {}).items()},
        policy=reader.table("policy.yaml", dict[str, Switch]),
        events=reader.table("events.yaml", dict[str, EventEntry]),
        calendars={
            path.name: reader.table(f"{CALENDARS}/{path.name}", CalendarYear)
            for path in sorted((folder / CALENDARS).glob("*.yaml"))
        },
    )
    if tables.policy:
        reader.findings += policy_faults(tables.policy)
    if reader.findings:
        raise ReferenceInvalid(folder, reader.findings)
    return tables


class _Reader:
    """Reads files of one folder; what is wrong is collected, and stands for the table as None until `read` raises."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.findings: list[Finding] = []

    def table(self, name: str, form: type[_Table]) -> _Table:
        """The file *name* as *form*."""
        nothing: Any = None
        try:
            document = yaml.load((self.folder / name).read_text("utf-8"), Loader=_OnceLoader)  # noqa: S506 - a safe one
            return TypeAdapter(form).validate_python(document)
        except OSError:
            found = [
                Finding("MALFORMED", name, "-", "缺少文件,请从随附的目录复制", "no such file: copy the shipped one")
            ]
        except (yaml.YAMLError, UnicodeDecodeError) as error:
            said = " ".join(str(error).split())
            found = [
                Finding("MALFORMED", name, "-", f"不是合法的 YAML,请更正: {said}", f"not YAML, correct it: {said}")
            ]
        except ValidationError as wrong:
            found = faults(name, wrong.errors())
        self.findings += found
        return nothing  # type: ignore[no-any-return]


class _OnceLoader(yaml.CSafeLoader):
    """YAML in which a key may stand once: of two entries with one code the second would silently win."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        """The mapping of *node*."""
        seen: set[object] = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if key in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"{key} 出现两次,请合并 / stands here twice: keep one", key_node.start_mark
                )
            seen.add(key)
        return super().construct_mapping(node, deep)
