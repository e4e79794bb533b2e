"""The log read back from records: the hub's own agents write it, without a broker, and its shadow shows no difference."""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import msgspec
import orjson
import pytest

from hub.agents.aggregate import AggregateAgent
from hub.agents.translate import Translator
from hub.canonical.event import HUB
from hub.engine.record import Outgoing, Record
from hub.engine.state import State
from hub.play.differ import Comparison, Stretch, compare
from hub.play.log import Heard
from hub.play.recorded import ALL_REALMS, log_of
from hub.play.scenario import Fact, Scenario, read
from hub.play.shadow import Trial, shadow
from hub.reference import load
from hub.rules.pipeline import AGGREGATES
from tests.agents.records import TOPICS, as_record, decide, sent
from tests.play.recording import BEGINNING, END

FILES = sorted((Path(__file__).parent.parent / "scenarios").glob("*.yaml"))
REALM = "play-1"


class SmallHub:
    """Translate and the three aggregates, with one partition of each topic."""

    def __init__(self) -> None:
        self.log: list[Record] = []
        self._translator = Translator(TOPICS, load(), virtual_time=True)
        self._agents = {
            TOPICS.aggregate(name).name: (AggregateAgent(f"{name}s", rule, TOPICS, load()), State())
            for name, rule in AGGREGATES.items()
        }
        self._ends: dict[str, int] = {}

    def play(self, scenario: Scenario) -> None:
        self._control("hub.realm.opened", scenario.given[0].at, policy=scenario.policy)
        for fact in scenario.given:
            self._control("hub.tick", fact.at)
            if fact.event and fact.party in TOPICS.parties():
                self._write(self._translator.translate(_sent(fact)))

    def _control(self, word: str, at: datetime, **more: object) -> None:
        said = orjson.dumps({"realm": REALM, "type": word, "time": at.isoformat(), **more})
        record = Record(TOPICS.control.name, 0, 0, 0, None, said, ())
        self._write(self._translator.translate(record))

    def _write(self, written: object) -> None:
        waiting: deque[Outgoing] = deque(written)  # type: ignore[call-overload]
        while waiting:
            outgoing = waiting.popleft()
            if outgoing.partition or outgoing.topic.startswith("dlq."):
                continue
            offset = self._ends.get(outgoing.topic, 0)
            self._ends[outgoing.topic] = offset + 1
            record = as_record(outgoing, offset)
            self.log.append(record)
            if record.topic in self._agents:
                agent, state = self._agents[record.topic]
                waiting.extend(decide(agent.handle, state, record))


def _sent(fact: Fact) -> Record:
    assert fact.data is not None
    return sent(fact.party, fact.event, dict(fact.data), fact.id, ce_realm=REALM, ce_recordedtime=fact.at.isoformat())


def differing(hub: SmallHub, trial: Trial | None = None) -> Comparison:
    log = log_of(hub.log, TOPICS, [ALL_REALMS])
    return compare(log.said, shadow(log.entries, load(), trial, BEGINNING, END), Stretch(BEGINNING, END, END))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_shadow_of_what_the_agents_wrote_shows_no_difference(path: Path) -> None:
    hub = SmallHub()
    hub.play(read(path, load()))
    found = differing(hub)
    assert found.differences == []
    assert found.compared > 0


def test_a_realm_that_is_not_asked_for_is_not_there() -> None:
    hub = SmallHub()
    hub.play(read(FILES[0], load()))
    assert log_of(hub.log, TOPICS, [""]).entries == []
    assert log_of(hub.log, TOPICS, [REALM]).facts > 0


def test_a_log_whose_beginning_is_gone_says_so() -> None:
    hub = SmallHub()
    hub.play(next(read(path, load()) for path in FILES if path.stem == "M01"))
    name = TOPICS.aggregate("inspection").name
    assert log_of(hub.log, TOPICS, [ALL_REALMS]).cut == set()
    cut = [msgspec.structs.replace(one, offset=one.offset + 9) if one.topic == name else one for one in hub.log]
    assert log_of(cut, TOPICS, [ALL_REALMS]).cut == {name}


def test_refusals_of_an_aggregate_are_in_the_log_and_those_of_a_door_are_not() -> None:
    scenario = next(read(path, load()) for path in FILES if path.stem == "K03")
    hub = SmallHub()
    first = scenario.given[0]
    unheard = replace(first, id="unheard", data={**(first.data or {}), "kind": "吵架"})
    hub.play(replace(scenario, given=(unheard, *scenario.given)))
    log = log_of(hub.log, TOPICS, [ALL_REALMS])
    codes = sorted(said.data["code"] for said in log.said if said.type == "receipt.ingress.refused")
    assert codes == sorted(refusal["code"] for refusal in scenario.refused)
    assert all(entry.event.party != HUB for entry in log.entries if isinstance(entry, Heard))
    assert differing(hub, Trial(load(), {"sla": {"C03r": 60}})).counts["receipt.ingress.refused"]["GONE"] == 1


def test_whom_an_old_fact_was_told_is_not_compared_where_it_is_known_no_more() -> None:
    hub = SmallHub()
    hub.play(next(read(path, load()) for path in FILES if path.stem == "L04"))
    name, half = TOPICS.outgoing.name, sum(one.topic == TOPICS.outgoing.name for one in hub.log) // 2
    log = log_of([one for one in hub.log if one.topic != name or one.offset >= half], TOPICS, [ALL_REALMS])
    assert log.copies_cut
    now = shadow(log.entries, load(), None, BEGINNING, END)
    within = Stretch(BEGINNING, END, END)
    assert compare(log.said, now, within).differences != []
    assert compare(log.said, log.comparable(now), within).differences == []
