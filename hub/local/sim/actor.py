"""One system at work: what it begins, what it owes an answer to, and what it writes when the time has come.

The one rule: no I/O and no clock. The same seed and the same deliveries at the same times give the same letters.
"""

from __future__ import annotations

import hashlib
import heapq
import itertools
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from random import Random
from typing import Any

from connectors.registry import System
from hub.canonical.catalogue import Catalogue
from hub.local.sim.behaviour import Answer, Begin, Behaviour, Choice, Mistake, Span, Step
from hub.local.sim.city import City
from hub.local.sim.composing import NotKnown, Scene, compose, written
from hub.local.sim.letter import Letter, spoilt, write
from hub.local.sim.numbers import number
from hub.local.sim.office import MORNING
from hub.reference import Reference


@dataclass(frozen=True, slots=True)
class Heard:
    """A delivery, read back from the system's own words."""

    id: str
    party: str  #: to whom it was delivered
    event: str
    data: Mapping[str, Any]


@dataclass(slots=True)
class Thread:
    """What the system remembers of one matter: everything said in it, and which events it has seen."""

    key: str
    chance: Random
    facts: dict[str, Any] = field(default_factory=dict)
    seen: set[str] = field(default_factory=set)
    held: list[Letter] = field(default_factory=list)  #: overtaken by the next one
    count: int = 0


@dataclass(frozen=True, slots=True)
class _Task:
    """Something to do: begin a story, go on with steps, or send what was held back."""

    story: str = ""
    thread: Thread | None = None
    party: str = ""
    steps: tuple[Step, ...] = ()
    letter: Letter | None = None


