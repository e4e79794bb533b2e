"""Counts per hour and the last record of each topic, from the log itself and without reading a record of it.

The one rule: the broker is asked for offsets at moments (offsetsForTimes), never for content. Between two moments with the same
offset nothing came, so nothing between them is asked; what an hour that is over has answered is remembered.

Offsets count what lies in the log: the records of scenarios in a development hub, aborted records and transaction markers too.
None of that turns silence into sound or sound into silence where records are written without transactions, as the doors do.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from typing import Any, Final

from aiokafka import AIOKafkaConsumer, TopicPartition

from hub.canonical.event import SHANGHAI
from hub.canonical.periods import ONE_DAY
from hub.ops.scan import closed, consumer, hold, partitions_of, patiently
from hub.silence.usual import DAY_HOURS, LEARNED_DAYS, Hours
from hub.silence.verdict import Heard

_HOUR_MS: Final = 3_600_000
_SECOND_MS: Final = 1000
_AT_ONCE: Final = 16  #: questions on their way at a time: enough to hide the network, too few to be felt by the broker


@dataclass(slots=True)
class _Log:
    """What is known of one partition."""

    begin: int = 0
    end: int = 0
    first_ms: int | None = None
    last_ms: int | None = None
    moved: bool = True  #: records have come since *last_ms* was looked for
    #: Hour since 1970 → offset at its beginning.
    offsets: dict[int, int] = field(default_factory=dict)

    @property
    def empty(self) -> bool:
        return self.begin >= self.end


class HourlyCounts:
    """Keeps what was answered: a process that looks again asks for the new hours only."""

    def __init__(self, bootstrap: str) -> None:
        self._bootstrap = bootstrap
        self._logs: dict[TopicPartition, _Log] = {}
        self.asked = 0  #: questions so far, each for all partitions it concerns

    async def read(self, topics: Sequence[str], now: datetime) -> dict[str, Heard]:
        """What the log knows of each of *topics*; one the cluster does not have was never heard."""
        partitions = await partitions_of(self._bootstrap, topics)
        by_topic: dict[str, list[TopicPartition]] = {name: [] for name in topics}
        if partitions:
            reader = await patiently(lambda: self._opened(partitions))
            try:
                filled = [tp for tp in partitions if not self._logs[tp].empty]
                hold(reader, filled)
                await self._first_and_last(reader, filled, _ms(now))
                for tp in filled:
                    by_topic[tp.topic].append(tp)
                await self._hours(reader, [each for each in by_topic.values() if each])
            finally:
                await closed(reader)
        begun = {tp.topic for tp in partitions if self._logs[tp].end}
        return {name: self._heard(filled) if filled else Heard(ever=name in begun) for name, filled in by_topic.items()}

    async def _opened(self, partitions: Sequence[TopicPartition]) -> AIOKafkaConsumer:
        """A reader, and where each of *partitions* begins and ends now."""
        reader = consumer(self._bootstrap)
        try:
            await reader.start()
            hold(reader, partitions)
            begins, ends = await reader.beginning_offsets(partitions), await reader.end_offsets(partitions)
        except BaseException:
            await closed(reader)
            raise
        for tp in partitions:
            log = self._logs.get(tp)
            if log is None or ends[tp] < log.end:  # a topic of this name was deleted and made anew
                log = self._logs[tp] = _Log()
            if begins[tp] != log.begin:
                log.first_ms = None
            log.moved = log.moved or ends[tp] != log.end
            log.begin, log.end = begins[tp], ends[tp]
        return reader

    async def _first_and_last(self, reader: AIOKafkaConsumer, partitions: Sequence[TopicPartition], now: int) -> None:
        """When the first record came, and, to the second, the last one."""
        new = [tp for tp in partitions if self._logs[tp].first_ms is None]
        for tp, found in (await self._ask(reader, dict.fromkeys(new, 0))).items():
            self._logs[tp].first_ms = now if found is None else min(found.timestamp, now)
        bounds = {}
        for tp in partitions:
            log = self._logs[tp]
            if log.moved:
                low = max(log.first_ms or 0, log.last_ms or 0)
                bounds[tp] = (low, max(low, now) + 1)
        while open_ := {tp: sum(both) // 2 for tp, both in bounds.items() if both[1] - both[0] > _SECOND_MS}:
            for tp, found in (await self._ask(reader, open_)).items():
                low, high = bounds[tp]
                bounds[tp] = (low, open_[tp]) if found is None else (max(open_[tp], min(found.timestamp, now)), high)
        for tp, (low, _) in bounds.items():
            self._logs[tp].last_ms, self._logs[tp].moved = low, False

    async def _hours(self, reader: AIOKafkaConsumer, topics: Sequence[Sequence[TopicPartition]]) -> None:
        """The offset at every hour of the days that are learned from."""
        wanted: dict[TopicPartition, list[int]] = {}
        for partitions in topics:
            low, high = self._window(partitions)
            for tp in partitions:
                log = self._logs[tp]
                log.offsets = {hour: offset for hour, offset in log.offsets.items() if low <= hour <= high}
                wanted[tp] = sorted({low, high} - log.offsets.keys()) or _middles(log.offsets)
        while wanted := {tp: hours for tp, hours in wanted.items() if hours}:
            questions = [
                {tp: hours[turn] * _HOUR_MS for tp, hours in wanted.items() if turn < len(hours)}
                for turn in range(max(map(len, wanted.values())))
            ]
            for some in range(0, len(questions), _AT_ONCE):
                asked = questions[some : some + _AT_ONCE]
                answers = await asyncio.gather(*(self._ask(reader, each) for each in asked))
                for question, answer in zip(asked, answers, strict=True):
                    for tp, found in answer.items():
                        log = self._logs[tp]
                        log.offsets[question[tp] // _HOUR_MS] = log.end if found is None else found.offset
            wanted = {tp: _middles(self._logs[tp].offsets) for tp in wanted}

    async def _ask(self, reader: AIOKafkaConsumer, moments: Mapping[TopicPartition, int]) -> dict[TopicPartition, Any]:
        if not moments:
            return {}
        self.asked += 1
        return dict(await patiently(lambda: reader.offsets_for_times(dict(moments))))

    def _window(self, partitions: Sequence[TopicPartition]) -> tuple[int, int]:
        """First and last midnight of what is learned from, in hours since 1970."""
        first, last = self._days(partitions)
        begin = max(first + ONE_DAY, last - timedelta(days=LEARNED_DAYS))
        return _midnight(min(begin, last)), _midnight(last)

    def _days(self, partitions: Iterable[TopicPartition]) -> tuple[date, date]:
        logs = [self._logs[tp] for tp in partitions]
        return (
            _moment(min(log.first_ms or 0 for log in logs)).date(),
            _moment(max(log.last_ms or 0 for log in logs)).date(),
        )

    def _heard(self, filled: Sequence[TopicPartition]) -> Heard:
        low, high = self._window(filled)
        counts = [
            sum(self._logs[tp].offsets[hour + 1] - self._logs[tp].offsets[hour] for tp in filled)
            for hour in range(low, high)
        ]
        days: dict[date, Hours] = {
            _moment((low + begun) * _HOUR_MS).date(): tuple(counts[begun : begun + DAY_HOURS])
            for begun in range(0, len(counts), DAY_HOURS)
        }
        last = max(self._logs[tp].last_ms or 0 for tp in filled)
        return Heard(ever=True, last=_moment(last), days=days)


def _middles(offsets: dict[int, int]) -> list[int]:
    """Between two known hours: filled in where nothing came, else the hour in the middle, to be asked next."""
    middles = []
    known = sorted(offsets)
    for low, high in pairwise(known):
        if high - low > 1 and offsets[low] == offsets[high]:
            offsets.update(dict.fromkeys(range(low + 1, high), offsets[low]))
        elif high - low > 1:
            middles.append((low + high) // 2)
    return middles


def _ms(at: datetime) -> int:
    return int(at.timestamp() * 1000)


def _moment(ms: int) -> datetime:
    return datetime.fromtimestamp(ms / 1000, SHANGHAI)


def _midnight(day: date) -> int:
    return _ms(datetime.combine(day, time(), SHANGHAI)) // _HOUR_MS
