"""Law and city as data: parties, competence, events' rules, documents, charges, clocks, calendars and policy, each with its basis.

The one rule: a number, a name or a route that a law or a notice could change stands in a file here, never in code.
One module reads one file. Another folder of the same files (``HUB_REFERENCE_DIR``) takes effect without a change of code.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any, Final

from hub.canonical.party import Directory
from hub.canonical.periods import Calendar
from hub.reference.calendars import calendar_from
from hub.reference.charges import Charges
from hub.reference.clocks import ClockRule, clock_rule
from hub.reference.competence import Competence
from hub.reference.documents import Documents
from hub.reference.events import EventRule, event_rule
from hub.reference.finding import Finding, ReferenceInvalid
from hub.reference.leads import Leads
from hub.reference.parties import directory_from
from hub.reference.tables import Tables, read

__all__ = [
    "HERE",
    "ClockRule",
    "EventRule",
    "Finding",
    "Reference",
    "ReferenceInvalid",
    "load",
    "merged",
    "reference_of",
]

HERE: Final = Path(__file__).parent


@dataclass(frozen=True)
class Reference:
    """Everything the rules look up. Immutable: a scenario, a realm or a new calendar makes another one."""

    directory: Directory
    calendar: Calendar
    policy: Mapping[str, Any]
    events: Mapping[str, EventRule]
    clocks: Mapping[str, ClockRule]
    roles: Mapping[str, str]  #: words of the column "to" that are the same party whatever the case
    competence: Competence
    leads: Leads
    documents: Documents
    charges: Charges
    check_code_secret: bytes = field(default=b"", repr=False)  #: keys the check codes 检查码; unguessable in production

    def with_policy(self, changes: Mapping[str, Any]) -> Reference:
        """This reference with *changes* merged deep over the policy; lists are replaced."""
        return replace(self, policy=merged(self.policy, changes))

    def with_calendar(self, calendar: Calendar) -> Reference:
        """This reference with another calendar."""
        return replace(self, calendar=calendar)


@cache
def load(folder: Path | None = None) -> Reference:
    """The reference data in *folder*, else those shipped with the hub. Raises `ReferenceInvalid`."""
    return reference_of(read(folder or HERE))


def reference_of(tables: Tables) -> Reference:
    """What the rules look up, of *tables*."""
    return Reference(
        directory=directory_from(tables.parties, tables.entrustment),
        calendar=calendar_from(tables.calendars.values()),
        policy=tables.values,
        events={name: event_rule(entry) for name, entry in tables.events.items()},
        clocks={name: clock_rule(name, versions) for name, versions in tables.clocks.items()},
        roles={name: role.party for name, role in tables.parties.roles.items()},
        competence=tables.competence,
        leads=tables.leads,
        documents=tables.documents,
        charges=tables.charges,
    )


def merged(base: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """*changes* merged deep over *base*; lists are replaced."""
    result = dict(base)
    for key, value in changes.items():
        old = result.get(key)
        result[key] = merged(old, value) if isinstance(old, Mapping) and isinstance(value, Mapping) else value
    return result
