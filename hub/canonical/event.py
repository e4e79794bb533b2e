"""An event: something that happened, said in the hub's one language.

The one rule: an `Event` is a value. Nobody changes it on its way; a copy for a party is another value.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from hashlib import sha1
from typing import Any, Final

import msgspec

#: Asia/Shanghai has had no daylight saving time since 1991: a fixed offset is exact and cheaper than a zone.
SHANGHAI = timezone(timedelta(hours=8), "Asia/Shanghai")

#: The sender of events that the hub itself makes.
HUB = "HUB"

#: Root of every derived id (RFC 9562 §5.5, UUIDv5): the same cause gives the same id on every machine, for ever.
NAMESPACE = uuid.UUID("5b1f6a0e-6a3c-5f0e-9d55-3a52a1c0d751")

#: CloudEvents type of an event: reverse domain, short name, one version.
TYPE_PREFIX = "cn.guiyang.hub."
TYPE_SUFFIX = ".v1"


class Event(msgspec.Struct, frozen=True):
    """One event with its envelope (CloudEvents 1.0 attributes under our names)."""

    id: str  #: ce_id
    type: str  #: short name, e.g. ``matter.lead.transferred``
    party: str  #: sender's party code, or `HUB` (ce_fromparty)
    key: str  #: aggregate key: USCC, correlationId or complaintId (ce_subject)
    time: str  #: legal time, ``YYYY-MM-DDTHH:MM:SS+08:00`` (ce_time)
    recorded: datetime  #: acceptance time, aware (ce_recordedtime)
    data: Mapping[str, Any]  #: the fields of the contract
    cause: str = ""  #: id of the event that caused this one (ce_causationid)
    sequence: int = 0  #: version of the aggregate after this event; 0 = not yet decided (ce_sequence)
    system: str = "hub"  #: last part of ce_source ``urn:guiyang:<party>:<system>``
    realm: str = ""  #: a scenario's own world; empty in real life (ce_realm)
    basis: str = ""  #: legal basis, for those who read headers only (ce_legalbasis)

    @property
    def aggregate(self) -> str:
        """First word of the type: inspection, matter, complaint, clock or receipt."""
        return self.type.partition(".")[0]


#: RFC 9562 §4.1: the two highest bits of the 17th hex digit are 10.
_VARIANT: Final = {digit: "89ab"[int(digit, 16) & 3] for digit in "0123456789abcdef"}
_ROOT: Final = sha1(NAMESPACE.bytes, usedforsecurity=False)


def derived_id(*parts: str) -> str:
    """UUIDv5 of what caused an event. No clock, random number or offset may be among *parts*."""
    # `uuid.uuid5` builds an object for what is wanted as text, at four times the cost; every event is named at least once.
    hashed = _ROOT.copy()
    hashed.update("\x1f".join(parts).encode())
    h = hashed.hexdigest()
    return f"{h[:8]}-{h[8:12]}-5{h[13:16]}-{_VARIANT[h[16]]}{h[17:20]}-{h[20:32]}"


def short_type(name: str) -> str:
    """Short name of a full or short CloudEvents type."""
    if name.startswith(TYPE_PREFIX) and name.endswith(TYPE_SUFFIX):
        return name[len(TYPE_PREFIX) : -len(TYPE_SUFFIX)]
    return name


def full_type(name: str) -> str:
    """CloudEvents type of a short name."""
    return f"{TYPE_PREFIX}{name}{TYPE_SUFFIX}"


def own_event_id(party: str, own_id: str) -> str:
    """Id of an event to which its sender gave the persistent id *own_id*. The party is in it: nobody can take another's id."""
    return derived_id(party, "ce", own_id)


def record_event_id(party: str, record_id: str, index: int) -> str:
    """Id of the *index*-th event of a record without persistent ids; *record_id* names the record (header ``ce_id``, else its digest)."""
    return derived_id(party, "record", record_id, str(index))
