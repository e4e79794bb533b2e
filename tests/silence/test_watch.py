"""What the watching process says, and when it says nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from structlog.testing import capture_logs

from hub.silence.hours import HourlyCounts
from hub.silence.verdict import State, Verdict, excused
from hub.silence.watch import Finding, Watch, Watched, watched
from hub.topics import Topics
from tests.silence.lives import CALENDAR, LIMITS, at

RSJ = Watched("evt.gy-rsj.rsj-csv.v1", "GY-RSJ", "rsj-csv")
THEN, LATER = at("2026-11-18 09:40"), at("2026-11-18 15:00")


def watch(bootstrap: str = "127.0.0.1:1", sleep: Any = asyncio.sleep) -> Watch:
    return Watch(HourlyCounts(bootstrap), [RSJ], CALENDAR, LIMITS, 300, lambda: LATER, sleep=sleep)


def told(looks: Sequence[tuple[State, datetime | None]]) -> list[str]:
    """What is logged if the looks find this, one after the other."""
    watching = watch()
    with capture_logs() as lines:
        for state, last in looks:
            watching.tell([Finding(RSJ, Verdict(state, last, timedelta(hours=5)))])
    return [line["event"] for line in lines]


@pytest.mark.parametrize(
    ("looks", "lines"),
    [
        ([(State.OK, THEN), (State.QUIET, THEN)], []),  # shown only
        ([(State.QUIET, THEN), (State.SILENT, THEN), (State.SILENT, THEN)], ["connector.silent"]),
        ([(State.SILENT, THEN), (State.OK, LATER), (State.OK, LATER)], ["connector.silent", "connector.heard"]),
        ([(State.SILENT, THEN), (State.QUIET, LATER)], ["connector.silent", "connector.heard"]),
        # Milder because retention took the past: no word came.
        ([(State.SILENT, THEN), (State.QUIET, THEN), (State.QUIET, None)], ["connector.silent"]),
        ([(State.SILENT, THEN), (State.OK, LATER), (State.SILENT, LATER)], ["connector.silent", "connector.heard", "connector.silent"]),
    ],
)  # fmt: skip
def test_a_change_is_said_once(looks: Sequence[tuple[State, datetime | None]], lines: list[str]) -> None:
    assert told(looks) == lines


def test_quiet_and_silent_are_shown_and_the_rest_is_not() -> None:
    watching = watch()
    watching.tell([Finding(RSJ, Verdict(State.QUIET, THEN))])
    assert watching.detail() == {"silence": {RSJ.topic: "QUIET since 2026-11-18T09:40:00+08:00"}}
    watching.tell([Finding(RSJ, Verdict(State.OK, LATER))])
    assert watching.detail() == {"silence": {}}


@pytest.mark.parametrize(
    ("state", "called"),
    [(State.SILENT, State.PAUSED), (State.QUIET, State.PAUSED), (State.OK, State.OK), (State.NEVER, State.NEVER)],
)
def test_what_a_person_has_stopped_is_not_called_silent(state: State, called: State) -> None:
    assert excused(Verdict(state, THEN)) == Verdict(called, THEN)


def test_silence_before_a_pause_is_not_said_again_after_it() -> None:
    assert told([(State.SILENT, THEN), (State.PAUSED, THEN), (State.SILENT, THEN)]) == ["connector.silent"]
    assert told([(State.PAUSED, THEN), (State.OK, LATER)]) == []


async def test_without_a_broker_it_says_so_and_looks_again() -> None:
    sleeps: list[float] = []

    async def sleep(seconds: float) -> None:
        sleeps.append(seconds)
        if len(sleeps) == 2:
            raise asyncio.CancelledError

    with capture_logs() as lines, pytest.raises(asyncio.CancelledError):
        await watch(sleep=sleep).run()
    assert [line["event"] for line in lines] == ["silence.not_looked"] * 2
    assert sleeps == [300, 300]


def test_what_is_watched_is_every_ingress_topic_but_those_left_out(hub_topics: Topics) -> None:
    assert {each.topic for each in watched(hub_topics)} == {topic.name for topic in hub_topics.all_ingress()}
    assert {each.dialect for each in watched(hub_topics, ["GY-RSJ"])} == {"canonical", "rsj-csv"}
    assert watched(hub_topics, ["GY-RSJ"], ["evt.*.rsj-csv.v1", "evt.gy-rsj.canon*"]) == ()
