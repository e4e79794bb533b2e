"""The way in: a Faust app without Faust's Kafka, and the flows installed in it.

One rule: an agent gets its batches over a channel of its own, and the app's flow control is opened once and never again.
Channels start suspended, every second opening empties them, and a batch lost in a channel stops its lane.

Faust's own consumer, producer, tables and web server are off: it runs agents, timers and services, and nothing else.
"""

from __future__ import annotations

import gc
import logging
import tempfile
from pathlib import Path
from typing import Any

from hub.engine.faust_light import BootStrategy, NoHttpClient, faust
from hub.engine.flow import Flow
from hub.engine.intake import Intake
from hub.engine.settings import EngineSettings


class WithoutBroker(BootStrategy):
    """Start agents and services, nothing that talks to Kafka."""

    enable_kafka = False
    enable_kafka_consumer = False
    enable_kafka_producer = False
    enable_web = False


class EngineApp(faust.App):
    BootStrategy = WithoutBroker

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        #: The flows of this worker, and the intake of each that has been started.
        self.flows: dict[str, Flow] = {}
        self.intakes: dict[str, Intake] = {}

    @property
    def ready(self) -> bool:
        """Whether every lane given to this worker runs."""
        return self.intakes.keys() == self.flows.keys() and all(each.ready.is_set() for each in self.intakes.values())


def create_app(name: str) -> EngineApp:
    """An app that does nothing until something is installed."""
    for noisy in ("aiokafka", "faust", "mode"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    return EngineApp(
        name,
        autodiscover=False,
        web_enabled=False,
        HttpClient=NoHttpClient,
        worker_redirect_stdouts=False,
        datadir=Path(tempfile.gettempdir()) / f"faust-{name}",  # created at start, never written to
    )


def install(app: EngineApp, flow: Flow, settings: EngineSettings, bootstrap: str) -> faust.ChannelT[Any]:
    """Have *flow* fetched and committed by *app*; its agent takes batches from the channel returned::

    channel = install(app, flow, settings, bootstrap)

    @app.agent(channel, concurrency=flow.shards)
    async def visits(batches):
        async for batch in batches:
            with batch:
                decide(batch)  # sync: nothing may happen between taking a batch and settling it
    """
    if flow.name in app.flows:
        raise ValueError(f"flow {flow.name} is installed already")
    app.flows[flow.name] = flow
    channel = app.channel(maxsize=1)

    def before_start() -> None:
        if not channel.subscriber_count:
            raise RuntimeError(f"no agent takes the batches of {flow.name}")
        if not app.flow_control.is_active():
            app.flow_control.resume()

    class FlowIntake(Intake):
        def __init__(self, **service: Any) -> None:
            super().__init__(
                flow=flow,
                settings=settings,
                bootstrap=bootstrap,
                put=channel.put,
                before_start=before_start,
                **service,
            )
            app.intakes[flow.name] = self

    app.service(FlowIntake)
    return channel


def run(app: EngineApp) -> None:
    """Run *app* until a signal ends it."""
    import uvloop  # noqa: PLC0415 - only the process that runs an app gets another loop

    # What is loaded by now stays; and a batch makes ten thousands of values that die with it. Looking through them for cycles
    # every 700 takes a fifth of all processor time, and there are next to none.
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)
    loop = uvloop.new_event_loop()
    worker = faust.Worker(app, loop=loop, loglevel="WARNING", quiet=True, redirect_stdouts=False)
    worker.execute_from_commandline()
