"""The table of routes, and what happens around each of them: who asks, how often, what is said, what is logged.

The one rule: what is not in `ROUTES` does not exist. Whoever may call a route stands beside it, and the published
description is made from the same table.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Final, Literal

from uvicorn._types import ASGIReceiveCallable, ASGISendCallable, Scope

from hub.canonical.refused import Refused
from hub.gateway.accept import EVENTS, RECORDS, Acceptance
from hub.gateway.credentials import FailedLogins, Tokens
from hub.gateway.health import Health
from hub.gateway.http import ClientGone, Request, Response
from hub.gateway.metrics import Metrics
from hub.gateway.openapi import description
from hub.gateway.problem import Problem, retry_after
from hub.gateway.protocol import EXTENSION, GuardedHttp
from hub.gateway.pull import Pull
from hub.gateway.throttle import Concurrency
from hub.gateway.trace import TRACE, Trace
from hub.log import get_logger

log = get_logger(__name__)

Handler = Callable[[Request], Awaitable[Response]]
#: open: anybody · write, poll: a party, within its number of requests at once · operator: see `hub.gateway.dev`
Access = Literal["open", "write", "poll"]


@dataclass(frozen=True, slots=True)
class Route:
    """One call."""

    method: str
    path: str
    access: Access
    handler: str  #: which method of which room answers


ROUTES: Final = (
    Route("POST", EVENTS, "write", "acceptance.events"),
    Route("POST", RECORDS + "{dialect}", "write", "acceptance.records"),
    Route("GET", "/v1/deliveries", "poll", "pull.deliveries"),
    Route("POST", "/v1/deliveries/ack", "poll", "pull.acknowledge"),
    Route("GET", TRACE + "{id}", "poll", "trace.trace"),
    Route("POST", "/v1/dev/control", "write", "acceptance.control"),
    Route("GET", "/livez", "open", "health.livez"),
    Route("GET", "/readyz", "open", "health.readyz"),
    Route("GET", "/metrics", "open", "health.metrics"),
    Route("GET", "/openapi.json", "open", "gateway.openapi"),
)


@dataclass(frozen=True)
class Gateway:
    """The ASGI application. Making one touches nothing."""

    acceptance: Acceptance
    pull: Pull
    trace: Trace
    health: Health
    tokens: Tokens
    failed_logins: FailedLogins
    concurrency: Mapping[Access, Concurrency]
    metrics: Metrics

    async def openapi(self, request: Request) -> Response:
        """``GET /openapi.json``."""
        return Response(200, description([(route.method, route.path, route.access != "open") for route in ROUTES]))

    async def __call__(self, scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        if scope["type"] != "http":
            return
        began = time.perf_counter()
        request: Request | None = None
        route: Route | None = None
        try:
            request = Request(scope, receive)
            route = _route(request)
            response = await self._answer(route, request)
        except ClientGone:
            log.info("request.abandoned", route=route.path if route else "")
            return
        except (Problem, Refused) as error:
            problem = error if isinstance(error, Problem) else Problem.of(error, error.pointer)
            response = Response.of(problem, request.id if request else "")
            if request:
                request.told["code"] = problem.code
        except Exception:
            log.exception("request.failed", request_id=request.id if request else "", route=route.path if route else "")
            response = Response.of(Problem("HUB-1503"), request.id if request else "")
        self._tell(request, route, response, time.perf_counter() - began)
        await response.send(send, request.id if request else "")

    async def _answer(self, route: Route, request: Request) -> Response:
        handler = self._handler(route)
        if route.access == "open":
            return await handler(request)
        request.party = self._party(request)
        connection = (request.scope.get("extensions") or {}).get(EXTENSION)
        if isinstance(connection, GuardedHttp):
            connection.claim(request.party)
        with self.concurrency[route.access].one(request.party):
            return await handler(request)

    def _handler(self, route: Route) -> Handler:
        room, _, name = route.handler.partition(".")
        handler: Handler = getattr(self if room == "gateway" else getattr(self, room), name)
        return handler

    def _party(self, request: Request) -> str:
        kind, _, token = request.headers.get(b"authorization", b"").partition(b" ")
        party = self.tokens.party_of(token.strip()) if kind.lower() == b"bearer" else None
        if party is not None:
            return party
        self.metrics.count("hub_failed_logins_total")
        client = request.scope["client"]
        wait = self.failed_logins.failed(client[0] if client else "")
        if wait:
            log.warning("login.held_off", request_id=request.id, source=client[0] if client else "")
            raise retry_after("HUB-1102", wait)
        raise Problem("HUB-1101", headers={"www-authenticate": 'Bearer realm="hub"'})

    def _tell(self, request: Request | None, route: Route | None, response: Response, seconds: float) -> None:
        path = route.path if route else ""
        self.metrics.count("hub_http_requests_total", route=path, status=str(response.status))
        self.metrics.time("hub_http_request_seconds", seconds, route=path)
        if request is None or (route is not None and route.access == "open"):
            return
        log.info(
            "request.answered",
            request_id=request.id,
            method=request.method,
            route=path,
            status=response.status,
            party=request.party,
            duration_ms=round(seconds * 1000, 2),
            **request.told,
        )


_EXACT: Final[Mapping[tuple[str, str], Route]] = {(route.method, route.path): route for route in ROUTES}
#: Routes whose last segment is a name; the path before it → the route.
_NAMED: Final = {RECORDS: _EXACT["POST", RECORDS + "{dialect}"], TRACE: _EXACT["GET", TRACE + "{id}"]}


def _route(request: Request) -> Route:
    route = _EXACT.get((request.method, request.path))
    if route is not None:
        return route
    before, _, name = request.path.rpartition("/")
    named = _NAMED.get(f"{before}/") if name else None
    if named is not None and named.method == request.method:
        return named
    allowed = [named.method] if named else [each.method for each in ROUTES if each.path == request.path]
    if not allowed:
        raise Problem("HUB-1010")
    raise Problem("HUB-1011", headers={"allow": ", ".join(allowed)})
