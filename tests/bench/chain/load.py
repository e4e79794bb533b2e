"""The load: inspection plans of one bureau, each for an enterprise of its own, ready to be posted.

The one rule: all bytes exist before the first is sent, so that what is measured is the hub and not its measurer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import orjson

from hub.canonical.event import own_event_id
from hub.canonical.identifiers import uscc_check_char
from tests.hub.facts import plan

#: A bureau without a handler, whose system takes its deliveries itself: no other process of the hub has work with them.
SENDER: Final = "GY-WLJ"
#: Each plan has one decision for the bureau that must keep to it, on its own topic, beside the receipt of each plan.
RECEIVER: Final = SENDER
DECIDED: Final = b"cn.guiyang.hub.inspection.plan.decided.v1"

_SINGLE: Final = "application/cloudevents+json"
_BATCH: Final = "application/cloudevents-batch+json"


@dataclass(frozen=True, slots=True)
class Posting:
    """One request: the bytes on the wire, and the ids its events will have."""

    request: bytes
    event_ids: tuple[str, ...]


def postings(count: int, token: str, *, per_post: int = 1, run: str = "a") -> list[Posting]:
    """*count* plans, *per_post* in a request; *run* keeps the ids of several runs against one hub apart."""
    template: dict[str, Any] = {"specversion": "1.0", "source": f"urn:guiyang:{SENDER}:bench"} | plan("", "", SENDER)
    plans = [_plan(template, run, number) for number in range(count)]
    return [
        _posting(plans[first : first + per_post], token, single=per_post == 1) for first in range(0, count, per_post)
    ]


def _plan(template: dict[str, Any], run: str, number: int) -> dict[str, Any]:
    own_id = f"chain-{run}-{number:09}"
    firm = f"91520102M{run[0].upper()}{number:07}"
    data = template["data"]
    subject = data["subject"] | {"uscc": firm + uscc_check_char(firm)}
    return template | {"id": own_id, "data": data | {"planId": own_id, "subject": subject}}


def _posting(plans: Sequence[dict[str, Any]], token: str, *, single: bool) -> Posting:
    body = orjson.dumps(plans[0] if single else plans)
    head = (
        f"POST /v1/events HTTP/1.1\r\nHost: gateway\r\nAuthorization: Bearer {token}\r\n"
        f"Content-Type: {_SINGLE if single else _BATCH}\r\nIdempotency-Key: {plans[0]['id']:0>24}\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return Posting(head.encode() + body, tuple(own_event_id(SENDER, each["id"]) for each in plans))
