"""Where a verb that explains finds the states it explains: in the running hub, or in a scenario played for it.

The one rule: both give the same, and a scenario needs no Kafka, nor imports any.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from hub.canonical.event import Event
from hub.cli.exits import Exit, Failed
from hub.cli.language import say
from hub.cli.trial import files
from hub.play.scenario import Malformed, read
from hub.play.world import play_out
from hub.reference import Reference
from hub.rules.ledger import Routed
from hub.rules.state import Common

if TYPE_CHECKING:
    from hub.boot import Hub
    from hub.ops.states import Stored

_Function = TypeVar("_Function", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Situation:
    """States of aggregates, and the reference that holds where they are."""

    states: tuple[tuple[str, Common], ...]  #: (aggregate, state)
    reference: Reference
    shipped: Reference  #: the same without the years announced since
    history: Callable[[str], list[Event]]  #: clock id → everything said of that clock


def situation_options(function: _Function) -> _Function:
    """``--scenario``, ``--bootstrap`` and ``--realm`` for a verb that takes these arguments."""
    options: Iterable[Callable[[_Function], _Function]] = (
        click.option("--realm", default="", hidden=True),
        click.option(
            "--bootstrap",
            default=None,
            help=say("Kafka 地址;默认为正在运行的 hub dev", "Kafka; default: the hub dev that runs here"),
        ),
        click.option(
            "--scenario",
            type=click.Path(path_type=Path),
            help=say(
                "不看运行中的枢纽,推演该场景后的状态", "Not the running hub, but what this scenario leaves behind"
            ),
        ),
    )
    for option in options:
        function = option(function)
    return function


def look(aggregates: Iterable[str], scenario: Path | None, bootstrap: str | None, realm: str) -> Situation:
    """The states of *aggregates*. Exit 2 if the scenario is none, 3 and 4 as for every verb that asks Kafka."""
    if scenario is None:
        return _running(tuple(aggregates), bootstrap, realm)
    base = files(None)
    try:
        script = read(scenario, base)
    except Malformed as error:
        raise Failed(Exit.USAGE, str(error)) from None
    world, steps = play_out(script, base)
    told = [step.event for step in steps if isinstance(step, Routed) and step.event.type.startswith("clock.")]
    states = tuple((aggregate, state) for (aggregate, _), state in world.states.items() if aggregate in aggregates)
    return Situation(
        states,
        world.reference,
        base.with_policy(script.policy),
        lambda clock_id: [event for event in told if event.data.get("clockId") == clock_id],
    )


def _running(aggregates: tuple[str, ...], bootstrap: str | None, realm: str) -> Situation:
    import asyncio  # noqa: PLC0415 - a scenario needs no event loop and no Kafka

    from hub.boot import hub  # noqa: PLC0415
    from hub.cli.reach import reaching  # noqa: PLC0415
    from hub.ops.states import clock_events, stored  # noqa: PLC0415

    here = hub()
    with reaching(here, bootstrap) as cluster:
        found = asyncio.run(stored(cluster, here.topics, aggregates, realm))

    def history(clock_id: str) -> list[Event]:
        with reaching(here, bootstrap) as cluster:
            return asyncio.run(clock_events(cluster, here.topics, clock_id, realm))

    return _read(here, found, history)


def _read(here: Hub, found: Stored, history: Callable[[str], list[Event]]) -> Situation:
    from hub.agents.realms import told  # noqa: PLC0415
    from hub.rules.pipeline import AGGREGATES  # noqa: PLC0415
    from hub.rules.state import NewerFormat, decode  # noqa: PLC0415

    kinds: Mapping[str, type[Common]] = {name: aggregate.state_type for name, aggregate in AGGREGATES.items()}
    try:
        states = tuple((aggregate, decode(raw, kinds[aggregate])) for aggregate, raw in found.states)
    except NewerFormat as newer:
        raise Failed(Exit.INCOMPATIBLE, str(newer)) from None
    return Situation(
        states,
        told(here.reference, found.policy, found.notices),
        told(here.reference, found.policy, None),
        history,
    )
