"""What is posted: requests ready to be written to a socket, so that nothing is made while the clock runs.

The one rule: no two requests share an idempotency key and no two events an id, in any round of a run.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Final, Literal

import orjson

from connectors import own, registry
from tests.bench.work.plans import UNITS, plans

#: single: one CloudEvent · batch: a batch of CloudEvents · record: a batch in the words of the sender's own system
Kind = Literal["single", "batch", "record"]

DIALECT: Final = "brigade-json"
BRIGADE: Final = "GY-ZD"
PARTIES: Final = (BRIGADE, *UNITS)
TOKENS: Final = {party: f"token-of-{party}-0123456789" for party in PARTIES}
#: The installation that knows the brigade's system.
WORK: Final = Path(__file__).parents[1] / "work"


@dataclass(frozen=True, slots=True)
class Post:
    """One request, and how many events it carries."""

    raw: bytes
    events: int


def posts(kind: Kind, events: int, size: int, *, seed: int) -> list[Post]:
    """Requests with *events* events altogether, at most *size* in each. Another *seed* gives other events."""
    own.install(WORK)
    # Broken records are for the bench of the agents; here all must be accepted, or a refusal would look like speed.
    fresh = (sent.value for sent in plans(2 * events, seed=seed) if not sent.repeats and not sent.breaks)
    run = secrets.token_hex(4)
    numbered = (_numbered(value, f"{run}{number:08}") for number, value in enumerate(islice(fresh, events)))
    if kind == "record":
        return [
            _request(f"/v1/records/{DIALECT}", "application/json", BRIGADE, orjson.dumps(part), len(part))
            for part in _parts(numbered, size)
        ]
    return [
        _request("/v1/events", *_cloudevents(kind, part), len(part))
        for unit_plans in _by_unit(numbered).values()
        for part in _parts(iter(unit_plans), 1 if kind == "single" else size)
    ]


def _numbered(value: bytes, number: str) -> dict[str, Any]:
    plan: dict[str, Any] = orjson.loads(value)
    plan["报文编号"] = f"ZD-{number}"
    plan["内容"]["计划编号"] = f"JH-{number}"
    return plan


def _by_unit(numbered: Iterator[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """A party's credential sends its own facts only."""
    found: dict[str, list[dict[str, Any]]] = {unit: [] for unit in UNITS}
    for plan in numbered:
        found[plan["执法单位"]].append(plan)
    return found


def _parts(numbered: Iterator[dict[str, Any]], size: int) -> Iterator[list[dict[str, Any]]]:
    while part := list(islice(numbered, size)):
        yield part


def _cloudevents(kind: Kind, part: list[dict[str, Any]]) -> tuple[str, str, bytes]:
    """Content type, party and body of *part* as canonical events."""
    party = part[0]["执法单位"]
    events = [
        {
            "specversion": "1.0",
            "id": draft.own_id,
            "type": draft.type,
            "source": f"urn:guiyang:{party}:plans",
            "data": draft.data,
        }
        for draft in registry.read(DIALECT, orjson.dumps(part), "application/json")
    ]
    if kind == "single":
        return "application/cloudevents+json", party, orjson.dumps(events[0])
    return "application/cloudevents-batch+json", party, orjson.dumps(events)


def _request(path: str, content_type: str, party: str, body: bytes, events: int) -> Post:
    head = (
        f"POST {path} HTTP/1.1\r\nHost: hub\r\nAuthorization: Bearer {TOKENS[party]}\r\n"
        f"Idempotency-Key: {secrets.token_hex(16)}\r\nContent-Type: {content_type}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return Post(head.encode() + body, events)
