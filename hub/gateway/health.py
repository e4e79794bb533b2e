"""Is the gateway alive, can it accept, and what has it done.

The one rule: ready means that an event posted now could be accepted: brokers, producer and store are asked, not assumed.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Final

import orjson
import structlog

from hub.gateway.http import Request, Response
from hub.gateway.metrics import Metrics

log = structlog.get_logger(__name__)

_KEPT_SECONDS: Final = 0.5  # a crowd of probes costs one question
_PATIENCE_SECONDS: Final = 3.0


class Health:
    """The probes and the metrics."""

    def __init__(self, checks: Mapping[str, Callable[[], Awaitable[None]]], metrics: Metrics) -> None:
        self._checks = checks
        self._metrics = metrics
        self._asked = 0.0
        self._results: dict[str, str] = {}
        self._lock = asyncio.Lock()
        self.stopping = False

    async def livez(self, request: Request) -> Response:
        """``GET /livez``: the loop answers."""
        return Response(200, b'{"status":"ok"}')

    async def readyz(self, request: Request) -> Response:
        """``GET /readyz``, with ``?verbose`` every check by name."""
        async with self._lock:
            if time.monotonic() - self._asked > _KEPT_SECONDS:
                names = list(self._checks)
                results = await asyncio.gather(*(self._ask(name) for name in names))
                self._results = dict(zip(names, results, strict=True))
                self._asked = time.monotonic()
        results_now = self._results | ({"stopping": "yes"} if self.stopping else {})
        ready = all(result == "ok" for result in results_now.values())
        said: dict[str, object] = {"status": "ok" if ready else "unavailable"}
        if "verbose" in request.query:
            said["checks"] = results_now
        return Response(200 if ready else 503, orjson.dumps(said), headers={} if ready else {"retry-after": "2"})

    async def metrics(self, request: Request) -> Response:
        """``GET /metrics``."""
        return Response(200, self._metrics.text(), b"text/plain; version=0.0.4; charset=utf-8")

    async def _ask(self, name: str) -> str:
        try:
            await asyncio.wait_for(self._checks[name](), _PATIENCE_SECONDS)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is why we are not ready
            log.warning("check.failed", check=name, error_type=type(error).__name__)
            return type(error).__name__
        return "ok"
