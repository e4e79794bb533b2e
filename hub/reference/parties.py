"""``parties.yaml`` and ``entrustment.yaml``: who there is in the city, and which organ has which unit of the brigade work for it.

The one rule: these two files alone make the directory; a party, its name and its last day are never written in code.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Literal

from pydantic import Field

from hub.canonical.party import CITY, DISTRICT, Directory, Kind, Party
from hub.reference.entry import Entry, Part

ZONE = "ZONE"


class Scope(Entry):
    """The city, a division or a zone."""

    name: str
    level: Literal["CITY", "DISTRICT", "ZONE"]
    division: str | None = Field(default=None, pattern="^[0-9]{6}$")


class Bureau(Entry):
    """A bureau that the city and every division has."""

    name: str


class InCity(Part):
    """How the city's own body of a kind is called."""

    org: str
    name: str


class OnePerScope(Entry):
    """A body that each scope has one of."""

    org: str
    name: str
    city: InCity | None = None


class Body(Entry):
    """A body with a code of its own."""

    name: str
    kind: Kind
    level: Literal["CITY", "DISTRICT"]
    supersedes: str = ""  #: the body whose work it goes on with; that one has ended


class Role(Entry):
    """A word of the catalogue's column "to" that is always the same party."""

    party: str


class Parties(Part):
    """The whole of ``parties.yaml``."""

    scopes: dict[str, Scope]
    bureaus: dict[str, Bureau]
    police: OnePerScope
    procuratorate: OnePerScope
    court: OnePerScope
    government: OnePerScope
    committee: OnePerScope
    bodies: dict[str, Body]
    roles: dict[str, Role]


class Must(Part):
    """Organs that the founding notice says have a unit."""

    basis: str = Field(min_length=1)
    principals: list[str]


class Entrusted(Entry):
    """One entrustment 委托."""

    unit: str
    scope: str = ""  #: what is entrusted
    document: str = ""  #: number of the entrusting document


class Entrustment(Part):
    """The whole of ``entrustment.yaml``."""

    must: Must
    entrusted: dict[str, Entrusted]


def directory_from(parties: Parties, entrustment: Entrustment) -> Directory:
    """The directory of all parties and their relations."""
    known = {party.code: party for party in _made(parties)}
    for code, body in parties.bodies.items():
        known[code] = _party(code, body.name, body.kind, body.level, body)
    return Directory(
        known,
        {principal: entry.unit for principal, entry in entrustment.entrusted.items()},
        {scope.division: code for code, scope in parties.scopes.items() if scope.division},
        tuple(code for code, scope in parties.scopes.items() if scope.level == ZONE),
    )


def _made(parties: Parties) -> Iterator[Party]:
    """The parties that follow from a scope and what every scope of its level has."""
    for code, scope in parties.scopes.items():
        level = CITY if scope.level == CITY else DISTRICT
        if scope.level == ZONE:
            yield _in_scope(code, scope, parties.committee, Kind.COMMITTEE, level)
            continue
        for org, bureau in parties.bureaus.items():
            yield _party(f"{code}-{org}", scope.name + bureau.name, Kind.BUREAU, level, scope, bureau)
        yield _in_scope(code, scope, parties.police, Kind.POLICE, level)
        yield _in_scope(code, scope, parties.procuratorate, Kind.JCY, level)
        yield _in_scope(code, scope, parties.court, Kind.COURT, level)
        yield _in_scope(code, scope, parties.government, Kind.GOV, level)


def _in_scope(code: str, scope: Scope, body: OnePerScope, kind: Kind, level: str) -> Party:
    called = body.city if body.city is not None and level == CITY else body
    return _party(f"{code}-{called.org}", scope.name + called.name, kind, level, scope, body)


def _party(code: str, name: str, kind: Kind, level: str, *behind: Entry) -> Party:
    scope, _, org = code.partition("-")
    last: date | None = min((entry.until for entry in behind if entry.until is not None), default=None)
    return Party(code, name, kind, scope, org, level, last.isoformat() if last else "")