class Actor:
    """One system. *pace* multiplies how often it begins something; *run* sets the numbers of one run apart from another's."""

    def __init__(
        self,
        system: System,
        behaviour: Behaviour,
        city: City,
        reference: Reference,
        seed: int,
        pace: float = 1.0,
        run: str = "",
    ) -> None:
        self.system, self.behaviour = system, behaviour
        self._city, self._reference, self._seed, self._pace, self._run = city, reference, seed, pace, run
        self._agenda: list[tuple[float, int, _Task]] = []
        self._order = itertools.count()
        self._threads: dict[str, Thread] = {}
        self._told: set[tuple[str, str]] = set()
        self._stories: Counter[str] = Counter()
        for name, begin in behaviour.begins.items():
            first = self._chance(name).uniform(0, begin.every[1] / 2) / pace
            self._put(behaviour.hours.open_at(MORNING + first), _Task(story=name))

    @property
    def owed(self) -> int:
        """How much is still to be done that somebody waits for."""
        return sum(1 for _, _, task in self._agenda if not task.story)

    @property
    def next_due(self) -> float:
        """When there is something to do; infinite if nothing is."""
        return self._agenda[0][0] if self._agenda else float("inf")

    def close(self) -> None:
        """Begin nothing more."""
        self._agenda = [entry for entry in self._agenda if not entry[2].story]
        heapq.heapify(self._agenda)

    def hear(self, heard: Heard, moment: float) -> bool:
        """Take note of a delivery; True if it will be answered. The same delivery again is no second one."""
        if (heard.party, heard.id) in self._told:
            return False
        self._told.add((heard.party, heard.id))
        known = Catalogue.load().get(heard.event)
        key = known.key_of(heard.data) if known is not None else ""
        if not key or heard.event.startswith("receipt."):
            return False
        thread = self._thread(key)
        # What it inspects or takes itself it knows better than what a notice about all of them says.
        thread.facts |= {
            name: value for name, value in heard.data.items() if name != "items" or name not in thread.facts
        }
        thread.seen.add(heard.event)
        answers = [each for each in self.behaviour.answers if each.to == heard.event and self._will(each, heard)]
        for answer in answers:
            self._go_on(thread, heard.party, answer.steps, moment)
        return bool(answers)

    def take(self, moment: float, now: datetime) -> list[Letter]:
        """Everything that is due at *moment*, written at the real moment *now*."""
        letters: list[Letter] = []
        while self.next_due <= moment:
            due, _, task = heapq.heappop(self._agenda)
            if task.letter is not None:
                letters.append(task.letter)
            elif task.story:
                self._begin(task.story, due, now)
            elif task.thread is not None:
                letters += self._do(task.thread, task.party, task.steps, due, now)
        return letters

    # ---- threads

    def _begin(self, story: str, moment: float, now: datetime) -> None:
        begin: Begin = self.behaviour.begins[story]
        self._stories[story] += 1
        count = self._stories[story]
        chance = self._chance(f"{story} {count}")
        every = chance.uniform(*_around(begin.every)) / self._pace
        self._put(self.behaviour.hours.open_at(moment + every), _Task(story=story))
        enterprise = chance.choice(self._city.enterprises)
        own = number("correlationId", self._mark(f"{story} {count}"))
        thread = Thread(own, chance, {"correlationId": own, "complaintId": own, "uscc": enterprise.uscc})
        scene = self._scene(thread, self.system.owner, now)
        thread.facts |= written(begin.facts, thread.facts, scene)
        if "principal" in thread.facts:
            thread.facts["handler"] = self._reference.directory.handler_of(str(thread.facts["principal"]))
        self._threads[own] = thread
        self._go_on(thread, str(written(begin.speaker, thread.facts, scene)), begin.steps, moment)

    def _thread(self, key: str) -> Thread:
        if key not in self._threads:
            self._threads[key] = Thread(key, self._chance(key))
        return self._threads[key]

    def _will(self, answer: Answer, heard: Heard) -> bool:
        if not self.system.speaks_for(heard.party):
            return False
        return answer.when is None or answer.when.met(heard.data, heard.party)

    def _go_on(self, thread: Thread, party: str, steps: tuple[Step, ...], moment: float) -> None:
        if steps and thread.chance.random() < steps[0].share:
            due = self.behaviour.hours.open_at(moment + thread.chance.uniform(*steps[0].after))
            self._put(due, _Task(thread=thread, party=party, steps=steps))

    def _do(self, thread: Thread, party: str, steps: tuple[Step, ...], due: float, now: datetime) -> list[Letter]:
        step, rest = steps[0], steps[1:]
        choice = _chosen(step, thread.chance)
        if choice is None or thread.seen.intersection(step.unless):
            return self._released(thread)
        event, say = choice.send, step.say | choice.say
        thread.count += 1
        scene = self._scene(thread, party, now)
        own_says = self.behaviour.says.get(event, {})
        try:
            data = compose(event, thread.facts, (own_says, say), scene)
        except NotKnown:
            return self._released(thread)
        letter = write(self.system, party, f"{self._mark(thread.key)}-{thread.count}", event, data)
        if letter is None:
            return self._released(thread)
        mistake = self._mistake(event, thread.chance)
        if mistake is not None and mistake.refused:
            if mistake.kind == "wrong_fact":
                data = compose(event, thread.facts, (own_says, say, mistake.say), scene)
                wrong = write(self.system, party, letter.own_id, event, data)
                letter = _marked(wrong, mistake) if wrong is not None else letter
            else:
                letter = spoilt(letter, data, mistake, thread.chance)
            if letter.refused:  # nobody goes on with what came back
                return [letter, *self._released(thread)]
        thread.facts |= data
        thread.seen.add(event)
        self._threads[letter.key] = thread  # what is decided on it comes back under this key
        return self._sent(thread, letter, mistake, party, rest, due)

    def _sent(
        self, thread: Thread, letter: Letter, mistake: Mistake | None, party: str, rest: tuple[Step, ...], due: float
    ) -> list[Letter]:
        """What goes out now of a letter that is right in itself."""
        kind = mistake.kind if mistake is not None and not mistake.refused else ""
        if mistake is not None and kind == "late":
            due += thread.chance.uniform(*mistake.by)
            self._put(due, _Task(letter=_marked(letter, mistake)))
            self._go_on(thread, party, rest, due)
            return self._released(thread)
        self._go_on(thread, party, rest, due)
        if mistake is not None and kind == "out_of_order" and rest:
            thread.held.append(_marked(letter, mistake))
            return []
        if mistake is not None and kind == "twice":
            letter = _marked(letter, mistake)
            return [letter, letter, *self._released(thread)]
        return [letter, *self._released(thread)]

    def _released(self, thread: Thread) -> list[Letter]:
        """Letters that the one before overtook."""
        held, thread.held = thread.held, []
        return held

    def _mistake(self, event: str, chance: Random) -> Mistake | None:
        drawn = chance.random()
        for mistake in self.behaviour.mistakes:
            if mistake.of and event not in mistake.of:
                continue
            drawn -= mistake.share
            if drawn < 0:
                return mistake
        return None

    # ---- small things

    def _scene(self, thread: Thread, party: str, now: datetime) -> Scene:
        known = self._city.known(str(thread.facts.get("uscc", "")))
        enterprise = known or Random(thread.key).choice(self._city.enterprises)
        mark = self._mark(thread.key)
        return Scene(
            party, enterprise, now, thread.chance, self._reference, lambda name: number(name, f"{mark}-{thread.count}")
        )

    def _mark(self, about: str) -> str:
        """Tells this thread of this run from every other, and says that it is simulated."""
        digest = hashlib.sha256(f"{self._seed}|{self._run}|{self.system.dialect.name}|{about}".encode()).hexdigest()
        return f"SIM-{digest[:10]}"

    def _chance(self, about: str) -> Random:
        return Random(f"{self._seed}|{self.system.dialect.name}|{about}")

    def _put(self, due: float, task: _Task) -> None:
        heapq.heappush(self._agenda, (due, next(self._order), task))


def _around(span: Span) -> Span:
    """A fixed interval is kept only about."""
    least, most = span
    return (least * 0.5, least * 1.5) if least == most else span


def _chosen(step: Step, chance: Random) -> Choice | None:
    drawn = chance.random()
    for choice in step.choices:
        drawn -= choice.share
        if drawn < 0:
            return choice
    return None


def _marked(letter: Letter, mistake: Mistake) -> Letter:
    return Letter(
        letter.system, letter.party, letter.own_id, letter.event, letter.key, letter.record, mistake.kind, mistake.refused
    )  # fmt: skip
