"""An event's data, made from the contract's own fields: what the file says, else what the thread knows, else what is usual.

The one rule: no field is named here that the schemas do not have; what is mandatory is always there, and a text says 模拟.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from random import Random
from typing import Any, Final

from hub.canonical.catalogue import Catalogue, Field, Record
from hub.canonical.conditions import FEWEST
from hub.canonical.periods import Calendar
from hub.local.marks import dated
from hub.local.sim.behaviour import usual
from hub.local.sim.city import Enterprise, officer
from hub.reference import Reference

_NAMED: Final = re.compile(r"\{([A-Za-z]+)\}")
#: A number of its own each time, though the thread knows an earlier one.
FRESH: Final = "{fresh}"
#: Beside the numbers (…Id, …No): what a thread is about, the same in each of its records.
_ABOUT: Final = frozenset({"uscc", "siteCode", "subject", "divisionCode", "principal", "handler", "address"})


class NotKnown(LookupError):
    """The thread has never heard of what a record is to say: it began before the simulator did."""


@dataclass(frozen=True, slots=True)
class Scene:
    """Who writes, about which enterprise, and when. *number* makes a number of the field's own kind."""

    party: str
    enterprise: Enterprise
    now: datetime
    chance: Random
    reference: Reference
    number: Callable[[str], str]

    @property
    def moment(self) -> str:
        """Now, as written."""
        return self.now.isoformat(timespec="seconds")

    @property
    def calendar(self) -> Calendar:
        """Of the reference data."""
        return self.reference.calendar


def compose(event: str, known: Mapping[str, Any], says: tuple[Mapping[str, Any], ...], scene: Scene) -> dict[str, Any]:
    """Data of *event*. *says*: what is to stand in it, the later the stronger; None there leaves a field out. Raise `NotKnown`."""
    said: dict[str, Any] = {}
    for each in (usual().get(event, {}), *says):
        said |= each
    fields = Catalogue.load()[event].fields
    data: dict[str, Any] = {}
    for field in fields:
        if said.get(field.name) == FRESH:
            value = scene.number(field.name)
        elif field.name in said:
            value = written(said[field.name], known, scene)
        elif field.name in known and _carried(field.name):
            value = known[field.name]
        elif field.mandatory:
            value = _made(field, known, scene)
        else:
            continue
        if value is not None:
            data[field.name] = value
    return data


def written(value: Any, known: Mapping[str, Any], scene: Scene) -> Any:
    """*value* of the file with its marks written out and its choices made."""
    if isinstance(value, dict):
        if value.keys() == {"one_of"}:
            return written(scene.chance.choice(value["one_of"]), known, scene)
        if value.keys() == {"some_of"}:
            some = value["some_of"]
            return written(scene.chance.sample(some, scene.chance.randint(1, len(some))), known, scene)
        return {name: written(part, known, scene) for name, part in value.items()}
    if isinstance(value, list):
        return [written(part, known, scene) for part in value]
    if not isinstance(value, str):
        return value
    names = {**known, "me": scene.party}
    try:
        text = _NAMED.sub(lambda found: str(names[found[1]]), value)
    except KeyError as missing:
        raise NotKnown(missing.args[0]) from None
    return dated(text, scene.now, scene.calendar)


def _carried(name: str) -> bool:
    return name in _ABOUT or name.endswith(("Id", "No"))


def _made(field: Field, known: Mapping[str, Any], scene: Scene) -> Any:
    maker = _MAKERS.get(field.name)
    if maker is not None:
        made = maker(known, scene)
        return [made] if field.many and not isinstance(made, list) else made
    if not field.many:
        return _one(field, scene)
    fewest = FEWEST.get(field.record.name, 1) if field.record is not None else 1
    return [_one(field, scene) for _ in range(fewest)]


def _one(field: Field, scene: Scene) -> Any:
    if field.record is not None:
        return _block(field.record, scene)
    if field.enum:
        return field.enum[0]
    match field.form, field.kind:
        case "dt" | "dateOrDt", _:
            return scene.moment
        case "date", _:
            return dated("{w+3}", scene.now, scene.calendar)
        case "uscc", _:
            return scene.enterprise.uscc
        case "party" | "partyOrWord", _:
            return scene.party
        case _, "int":
            return 1
        case _, "bool":
            return False
    if field.name.endswith(("Id", "No")):
        return scene.number(field.name)
    return f"{field.doc.partition(' / ')[0]}(模拟)"


def _block(record: Record, scene: Scene) -> dict[str, Any]:
    if record.name == "Subject":
        return scene.enterprise.subject()
    if record.name == "Officer":
        return officer(scene.chance, scene.party)
    return {field.name: _made(field, {}, scene) for field in record.fields if field.mandatory}


def _organ(known: Mapping[str, Any], scene: Scene) -> str:
    """Whose inspection or case it is: the writer's own, or for a unit of the brigade the organ it works for."""
    if scene.reference.directory.is_organ(scene.party):
        return scene.party
    return str(known.get("principal") or known.get("agency") or known.get("lead") or scene.party)


def _police(known: Mapping[str, Any], scene: Scene) -> str | None:
    return scene.reference.directory.police_of(_organ(known, scene), scene.enterprise.division)


def _results(known: Mapping[str, Any], scene: Scene) -> list[dict[str, Any]]:
    """One result for each item of the plan."""
    found = [item for item in known.get("items", ()) if isinstance(item, Mapping) and "catalogue" in item]
    items = found or [{"catalogue": "MN", "code": "MN-1"}]
    return [
        {"catalogue": item["catalogue"], "code": item["code"], "result": scene.chance.choice(("PASS", "PASS", "FAIL"))}
        for item in items
    ]


_MAKERS: Final[Mapping[str, Callable[[Mapping[str, Any], Scene], Any]]] = {
    "agency": _organ,
    "principal": _organ,
    "toPolice": _police,
    "divisionCode": lambda _, scene: scene.enterprise.division,
    "address": lambda _, scene: scene.enterprise.address,
    "itemResults": _results,
    "window": lambda _, scene: dated({"from": "{w+1}", "to": "{w+6}"}, scene.now, scene.calendar),
}
