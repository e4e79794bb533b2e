"""Today's rules over a recorded log: nothing differs where nothing was changed, and what differs is told by name."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from hub.play.differ import Comparison, Stretch, compare
from hub.play.log import REFUSED, Heard
from hub.play.scenario import Scenario, read
from hub.play.shadow import Trial, shadow
from hub.reference import HERE, load
from tests.play.recording import BEGINNING, END, Recording, record
from tests.reference.folders import copied

SCENARIOS = Path(__file__).parent.parent / "scenarios"
ALWAYS = Stretch(BEGINNING, END, END)
FILES = sorted(SCENARIOS.glob("*.yaml"))


def scenario(name: str) -> Scenario:
    return read(SCENARIOS / f"{name}.yaml", load())


def tried(log: Recording, policy: dict[str, Any] | None = None, since: datetime = BEGINNING) -> Comparison:
    trial = Trial(load(), policy) if policy is not None else None
    return compare(log.said, shadow(log.entries, load(), trial, since, END), Stretch(since, END, END))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_without_a_change_nothing_differs(path: Path) -> None:
    log = record(read(path, load()), load())
    found = tried(log)
    assert found.differences == []
    assert found.compared == len(log.said) > 0
    # A trial that changes nothing goes the other way through the code, and says the same.
    middle = sorted(said.at for said in log.said)[len(log.said) // 2]
    assert tried(log, {}, since=middle).differences == []


@pytest.mark.parametrize("path", [path for path in FILES if not read(path, load()).policy], ids=lambda path: path.stem)
def test_in_real_life_time_goes_on_by_itself(path: Path) -> None:
    played = read(path, load())
    end = played.given[-1].at + timedelta(days=400)
    log = record(replace(played, given=(*played.given, replace(played.given[-1], at=end, event=""))), load(), realm="")
    now = shadow(log.entries, load(), None, BEGINNING, end + timedelta(seconds=1))
    assert compare(log.said, now, ALWAYS).differences == []


def test_a_switch_changes_what_it_governs_and_nothing_else() -> None:
    log = record(scenario("K03"), load())
    found = tried(log, {"c03": {"投诉": 1}})
    assert set(found.counts) >= {"clock.started"}
    (started,) = [
        one for one in found.differences if one.said.type == "clock.started" and one.said.data["clock"] == "C03"
    ]
    assert started.kind == "CHANGED"
    assert set(started.fields) == {"dueAt"}
    assert not [one for one in found.differences if one.said.data.get("clock") == "C03r"]


def test_what_was_before_the_range_stays_as_it_was() -> None:
    log = record(scenario("K03"), load())
    last = max(said.at for said in log.said if said.type == "clock.started")
    found = tried(log, {"c03": {"投诉": 1}, "sla": {"C03r": 9}}, since=last + timedelta(seconds=1))
    assert "clock.started" not in found.counts


def test_a_higher_cap_lets_a_held_plan_go() -> None:
    found = tried(record(scenario("M06"), load()), {"caps": {"LOW": 9}})
    changed = {one.fields.get("decision") for one in found.differences if one.said.type == "inspection.plan.decided"}
    assert ("HOLD_CAP", "SINGLE") in changed


def test_another_file_of_law_is_tried_like_a_switch(tmp_path: Path) -> None:
    clocks = (HERE / "clocks.yaml").read_text("utf-8")
    longer = clocks.replace("监督立案案件侦查终结期限, span: 3", "监督立案案件侦查终结期限, span: 4")
    assert longer != clocks
    log = record(scenario("L04"), load())
    counts = []
    for name, text in (("same", clocks), ("longer", longer)):
        copied(tmp_path / name)
        (tmp_path / name / "clocks.yaml").write_text(text, "utf-8")
        trial = Trial(load(tmp_path / name), {})
        counts.append(compare(log.said, shadow(log.entries, load(), trial, BEGINNING, END), ALWAYS).counts)
    assert counts == [{}, {"clock.started": {"CHANGED": 1}}]


def test_a_refusal_that_would_not_come_is_told_as_gone() -> None:
    log = record(scenario("K03"), load())
    found = tried(log, {"sla": {"C03r": 60}})
    gone = [one for one in found.differences if one.said.type == REFUSED]
    assert ("GONE", "TOO_LATE") in [(one.kind, one.said.data["code"]) for one in gone]


def test_other_recipients_are_a_difference() -> None:
    log = record(scenario("M01"), load())
    said = next(one for one in log.said if one.to)
    log.said[log.said.index(said)] = replace(said, to=frozenset({("GY-SFJ", "OPEN")}))
    (only,) = tried(log).differences
    assert set(only.fields) == {"→"}
    # Who was told may not be known any more; then it is not compared.
    log.said[log.said.index(only.said)] = replace(said, to=None)
    assert tried(log).differences == []


def test_a_word_to_a_neighbour_that_is_said_no_more_is_not_heard_either() -> None:
    """HINT_SAME_ADDRESS goes from one enterprise to another: what the first no longer says, the second no longer raises."""
    log = record(scenario("M10"), load())
    hints = [said for said in log.said if said.data.get("code") == "HINT_SAME_ADDRESS"]
    assert hints
    cause = {entry.event.cause for entry in log.entries if isinstance(entry, Heard) and entry.event.party == "HUB"}
    silent = [entry for entry in log.entries if not (isinstance(entry, Heard) and entry.event.id in cause)]
    found = compare(log.said, shadow(silent, load(), None, BEGINNING, END), ALWAYS)
    assert {"GONE"} == {one.kind for one in found.differences if one.said.data.get("code") == "HINT_SAME_ADDRESS"}
