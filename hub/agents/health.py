"""Is this worker alive, and does every partition it was given move? Two answers on a loopback port.

The one rule: readiness watches progress, not the process: a worker that runs but stands still is not ready.
"""

from __future__ import annotations

import asyncio
from typing import Any

import uvicorn
from mode import Service
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from hub.engine.worker import EngineApp


def serve_health(app: EngineApp, port: int, host: str = "127.0.0.1") -> None:
    """Have *app* answer ``/livez`` and ``/readyz`` on *port*."""

    async def livez(request: Request) -> JSONResponse:
        return JSONResponse({"status": "ok"})

    async def readyz(request: Request) -> JSONResponse:
        checks = {name: _check(app, name) for name in app.flows}
        ready = app.ready and all(check["ready"] for check in checks.values())
        return JSONResponse(
            {"status": "ok" if ready else "unready", "checks": checks}, status_code=200 if ready else 503
        )

    routes = Starlette(routes=[Route("/livez", livez), Route("/readyz", readyz)])

    class Health(Service):
        async def on_start(self) -> None:
            config = uvicorn.Config(routes, host=host, port=port, log_level="warning", lifespan="off", access_log=False)
            self._server = uvicorn.Server(config)
            self._task = asyncio.create_task(self._server._serve())  # noqa: SLF001 - serve() would take the worker's signals

        async def on_stop(self) -> None:
            self._server.should_exit = True
            await asyncio.wait([self._task], timeout=2)

    app.service(Health)


def _check(app: EngineApp, name: str) -> dict[str, Any]:
    intake = app.intakes.get(name)
    if intake is None:
        return {"ready": False, "partitions": []}
    partitions = intake.progress()
    return {
        "ready": intake.ready.is_set() and all(each["state"] != "stalled" for each in partitions),
        "partitions": [each for each in partitions if each["state"] != "running" or each["position"] != each["end"]],
    }
