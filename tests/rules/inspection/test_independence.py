"""Whole lives again: what a decision must never depend on, and what merging must never cost (hypothesis).

First come, first served holds where the contract says so and nowhere else: closing is final, and a frozen unit holds those who
come later. Everything else here is stated without exception.
"""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub.canonical.event import Event
from hub.reference import load
from hub.rules.inspection import Enterprise
from hub.rules.ledger import Refusal, Routed, Step
from hub.rules.pipeline import World
from hub.rules.state import encode
from tests.rules.inspection.desk import OTHER, USCC, Desk
from tests.rules.inspection.test_lives import AGENCIES, Life, acts
from tests.rules.inspection.test_properties import APART, SETTINGS, Fact, facts, play, result
from tests.rules.matter.thread import YJJ
from tests.rules.matter.thread import fact as matter_fact

LIVES = settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
POLICY = {"caps": {"MEDIUM": 2}, "gapDays": 5}

Heard = tuple[Event | None, datetime]  #: a fact and when it arrived; None: a tick


class Recorder(World):
    """A world that remembers what it heard."""

    heard: list[Heard]

    def accept(self, event: Event, now: datetime) -> list[Step]:
        self.heard.append((event, now))
        return super().accept(event, now)

    def tick(self, now: datetime) -> list[Step]:
        self.heard.append((None, now))
        return super().tick(now)


def lived(story: Sequence[tuple[str, str, int]]) -> tuple[Life, list[Heard]]:
    life = Life()
    world = life.desk.world = Recorder(load().with_policy(POLICY))
    world.heard = []
    life.desk.profile(version=1)
    for what, plan, number in story:
        life.act(what, plan, number)
    return life, list(world.heard)


def hear(world: World, heard: Sequence[Heard]) -> list[Step]:
    return [step for event, now in heard for step in (world.accept(event, now) if event else world.tick(now))]


def written(steps: Sequence[Step]) -> list[Any]:
    return [
        (step.event, step.recipients) if isinstance(step, Routed) else (step.event.id, step.refused.code)
        for step in steps
        if step.event.aggregate == "inspection" and step.event.key == USCC
    ]


def enterprise(world: World) -> Enterprise:
    state = world.states["inspection", USCC]
    assert isinstance(state, Enterprise)
    return state


@LIVES
@given(acts)
def test_a_replay_emits_nothing_new(story: list[tuple[str, str, int]]) -> None:
    """The whole log once more into the state it made: not one step; into an empty world: the same steps, byte for byte."""
    life, heard = lived(story)
    before = encode(life.desk.state)
    now = heard[-1][1]
    again = [step for event, _ in heard if event for step in life.desk.world.accept(event, now)]
    assert again == []
    assert encode(life.desk.state) == before

    fresh = World(load().with_policy(POLICY))
    assert written(hear(fresh, heard)) == written(life.desk.steps)
    assert encode(enterprise(fresh)) == before


@LIVES
@given(acts, st.lists(st.integers(0, 40), max_size=12))
def test_what_other_aggregates_do_changes_nothing(story: list[tuple[str, str, int]], places: list[int]) -> None:
    """Another enterprise, a matter and a complaint under the very same key, between any two facts."""
    life, heard = lived(story)
    crowded: list[Heard] = []
    for place, (event, now) in enumerate(heard):
        crowded += [(noise, now) for number in range(places.count(place)) for noise in around(now, f"{place}-{number}")]
        crowded.append((event, now))
    world = World(load().with_policy(POLICY))

    assert written(hear(world, crowded)) == written(life.desk.steps)
    assert encode(enterprise(world)) == encode(life.desk.state)


def around(now: datetime, number: str) -> list[Event]:
    """What happens elsewhere in the city at that moment."""
    time = now.isoformat(timespec="seconds")
    plan = Desk(now=time).plan("X", YJJ, "2026-04-13..2026-04-17", uscc=OTHER, siteCode="S1")
    facts_elsewhere = [step.event for step in plan if isinstance(step, Routed) and not step.decision]
    ticket = {
        "complaintId": USCC, "receivedAt": time, "complaintNo": "1", "channel": "PETITION", "kind": "举报",
        "content": "反映", "address": "某处", "divisionCode": "520115", "anonymous": True, "confidential": True,
    }  # fmt: skip
    matter = matter_fact(f"{now:%m-%d %H:%M}", "assistance.requested", YJJ, f"m{number}", {"requestId": number}, USCC)
    return [Event(f"x{number}", one.type, one.party, one.key, one.time, now, one.data) for one in facts_elsewhere] + [
        Event(f"t{number}", "complaint.ticket.received", "GY-12345", USCC, time, now, ticket),
        matter,
    ]


@LIVES
@given(acts)
def test_no_plan_is_lost_and_merging_adds_no_visit(story: list[tuple[str, str, int]]) -> None:
    """After every act: each plan known to have been accepted stands somewhere, with a rule; visits never outnumber plans."""
    life = Life()
    life.desk.profile(version=1)
    for what, plan, number in story:
        life.act(what, plan, number)
        check_standing(life.desk)


