"""All aggregates as one world (contract §10)."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from hub.play.scenario import Fact, read
from hub.play.world import event_of
from hub.reference import load
from hub.rules.ledger import Refusal, Routed, Step
from hub.rules.pipeline import World, deliveries
from hub.rules.state import decode, encode

FILES = sorted((Path(__file__).parent.parent / "scenarios").glob("*.yaml"))


def ticket(key: str, at: str, identity: str, **data: object) -> Fact:
    plain = {
        "complaintId": key, "complaintNo": key, "receivedAt": at, "channel": "12345", "kind": "投诉", "content": "c", "address": "a",
        "divisionCode": "520102", "itemSector": "YJJ", "anonymous": False, "confidential": False,
    }  # fmt: skip
    return Fact(datetime.fromisoformat(at), "complaint.ticket.received", "GY-12345", {**plain, **data}, identity)


def accept(world: World, fact: Fact) -> list[Step]:
    return world.accept(event_of(fact), fact.at)


def test_timers_of_all_aggregates_fire_in_the_order_of_their_time() -> None:
    world = World(load())
    accept(world, ticket("B", "2026-03-02T09:00:00+08:00", "1"))
    accept(world, ticket("A", "2026-03-03T09:00:00+08:00", "2"))
    steps = world.tick(datetime.fromisoformat("2026-06-01T09:00:00+08:00"))
    times = [step.event.recorded for step in steps if isinstance(step, Routed)]
    assert times == sorted(times)
    assert {step.event.key for step in steps[:2] if isinstance(step, Routed)} == {"A", "B"}


def test_a_repeat_says_nothing_even_if_it_was_refused() -> None:
    world = World(load())
    wrong = ticket("A", "2026-03-02T09:00:00+08:00", "1", kind="吵架")
    assert [step.refused.code for step in accept(world, wrong) if isinstance(step, Refusal)] == ["INVALID_FIELD"]
    assert accept(world, wrong) == []
    assert accept(world, ticket("A", "2026-03-02T09:00:00+08:00", "1")) == []
    assert accept(world, ticket("A", "2026-03-02T09:00:00+08:00", "2")) != []


def test_a_calendar_goes_to_every_aggregate() -> None:
    world = World(load())
    for key in ("A", "B"):
        accept(world, ticket(key, "2026-12-28T09:00:00+08:00", key))
    year = {
        "year": 2027,
        "loadedAt": "2026-12-29T09:00:00+08:00",
        "noticeNo": "n",
        "offDays": ["2027-01-04"],
        "workDays": [],
    }
    loaded = Fact(
        datetime.fromisoformat("2026-12-29T09:00:00+08:00"), "clock.calendar.loaded", "GY-ZHZFJ", year, "calendar"
    )
    steps = [step for step in accept(world, loaded) if isinstance(step, Routed)]
    recalculated = [step.event for step in steps if step.event.type == "clock.recalculated"]
    assert {(event.key, event.data["clock"]) for event in recalculated} == {("A", "C03"), ("B", "C03")}
    assert {event.data["dueAt"] for event in recalculated} == {"2027-01-19"}
    assert 2027 in world.reference.calendar.known_years


def shuffled(facts: Sequence[Fact], chance: random.Random) -> list[Fact]:
    """Some facts come late, one twice, one never."""
    order = list(facts)
    for _ in range(chance.randint(1, 4)):
        order.insert(chance.randrange(len(order)), order.pop(chance.randrange(len(order))))
    again = chance.choice(facts)
    order.insert(chance.randrange(len(order)), replace(again, id=f"{again.id}-again"))
    order.pop(chance.randrange(len(order)))
    return order


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_any_order_of_arrival_is_borne(path: Path) -> None:
    scenario = read(path, load())
    chance = random.Random(path.stem)
    for _ in range(5):
        world = World(load().with_policy(scenario.policy))
        now = scenario.given[0].at
        ids: list[str] = []
        for fact in shuffled(scenario.given, chance):
            now = max(now, fact.at)
            steps = world.accept(event_of(fact), now) if fact.event else world.tick(now)
            made = [step for step in steps if isinstance(step, Routed) and step.decision]
            ids += [step.event.id for step in made]
            assert all(
                party and data is not None
                for step in made
                for party, data in ((d.party, d.data) for d in deliveries(step))
            )
        world.tick(now + timedelta(days=400))
        assert len(set(ids)) == len(ids)
        for state in world.states.values():
            assert decode(encode(state), type(state)) == state
            assert [row for row in state.clocks if row.state == "RUNNING"] == []
