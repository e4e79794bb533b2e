"""The way of an event, for the party that sent it: `GET /v1/trace/{id}`.

The one rule: a party sees the way of its own events and of nothing else; to all others such an event does not exist.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import Any, Final

import orjson
from aiokafka.errors import KafkaError

from hub.gateway.http import Request, Response
from hub.gateway.problem import Problem, retry_after
from hub.log import get_logger
from hub.ops.trace import Hop, read_trace
from hub.topics import Topics

log = get_logger(__name__)

TRACE: Final = "/v1/trace/"
_DAYS: Final = 7
_SECONDS: Final = 20.0


@dataclass(frozen=True)
class Trace:
    """What telling the way of an event needs. Reading logs is dear, so it is done for one request at a time."""

    bootstrap: str
    topics: Topics
    turn: asyncio.Lock

    async def trace(self, request: Request) -> Response:
        """``GET /v1/trace/{id}``: the hops of one's own event, oldest first; the last seven days."""
        event_id = request.path.removeprefix(TRACE)
        since_ms = int((time.time() - _DAYS * 86_400) * 1000)
        try:
            async with asyncio.timeout(_SECONDS), self.turn:
                hops = await read_trace(self.bootstrap, self.topics, event_id, since_ms=since_ms)
        except (KafkaError, TimeoutError) as error:
            log.warning("trace.unreadable", error_type=type(error).__name__)
            raise retry_after("HUB-1502", 5) from None
        own = [hop for hop in hops if hop.event_id in ("", event_id) or hop.station == "refused"]
        if not self._is_senders(own, request.party):
            raise Problem("HUB-1010")
        return Response(200, orjson.dumps({"id": event_id, "hops": [_told(hop) for hop in own]}))

    def _is_senders(self, hops: list[Hop], party: str) -> bool:
        """Sent by *party*: it came in on its topic, or speaks for it."""
        return any(hop.station in ("received", "translated", "refused") and hop.party == party for hop in hops)


def _told(hop: Hop) -> dict[str, Any]:
    told = {"station": hop.station, "atMs": hop.at_ms, "party": hop.party, "type": hop.type, "note": hop.note}
    return {name: value for name, value in told.items() if value}
