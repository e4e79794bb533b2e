"""`hub sim generate`: documents in a system's own words, without any hub.

The one rule: what a system only answers is answered to imagined deliveries, made from the contract; the same seed gives the
same documents at the same moment.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from random import Random
from typing import Final

from hub.local.sim.actor import Actor, Heard
from hub.local.sim.casting import Role
from hub.local.sim.city import City
from hub.local.sim.composing import Scene, compose
from hub.local.sim.letter import Letter
from hub.local.sim.numbers import number
from hub.local.sim.office import DAY, MORNING
from hub.reference import Reference

#: Whose cases and visits imagined deliveries are about.
_ORGAN: Final = "GY-YJJ"
_STEP: Final = 3600.0
#: Nobody waits longer than this in a simulated life; a behaviour that sends nothing ends here.
_LONGEST: Final = 3000 * DAY


def letters(role: Role, reference: Reference, *, seed: int, now: datetime, enterprises: int = 40) -> Iterator[Letter]:
    """What *role* writes, in the order in which it would, as if written at *now*."""
    city = City.draw(seed, enterprises)
    actor = Actor(role.system, role.behaviour, city, reference, seed)
    chance = Random(f"imagined {seed} {role.name}")
    moment, count = MORNING, 0
    while moment < _LONGEST:
        for answer in role.behaviour.answers:
            count += 1
            actor.hear(_imagined(role, answer.to, f"{seed}-{count}", city, chance, now, reference), moment)
        yield from actor.take(moment, now)
        moment += _STEP


def _imagined(
    role: Role, event: str, mark: str, city: City, chance: Random, now: datetime, reference: Reference
) -> Heard:
    """A delivery as the system might get it."""
    enterprise = chance.choice(city.enterprises)
    brigade = reference.directory.handler_of(_ORGAN)
    party = brigade if role.system.speaks_for(brigade) else role.system.owner
    scene = Scene(party, enterprise, now, chance, reference, lambda name: number(name, f"SIM-{mark}"))
    known = {"uscc": enterprise.uscc, "lead": _ORGAN}
    data = compose(event, known, (_TOLD.get(event, {}) | _mine(event, party),), scene)
    return Heard(f"imagined-{mark}", party, event, data)


def _mine(event: str, party: str) -> dict[str, object]:
    """The words by which a delivery is this party's affair."""
    match event:
        case "matter.application.filed":
            return {"court": party}
        case "complaint.ticket.assigned":
            return {"ownerSector": party}
        case "inspection.visit.counted":
            return {"agencies": [{"agency": party, "count": 1, "counted": True}]}
        case "inspection.joint.formed":
            member = {"planId": "JH-SIM", "agency": _ORGAN, "handler": party, "role": "LEAD", "items": ["AQ-101"]}
            return {"members": [member], "lead": _ORGAN}
        case _:
            return {}


#: What the law has a sender say, beside what is usual.
_TOLD: Final[dict[str, dict[str, object]]] = {
    "matter.lead.transferred": {"principal": _ORGAN, "handler": "GY-ZD-DD2", "toPolice": "GY-GAJ"},
    "inspection.code.issued": {"jointId": "J-SIM", "agencies": [_ORGAN]},
}
