"""Put agents into a Faust app: one channel and some lines each.

The one rule: an agent's body does nothing but hand its batch on, inside ``with batch``, so that whatever goes wrong ends
the process before an offset can move.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import faust

from hub.agents import deliver
from hub.agents.aggregate import AggregateAgent
from hub.agents.translate import Translator
from hub.engine.batch import Batch
from hub.engine.flow import Flow
from hub.engine.settings import EngineSettings
from hub.engine.worker import EngineApp, install
from hub.reference import Reference
from hub.rules.aggregate import Aggregate
from hub.rules.complaint import COMPLAINT
from hub.rules.inspection import INSPECTION
from hub.rules.matter import MATTER
from hub.topics import Topics

#: Every agent, in the order of the data's way.
AGENTS = ("translate", "inspections", "matters", "complaints", "deliver")
_RULES: Mapping[str, Aggregate[Any]] = {"inspections": INSPECTION, "matters": MATTER, "complaints": COMPLAINT}

Handle = Callable[[Batch], None]


@dataclass(frozen=True)
class Lookups:
    """What every agent looks up. *virtual_time*: honour the realms and times of a development gateway."""

    topics: Topics
    reference: Reference
    virtual_time: bool = False


def agent(name: str, here: Lookups) -> tuple[Flow, Handle]:
    """What the agent *name* reads, and what it does with a batch."""
    if name == "translate":
        translator = Translator(here.topics, here.reference, here.virtual_time)
        return translator.flow(), translator.handle
    if name == "deliver":
        return deliver.flow(here.topics), lambda batch: deliver.handle(batch, here.topics)
    decider = AggregateAgent(name, _RULES[name], here.topics, here.reference)
    return decider.flow(), decider.handle


def install_agents(
    app: EngineApp, names: Iterable[str], here: Lookups, settings: EngineSettings, bootstrap: str
) -> None:
    """Have *app* run the agents *names*."""
    for name in names:
        _install(app, name, agent(name, here), settings, bootstrap)


def _install(app: EngineApp, name: str, what: tuple[Flow, Handle], settings: EngineSettings, bootstrap: str) -> None:
    flow, handle = what
    channel = install(app, flow, settings, bootstrap)

    @app.agent(channel, name=name, concurrency=flow.shards)
    async def run(batches: faust.StreamT[Batch]) -> None:
        async for batch in batches:
            with batch:
                handle(batch)
