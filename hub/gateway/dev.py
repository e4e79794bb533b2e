"""Scenarios' own worlds, for development only: a realm's name and time come with the request.

The one rule: where `dev` is off, a request that carries either is refused. Nobody dates a real fact.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from hub.canonical.event import SHANGHAI
from hub.gateway.http import Request
from hub.gateway.problem import Problem
from hub.wire.strictjson import read_json

REALM_HEADER: Final = b"hub-realm"
TIME_HEADER: Final = b"hub-time"
#: Only the city's bureau for enforcement operates the hub (contract §2, OPERATOR).
OPERATOR: Final = "GY-ZHZFJ"

_REALM: Final = r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}"
_is_realm: Final = re.compile(_REALM).fullmatch


class Control(BaseModel):
    """A word of the operators for every lane."""

    model_config = ConfigDict(extra="forbid")

    realm: str = Field(pattern=f"^{_REALM}$")
    type: Literal["hub.tick", "hub.realm.opened"]
    time: str
    policy: dict[str, Any] = Field(default_factory=dict)

    @classmethod
    def read(cls, raw: bytes) -> Control:
        """The word in *raw*, or `Problem`."""
        try:
            word = cls.model_validate(read_json(raw))
        except ValidationError as error:
            place = "/".join(str(part) for part in error.errors()[0]["loc"])
            raise Problem("HUB-1403", pointer=f"/{place}") from None
        moment(word.time)
        return word


@dataclass(frozen=True, slots=True)
class World:
    """In which world and when a request is accepted."""

    realm: str
    now: datetime


def world_of(request: Request, *, dev: bool, now: datetime) -> World:
    """The world of *request*: the real one and *now*, unless its headers say otherwise and may."""
    realm = realm_of(request, dev=dev)
    said = request.header(TIME_HEADER)
    if not said:
        return World(realm, now)
    if not dev:
        raise _not_here()
    if not realm:
        raise Problem("HUB-1403", "Hub-Time 须与 Hub-Realm 同用", "Hub-Time goes with Hub-Realm only")
    return World(realm, moment(said))


def realm_of(request: Request, *, dev: bool) -> str:
    """The realm that the request names, "" for the real one."""
    realm = request.header(REALM_HEADER)
    if not realm:
        return ""
    if not dev:
        raise _not_here()
    if not _is_realm(realm):
        raise Problem("HUB-1403", "Hub-Realm 格式不符", f"Hub-Realm is {_REALM}")
    return realm


def moment(text: str) -> datetime:
    """An instant with its offset, in the city's time."""
    try:
        parsed = datetime.fromisoformat(text)
    except ValueError:
        parsed = None
    if parsed is None or parsed.tzinfo is None:
        raise Problem(
            "HUB-1403",
            "时间须带时区偏移, 如 2026-03-02T09:00:00+08:00",
            "a time carries its offset, as in 2026-03-02T09:00:00+08:00",
        )
    return parsed.astimezone(SHANGHAI)


def require_operator(request: Request, *, dev: bool) -> None:
    """Only in development, and only the operator."""
    if not dev:
        raise _not_here()
    if request.party != OPERATOR:
        raise Problem("HUB-1103")


def _not_here() -> Problem:
    return Problem("HUB-1103", "仅开发环境可用", "for development only")