def check_standing(desk: Desk) -> None:
    state = desk.state
    for plan in state.plans.values():
        assert plan.closed or desk.decision(plan.id) in ("SINGLE", "JOINED", "HOLD_CAP", "HOLD_REPEAT", "OUT_OF_SCOPE")
        assert plan.verdict
        assert plan.verdict.rules, plan.id
        if desk.decision(plan.id) == "JOINED":
            assert plan.id in state.joints[plan.joint].body.plans
        if plan.verdict.decision == "HOLD_REPEAT":
            assert plan.verdict.hold_ref
    refused = {step.event.id for step in desk.steps if isinstance(step, Refusal)}
    parked = {entry.event.id for entry in state.parked}
    for step in desk.steps:
        if isinstance(step, Routed) and step.event.type in ("inspection.plan.submitted", "inspection.plan.amended"):
            assert step.event.data["planId"] in state.plans
            assert step.event.id not in refused | parked
    coming = [plan for plan in state.plans.values() if plan.in_scope and not plan.closed]
    singles = [plan for plan in coming if desk.decision(plan.id) == "SINGLE"]
    joints = [joint for joint in state.joints.values() if joint.status in ("OPEN", "FROZEN")]
    held = [plan for plan in coming if desk.decision(plan.id).startswith("HOLD_")]
    assert len(singles) + len(joints) + len(held) <= len(coming)
    running = [row.entity for row in state.clocks if row.state == "RUNNING"]
    assert len(running) == len(set(running))


@SETTINGS
@given(st.data())
def test_reopening_restores(data: st.DataObject) -> None:
    """A joint frozen at some moment and reopened at the end: all stands as if there had never been a code."""
    plans: list[Fact] = [one for one in data.draw(facts(APART)) if one[2]["type"] != "CASE"]
    place = data.draw(st.integers(0, len(plans)))
    desk = play(plans[:place])
    frozen = [joint for joint in desk.state.joints.values() if joint.status == "OPEN"]
    for joint in frozen:
        desk.code(joint.id.rpartition("-")[2], joint.body.lead)
    for number, (event, sender, said) in enumerate(plans[place:]):
        desk.send(event, sender, said, event_id=f"late-{number}")
    for joint in frozen:
        desk.reopen(joint.id.rpartition("-")[2], joint.body.lead)

    assert desk.refused == []
    assert result(desk) == result(play(plans))


@SETTINGS
@given(st.data())
def test_results_may_come_at_any_time_before_a_plan_is_closed_by_them(data: st.DataObject) -> None:
    """A result before all plans or after all: the same, as long as it does not come between plans that yield to one another."""
    plans = data.draw(facts(APART))
    passed = data.draw(st.lists(st.sampled_from(["I1", "I2", "I3", "I4"]), min_size=1, max_size=3, unique=True))
    site = data.draw(st.sampled_from(["S1", "S2"]))
    early, late = Desk(), play(plans)
    early.profile(riskClass="LOW")
    early.result("GY-YJJ", " ".join(passed), siteCode=site)
    for number, (event, sender, said) in enumerate(plans):
        early.send(event, sender, said, event_id=f"{said['planId']}-{said['version']}-{number}")
    late.result("GY-YJJ", " ".join(passed), siteCode=site)

    assert result(early) == result(late)


def test_no_rule_reads_a_clock_a_file_or_chance() -> None:
    """`now` is an argument; the reference is an argument; nothing else comes in."""
    plain, of_time = {"open", "hash", "id", "input"}, {"now", "today", "utcnow"}
    modules = {"time", "random", "secrets", "os", "socket", "uuid", "threading", "asyncio", "pathlib"}
    found = []
    for path in sorted(Path("hub/rules").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            match node:
                case ast.Import(names=names):
                    found += [f"{path}: import {name.name}" for name in names if name.name.split(".")[0] in modules]
                case ast.ImportFrom(module=str() as module):
                    found += [f"{path}: from {module}"] * (module.split(".")[0] in modules)
                case ast.Call(func=ast.Name(id=name)) if name in plain:
                    found.append(f"{path}:{node.lineno} {name}()")
                case ast.Call(func=ast.Attribute(attr=name, value=ast.Name(id="datetime" | "date"))) if name in of_time:
                    found.append(f"{path}:{node.lineno} {name}()")
    assert found == []


#: A long life whose every choice is fixed; printed is the digest of all it made.
SCRIPT = """
import hashlib
from tests.rules.inspection.test_independence import fixed_life
print(hashlib.sha256(fixed_life()).hexdigest())
"""


def fixed_life() -> bytes:
    """Sixty acts, the same in every process."""
    whats = [
        "plan",
        "plan",
        "joint code",
        "visit",
        "plan",
        "object",
        "result",
        "plan",
        "reopen",
        "code",
        "justify",
        "wait",
    ]
    story = [(whats[n % len(whats)], sorted(AGENCIES)[n * 7 % len(AGENCIES)], n * 37 % 64) for n in range(60)]
    life, _ = lived(story)
    return encode(life.desk.state) + repr(written(life.desk.steps)).encode()


def test_no_hash_seed_and_no_time_zone_of_the_machine_matters() -> None:
    """Sets and tables in another order, clocks of another place: the same bytes."""
    digests = set()
    for seed, zone in (("1", "UTC"), ("2", "America/Lima"), ("77", "Pacific/Auckland")):
        environment = {**os.environ, "PYTHONHASHSEED": seed, "TZ": zone}
        done = subprocess.run(
            [sys.executable, "-c", SCRIPT], env=environment, capture_output=True, text=True, check=True, timeout=120
        )
        digests.add(done.stdout)
    assert len(digests) == 1
    assert len(fixed_life()) > 10_000
