"""Which systems play, and as what: each system of the registry with its behaviour.

The one rule: a system without the file still plays. It sends what its samples say over its first door, and answers nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from connectors import registry
from connectors.protocol import NotUnderstood
from connectors.registry import System
from hub.canonical.catalogue import Catalogue
from hub.canonical.event import HUB
from hub.local.sim.behaviour import FILE, Begin, Behaviour, Step, read
from hub.reference import Reference

_DOORS: Final = ("http", "file")


@dataclass(frozen=True, slots=True)
class Role:
    """A system and what it does; *declared*: by a file of its own."""

    system: System
    behaviour: Behaviour
    declared: bool

    @property
    def name(self) -> str:
        """Its dialect."""
        return self.system.dialect.name


def cast(dialects: Iterable[str], reference: Reference) -> list[Role]:
    """The roles of *dialects*. Raise `UnknownDialect`, `MappingInvalid` or `BehaviourInvalid`."""
    return [role(dialect, reference) for dialect in dialects]


def role(dialect: str, reference: Reference) -> Role:
    """The role of one system."""
    system = registry.system(dialect)
    path = system.folder / FILE
    if path.is_file():
        return Role(system, read(path), declared=True)
    return Role(system, _from_samples(system, reference), declared=False)


def _from_samples(system: System, reference: Reference) -> Behaviour:
    """Each event that its samples tell and it may itself send is a story of one step, in the samples' own words."""
    begins: dict[str, Begin] = {}
    for event, data, speaker in _sample_events(system):
        rule = reference.events[event]
        if HUB in rule.senders or event in begins:
            continue
        steps = (Step(send=event, say=_wording(event, data)),)
        begins[event] = Begin(every=(1800.0, 1800.0), speaker=speaker or "{me}", steps=steps)
    door = next((kind for kind in system.kinds if kind in _DOORS), "http")
    return Behaviour(
        about=f"照样例报送 {len(begins)} 种", about_en=f"sends the {len(begins)} kinds of its samples",
        door="http" if door == "http" else "file", begins=begins,
    )  # fmt: skip


def _sample_events(system: System) -> Iterator[tuple[str, dict[str, Any], str]]:
    for sample, _ in system.cases():
        if Path(sample).stem.startswith("deliver"):  # what the hub writes to it
            continue
        for row in system.format.decode(sample.read_bytes()):
            try:
                drafts = system.dialect.read(row.record) if row.record is not None else ()
            except NotUnderstood:
                continue
            for draft in drafts:
                yield draft.type, draft.data, draft.party


def _wording(event: str, data: dict[str, Any]) -> dict[str, Any]:
    """What a sample says besides numbers, times and enterprises: those are the simulated city's."""
    fields = {field.name: field for field in Catalogue.load()[event].fields}
    plain = {name: value for name, value in data.items() if not name.endswith(("Id", "No", "Ref"))}
    return {
        name: value
        for name, value in plain.items()
        if fields[name].kind in ("string", "int", "bool") and not fields[name].many and not fields[name].form
    } | {
        name: data[name]
        for name in ("items", "materials", "suspectedCharges", "kinds", "basis", "approver")
        if name in data
    }
