"""Is the gateway alive, can it accept, and what has it done.

The one rule: ready means that an event posted now could be accepted: brokers, producer and store are asked, not assumed.
"""

from __future__ import annotations

from collections.abc import Mapping

from hub.gateway.http import Request, Response
from hub.gateway.metrics import Metrics
from hub.health import Check, Probes


class Health:
    """The probes and the metrics. An answer to ``/livez`` is itself the proof: the loop that gives it is the one that accepts."""

    def __init__(self, checks: Mapping[str, Check], metrics: Metrics) -> None:
        self.probes = Probes(checks)
        self._metrics = metrics

    async def livez(self, request: Request) -> Response:
        """``GET /livez``."""
        return Response(*await self.probes.livez())

    async def readyz(self, request: Request) -> Response:
        """``GET /readyz``, with ``?verbose`` every check by name."""
        status, body = await self.probes.readyz(verbose="verbose" in request.query)
        return Response(status, body, headers={} if status == 200 else {"retry-after": "2"})

    async def metrics(self, request: Request) -> Response:
        """``GET /metrics``."""
        return Response(200, self._metrics.text(), b"text/plain; version=0.0.4; charset=utf-8")
