"""Does every partition this worker was given move?

The one rule: readiness watches progress, not the process: a worker that runs but stands still is not ready.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from mode import Service

from hub.engine.intake import Intake, PartitionProgress
from hub.engine.worker import EngineApp
from hub.health import Probes, serve


def serve_health(app: EngineApp, port: int) -> None:
    """Have *app* answer ``/livez`` and ``/readyz`` on *port*: one check for each of its flows."""
    probes = Probes({name: _check(app, name) for name in app.flows}, lambda: _progress(app))

    class Health(Service):
        async def on_start(self) -> None:
            self._serving = serve(probes, port)

        async def on_stop(self) -> None:
            self._serving.close()

    app.service(Health)


def _check(app: EngineApp, name: str) -> Callable[[], Awaitable[str | None]]:
    async def check() -> str | None:
        intake = app.intakes.get(name)
        return "not started" if intake is None else _wrong(intake)

    return check


def _wrong(intake: Intake) -> str | None:
    """What keeps the flow from moving, in a word, with the first partition it is true of."""
    if intake.broker_silent:
        return "the broker does not say where the logs end"
    stalled = [each for each in intake.progress() if each["state"] == "stalled"]
    if stalled:
        return f"stalled: {_place(stalled[0])}" + (f" and {len(stalled) - 1} more" if len(stalled) > 1 else "")
    return None if intake.ready.is_set() else "lanes are opening"


def _place(each: PartitionProgress) -> str:
    return f"{each['topic']}/{each['partition']} at {each['position']} of {each['end']}"


def _progress(app: EngineApp) -> Mapping[str, Any]:
    """Every partition that is behind or not running."""
    behind = {
        name: [each for each in intake.progress() if each["state"] != "running" or each["position"] != each["end"]]
        for name, intake in app.intakes.items()
    }
    return {"partitions": behind}
