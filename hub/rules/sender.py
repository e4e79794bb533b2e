"""Which kind of party may send what: the roles of the catalogue's column "from", as far as the event alone can tell.

The one rule: a role is judged here by kind and by the parties the event itself names; by the parties an entity of the
past names, in the aggregate.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from hub.canonical.event import Event
from hub.canonical.party import Directory, Kind, Party

_Judge = Callable[[Event, Party, Directory], bool]


def may_send(role: str, event: Event, directory: Directory) -> bool:
    """May the sender of *event* have *role*, as far as the event tells?"""
    return _ROLES[role](event, directory[event.party], directory)


def _of_kind(*kinds: Kind) -> _Judge:
    return lambda event, sender, directory: sender.kind in kinds


def _any(event: Event, sender: Party, directory: Directory) -> bool:
    return True


def _principal(event: Event, sender: Party, directory: Directory) -> bool:
    if event.type == "matter.dispute.raised":
        return sender.is_organ
    return sender.is_organ and event.data.get("principal", sender.code) == sender.code


def _handler(event: Event, sender: Party, directory: Directory) -> bool:
    principal = event.data.get("principal")
    if principal is None:
        return sender.is_organ or sender.kind is Kind.BRIGADE
    handler: str = event.data.get("handler", directory.handler_of(principal))
    return sender.code == handler


def _agency(event: Event, sender: Party, directory: Directory) -> bool:
    agency = event.data.get("agency")
    if agency is None:
        return sender.is_organ or sender.kind is Kind.BRIGADE
    return sender.code in (agency, directory.handler_of(agency))


def _registrar(event: Event, sender: Party, directory: Directory) -> bool:
    return sender.code in ("GY-SCJGJ", "GY-ZHZFJ") or sender.kind in (Kind.GOV, Kind.COMMITTEE)


def _conference(event: Event, sender: Party, directory: Directory) -> bool:
    return sender.code in ("GY-LXHY", "GY-ZHZFJ", "GY-SFJ")


def _intake(event: Event, sender: Party, directory: Directory) -> bool:
    return sender.code == "GY-12345" or sender.kind in (Kind.BUREAU, Kind.GOV, Kind.COMMITTEE)


def _justice(event: Event, sender: Party, directory: Directory) -> bool:
    return sender.kind is Kind.BUREAU and sender.org == "SFJ"


def _operator(event: Event, sender: Party, directory: Directory) -> bool:
    return sender.code == "GY-ZHZFJ"


def _requestee(event: Event, sender: Party, directory: Directory) -> bool:
    requestee: str = event.data.get("requestee", sender.code)
    return sender.code == requestee


_ROLES: Final[Mapping[str, _Judge]] = {
    "PRINCIPAL": _principal,
    "HANDLER": _handler,
    "AGENCY": _agency,
    "LEADER": _of_kind(Kind.BUREAU, Kind.COMMITTEE, Kind.BRIGADE),
    "POLICE": _of_kind(Kind.POLICE),
    "JCY": _of_kind(Kind.JCY),
    "COURT": _of_kind(Kind.COURT),
    "GOV": _of_kind(Kind.GOV),
    "JUSTICE": _justice,
    "REGISTRAR": _registrar,
    "CONFERENCE": _conference,
    "INTAKE": _intake,
    "OWNER": _of_kind(Kind.BUREAU, Kind.COMMITTEE, Kind.GOV),
    "OPERATOR": _operator,
    "TOORGAN": _of_kind(Kind.BUREAU, Kind.COMMITTEE, Kind.BRIGADE),
    "REQUESTEE": _requestee,
    "UNIT": _any,
    "ANY": _any,
}
