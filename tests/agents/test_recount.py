"""A year's notice reaches every provisional clock, in as many batches as it takes, and no decision shows how many those were."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta

import pytest
from msgspec.structs import replace

from hub import reference
from hub.agents import aggregate, recount
from hub.agents.aggregate import AggregateAgent
from hub.agents.realms import RECOUNT
from hub.agents.translate import Translator
from hub.canonical.event import SHANGHAI
from hub.engine.batch import Batch
from hub.engine.record import Outgoing, Record
from hub.engine.state import State
from hub.rules.matter import MATTER
from tests.agents.records import TOPICS, as_record, sent

REFERENCE = reference.load()
TRANSLATOR = Translator(TOPICS, REFERENCE)
LATE = datetime(2026, 12, 30, 9, tzinfo=SHANGHAI)
NUMBER = 23
NOTICE = {
    "year": 2027,
    "loadedAt": "2026-12-30T08:50:00+08:00",
    "noticeNo": "1",
    "offDays": ["2027-01-01", "2027-01-04", "2027-01-05"],
    "workDays": [],
}


class Matters:
    """The agent, batch after batch as a lane would hand them on."""

    def __init__(self) -> None:
        self.state = State()
        self.told: dict[bytes, list[tuple[str, bytes]]] = defaultdict(list)
        self.batches = 0
        self._agent = AggregateAgent("matters", MATTER, TOPICS, REFERENCE)

    def hear(self, *records: Record) -> None:
        self._batch(records, LATE)

    def rest(self, until: datetime = LATE + timedelta(hours=1)) -> None:
        """Whatever falls due until then."""
        while due := self.state.timers.take(int(until.timestamp() * 1000), 500):
            self._batch((), until, due)

    def _batch(self, records: tuple[Record, ...], now: datetime, due: list[bytes] | None = None) -> None:
        self.batches += 1
        batch = Batch(records=records, due=due or (), now=now, shard=0, state=self.state)
        with batch:
            self._agent.handle(batch)
        self.state.apply(batch.state.changes)
        for written in batch.sent:
            assert written.key is not None
            self.told[written.key].append((written.topic, written.value or b""))


def fact(record: Record, minutes: int = 0) -> list[Outgoing]:
    at = LATE + timedelta(minutes=minutes)
    return list(TRANSLATOR.translate(replace(record, timestamp_ms=int(at.timestamp() * 1000))))


def reported(number: int) -> Record:
    """A suspicion: its seven days end in the year that is not known yet."""
    data = {
        "correlationId": f"MT-{number:03}",
        "reportId": f"R-{number:03}",
        "reportedAt": "2026-12-30T08:00:00+08:00",
        "principal": "GY-YJJ",
        "handler": "GY-ZD-DD2",
        "team": [{"name": "甲", "certNo": "A1"}, {"name": "乙", "certNo": "A2"}],
    }
    return as_record(fact(sent("GY-ZD-DD2", "matter.suspicion.reported", data, f"R-{number:03}"))[0])


def notice() -> Record:
    every = fact(sent("GY-ZHZFJ", "clock.calendar.loaded", NOTICE, "cal-2027"), 1)
    return as_record(next(one for one in every if one.topic == "matter.event.v1"))


def approved(number: int) -> Record:
    data = {
        "correlationId": f"MT-{number:03}",
        "reportId": f"R-{number:03}",
        "approvedAt": "2026-12-30T08:30:00+08:00",
        "approver": {"post": "HEAD"},
    }
    return as_record(fact(sent("GY-YJJ", "matter.transfer.approved", data, f"A-{number:03}"), 2)[0])


@pytest.fixture
def whole() -> Matters:
    """All counted in the batch of the notice."""
    matters = Matters()
    matters.hear(*(reported(number) for number in range(NUMBER)))
    matters.hear(notice())
    assert matters.batches == 2
    return matters


def kept(matters: Matters) -> dict[bytes, bytes | None]:
    return {key: matters.state.get(key) for key in matters.state.keys(b"")}


def test_counted_in_parts_all_decide_what_they_decide_counted_at_once(
    whole: Matters, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert sum(topic == TOPICS.clock.name for topic, _ in whole.told[b"MT-000"]) == 2  # started, counted again
    monkeypatch.setattr(recount, "COUNTED", 5)
    parts = Matters()
    parts.hear(*(reported(number) for number in range(NUMBER)))
    parts.hear(notice())
    parts.rest()

    assert (parts.told, kept(parts)) == (whole.told, kept(whole))
    assert parts.batches == 2 + NUMBER // 5
    assert parts.state.get(RECOUNT) is None


def test_who_is_asked_for_before_its_turn_has_heard_of_the_notice(
    whole: Matters, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recount, "COUNTED", 5)
    whole.hear(approved(NUMBER - 1))
    parts = Matters()
    parts.hear(*(reported(number) for number in range(NUMBER)))
    parts.hear(notice(), approved(NUMBER - 1))
    parts.rest()

    assert (parts.told, kept(parts)) == (whole.told, kept(whole))


def test_who_is_full_and_asked_for_before_its_turn_is_told_of_the_notice_once(
    whole: Matters, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recount, "COUNTED", 5)
    parts = Matters()
    parts.hear(*(reported(number) for number in range(NUMBER)))
    monkeypatch.setattr(aggregate, "LARGEST_STATE", 1)
    whole.hear(approved(NUMBER - 1))
    parts.hear(notice(), approved(NUMBER - 1))
    parts.rest()

    assert any(topic.startswith("dlq.") for topic, _ in parts.told[b"MT-022"])
    assert (parts.told, kept(parts)) == (whole.told, kept(whole))


def test_a_second_notice_waits_for_the_first_and_both_are_heard(monkeypatch: pytest.MonkeyPatch) -> None:
    again = fact(sent("GY-ZHZFJ", "clock.calendar.loaded", NOTICE | {"offDays": ["2027-01-01"]}, "cal-again"), 3)
    correction = as_record(next(one for one in again if one.topic == "matter.event.v1"))
    told = []
    for most in (500, 5):
        monkeypatch.setattr(recount, "COUNTED", most)
        matters = Matters()
        matters.hear(*(reported(number) for number in range(NUMBER)))
        matters.hear(notice())
        matters.rest()
        matters.hear(correction)
        matters.rest()
        told.append((matters.told, kept(matters)))

    assert told[0] == told[1]


def test_a_notice_reads_a_part_of_a_large_state_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recount, "LOOKED_AT", 10)
    matters = Matters()
    matters.hear(*(reported(number) for number in range(NUMBER)))
    read: list[bytes] = []
    get = matters.state.get
    monkeypatch.setattr(matters.state, "get", lambda key: read.append(key) or get(key))
    matters.hear(notice())

    assert sum(not key.startswith(b"\x00") for key in read) == 10
    matters.rest()
    assert sum(not key.startswith(b"\x00") for key in read) == NUMBER
