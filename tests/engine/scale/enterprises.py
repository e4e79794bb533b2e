"""States of enterprises as the inspection aggregate really writes them, as many as one likes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from hub import reference
from hub.play.scenario import read
from hub.play.world import event_of
from hub.rules.pipeline import World
from hub.rules.state import encode

_SMALLEST, _LARGEST = 1_000, 4_000


def samples() -> list[tuple[bytes, bytes]]:
    """(key, encoded state) of every enterprise of the acceptance cases that has had some dealings."""
    found: list[tuple[bytes, bytes]] = []
    here = reference.load()
    for path in sorted((Path(__file__).parents[2] / "scenarios").glob("*.yaml")):
        scenario = read(path, here)
        world = World(here.with_policy(scenario.policy))
        for fact in scenario.given:
            if fact.event:
                world.accept(event_of(fact), fact.at)
            else:
                world.tick(fact.at)
        for (aggregate, key), state in world.states.items():
            written = encode(state)
            if aggregate == "inspection" and _SMALLEST <= len(written) <= _LARGEST:
                found.append((key.encode(), written))
    return found


def enterprises(number: int) -> Iterator[tuple[bytes, bytes]]:
    """*number* of them, each under a key of its own that stands in the state too."""
    known = samples()
    for count in range(number):
        old, state = known[count % len(known)]
        key = b"91520%013d" % count
        yield key, state.replace(old, key)
