"""Law and city as data: parties, events' rules, clocks, calendars and policy, each with its basis.

The one rule: a number, a name or a route that a law or a notice could change stands in a file here, never in code.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any, Final

import yaml

from hub.canonical.party import Directory, directory_from
from hub.canonical.periods import Calendar, calendar_from

HERE: Final = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class EventRule:
    """One row of the catalogue: who may send it, what must be known first, whether twice, who is told (contract §3)."""

    senders: tuple[str, ...]  #: roles of contract §2; HUB = made by the hub
    needs: str = ""  #: entity that must be known first
    once: str = ""  #: "" = may repeat; "entity" = once per entity; else the qualifier's name
    to: tuple[tuple[str, str], ...] = ()  #: (role, projection), in the order of the catalogue


@dataclass(frozen=True, slots=True)
class ClockRule:
    """One statutory clock (contract §6.6)."""

    name: str  #: e.g. F01
    title: str  #: Chinese name of the period
    span: int  #: how many units; 0 = the policy or the event gives it
    unit: str  #: H hours, C calendar days, W working days, M months, X given date, C* calendar days with a second reading W
    kind: str  #: duty, right, cond, soft, wait (contract §6.2)
    miss: str  #: who hears of a miss: o obligor, e obligee, s superior, j justice bureau, p procuratorate
    basis: str  #: the law


@dataclass(frozen=True)
class Reference:
    """Everything the rules look up. Immutable: a scenario, a realm or a new calendar makes another one."""

    directory: Directory
    calendar: Calendar
    policy: Mapping[str, Any]
    events: Mapping[str, EventRule]
    clocks: Mapping[str, ClockRule]
    check_code_secret: bytes = field(default=b"", repr=False)  #: keys the check codes 检查码; unguessable in production

    def with_policy(self, changes: Mapping[str, Any]) -> Reference:
        """This reference with *changes* merged deep over the policy; lists are replaced."""
        return replace(self, policy=_merged(self.policy, changes))

    def with_calendar(self, calendar: Calendar) -> Reference:
        """This reference with another calendar."""
        return replace(self, calendar=calendar)


@cache
def load() -> Reference:
    """The reference data shipped with the hub."""
    years = [_read(path) for path in sorted((HERE / "calendars").glob("*.yaml"))]
    return Reference(
        directory=directory_from(_read(HERE / "parties.yaml")),
        calendar=calendar_from(years),
        policy=_read(HERE / "policy.yaml"),
        events={name: _event_rule(entry) for name, entry in _read(HERE / "events.yaml").items()},
        clocks={name: ClockRule(name=name, **entry) for name, entry in _read(HERE / "clocks.yaml").items()},
    )


def _event_rule(entry: Mapping[str, Any]) -> EventRule:
    once = entry.get("once", "")
    return EventRule(
        senders=tuple(entry["from"]),
        needs=entry.get("needs", ""),
        once="entity" if once is True else once,
        to=tuple(
            (role, projection) for role, _, projection in (target.partition(":") for target in entry.get("to", ()))
        ),
    )


def _read(path: Path) -> Any:
    return yaml.load(path.read_text("utf-8"), Loader=yaml.CSafeLoader)


def _merged(base: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    result = dict(base)
    for key, value in changes.items():
        old = result.get(key)
        result[key] = _merged(old, value) if isinstance(old, Mapping) and isinstance(value, Mapping) else value
    return result
