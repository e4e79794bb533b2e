"""Systems that speak HTTP: events in batches and alone, tried again under the same key until there is an answer."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from uuid import uuid4

import httpx
import orjson

from tests.faults.journal import Journal
from tests.faults.load import Fact

_SINGLE, _BATCH = "application/cloudevents+json", "application/cloudevents-batch+json"
_PAUSE_SECONDS = 0.3


class NotAccepted(AssertionError):
    """The hub refused what the contract allows, or gave no answer within the limit."""


class Gateway:
    def __init__(self, base: str, tokens: Mapping[str, str], journal: Journal, limit_seconds: float) -> None:
        self._http = httpx.AsyncClient(base_url=base, trust_env=False, timeout=15)
        self._tokens = tokens
        self._journal = journal
        self._limit = limit_seconds
        #: Answers other than 2xx, by status; 0: no answer.
        self.failures: dict[int, int] = {}

    async def send(self, facts: Sequence[Fact]) -> None:
        """Send *facts* of one party in one request and return once they are accepted."""
        party = facts[0].party
        self._journal.write(fact.sent() for fact in facts)
        single = len(facts) == 1
        body = orjson.dumps(facts[0].cloudevent() if single else [fact.cloudevent() for fact in facts])
        headers = {
            "authorization": f"Bearer {self._tokens[party]}",
            "content-type": _SINGLE if single else _BATCH,
            "idempotency-key": f"faults-{uuid4().hex}",
        }
        answer = await self._answer(body, headers)
        accepted = {each["id"] for each in answer.json()["accepted"]}
        self._journal.write(
            {"event": "answered", "party": party, "id": fact.id, "accepted": fact.id in accepted, "status": 202}
            for fact in facts
        )
        if len(accepted) < len({fact.id for fact in facts}):
            raise NotAccepted(answer.text[:2000])

    async def _answer(self, body: bytes, headers: Mapping[str, str]) -> httpx.Response:
        until = time.monotonic() + self._limit
        while True:
            status = 0
            try:
                answer = await self._http.post("/v1/events", content=body, headers=headers)
                status = answer.status_code
                if status == httpx.codes.ACCEPTED:
                    return answer
                if status < 500 and status not in (409, 429):
                    raise NotAccepted(f"{status} {answer.text[:2000]}")
            except httpx.TransportError:
                pass
            self.failures[status] = self.failures.get(status, 0) + 1
            if time.monotonic() > until:
                raise NotAccepted(f"no 2xx within {self._limit:g} s, the last was {status}")
            await asyncio.sleep(_PAUSE_SECONDS)

    async def close(self) -> None:
        await self._http.aclose()
