"""Counts per hour out of a real log, and the silence that follows from them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from hub.canonical.event import SHANGHAI
from hub.silence.hours import HourlyCounts
from hub.silence.verdict import Heard, State, judge
from hub.testing import Broker
from tests.silence.lives import CALENDAR, LIMITS, at, office
from tests.silence.logs import make, write

LAST = at("2026-11-18 10:20:07")


def moments(days: int) -> list[datetime]:
    """Of the office's records in *days* before LAST, and of its last morning."""
    past = [LAST.date() - timedelta(days=ago) for ago in range(days, 0, -1)]
    whole = [
        datetime(day.year, day.month, day.day, hour, 5 * number, tzinfo=SHANGHAI)
        for day in past
        for hour, count in enumerate(office(day))
        for number in range(count)
    ]
    return [*whole, at("2026-11-18 09:15"), LAST]


def counted(found: Heard) -> Counter[datetime]:
    """The hours that are not empty."""
    return Counter({
        datetime(day.year, day.month, day.day, hour, tzinfo=SHANGHAI): count
        for day, hours in found.days.items()
        for hour, count in enumerate(hours)
        if count
    })  # fmt: skip


def expected(records: Iterable[datetime], first_day: datetime) -> Counter[datetime]:
    """The same from the records, without the first and the last day."""
    return Counter(each.replace(minute=0, second=0) for each in records if first_day.date() < each.date() < LAST.date())


async def test_four_weeks_are_counted_and_then_quiet_is_told_from_silent(
    kafka: Broker, topic_name: Callable[[str], str]
) -> None:
    topic, records = topic_name("office"), moments(28)
    await make(kafka.bootstrap, topic, partitions=3)
    await write(kafka.bootstrap, topic, records, partitions=3)
    counts = HourlyCounts(kafka.bootstrap)

    async def state_at(moment: str) -> State:
        heard = await counts.read([topic], at(moment))
        return judge(heard[topic], CALENDAR, at(moment), LIMITS).state

    heard = (await counts.read([topic], at("2026-11-18 10:30")))[topic]
    assert heard.last is not None
    assert timedelta() <= LAST - heard.last < timedelta(seconds=1)
    assert counted(heard) == expected(records, records[0])
    assert len(heard.days) == 27

    asked = counts.asked
    assert asked < 700  # a question costs no more than an index look-up, and finished hours are not asked again
    assert [await state_at(f"2026-11-18 {each}") for each in ("11:59", "13:30", "15:00")] == [
        State.OK,
        State.QUIET,
        State.SILENT,
    ]
    assert counts.asked == asked

    await write(kafka.bootstrap, topic, [at("2026-11-18 15:10")])
    assert await state_at("2026-11-18 15:20") is State.OK
    assert counts.asked - asked < 40


async def test_a_quiet_day_that_ends_is_learned_with_the_next_record(
    kafka: Broker, topic_name: Callable[[str], str]
) -> None:
    """What is remembered grows by the new hours and equals what a fresh reader finds."""
    topic = topic_name("grows")
    await make(kafka.bootstrap, topic)
    await write(kafka.bootstrap, topic, moments(60))
    counts = HourlyCounts(kafka.bootstrap)
    before = (await counts.read([topic], at("2026-11-18 10:30")))[topic]
    assert len(before.days) == 56

    asked = counts.asked
    await write(kafka.bootstrap, topic, [at("2026-11-18 16:00"), at("2026-11-20 09:00")])
    now = at("2026-11-20 09:30")
    after = (await counts.read([topic], now))[topic]
    assert counts.asked - asked < 60
    fresh = (await HourlyCounts(kafka.bootstrap).read([topic], now))[topic]
    assert after == fresh
    assert len(after.days) == 56
    assert sum(after.days[LAST.date()]) == 3


async def test_topics_without_records_and_topics_that_are_not_there(
    kafka: Broker, topic_name: Callable[[str], str]
) -> None:
    empty, absent, one = topic_name("empty"), topic_name("absent"), topic_name("one")
    await make(kafka.bootstrap, empty)
    await make(kafka.bootstrap, one)
    await write(kafka.bootstrap, one, [LAST])

    found = await HourlyCounts(kafka.bootstrap).read([empty, absent, one], at("2026-11-18 10:30"))

    assert [found[each].ever for each in (empty, absent, one)] == [False, False, True]
    assert judge(found[one], CALENDAR, at("2026-11-18 18:30"), LIMITS).state is State.NEW
    assert await HourlyCounts(kafka.bootstrap).read([absent], LAST) == {absent: Heard(ever=False)}


async def test_records_that_retention_has_taken_were_heard_all_the_same(
    kafka: Broker, topic_name: Callable[[str], str]
) -> None:
    from aiokafka import TopicPartition
    from aiokafka.admin import AIOKafkaAdminClient
    from aiokafka.admin.records_to_delete import RecordsToDelete

    topic = topic_name("gone")
    await make(kafka.bootstrap, topic)
    await write(kafka.bootstrap, topic, moments(20))
    counts = HourlyCounts(kafka.bootstrap)
    assert (await counts.read([topic], at("2026-11-18 10:30")))[topic].last is not None
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka.bootstrap)
    await admin.start()
    await admin.delete_records({TopicPartition(topic, 0): RecordsToDelete(-1)})
    await admin.close()

    found = (await counts.read([topic], at("2026-11-18 10:30")))[topic]
    assert found == Heard(ever=True)
    assert judge(found, CALENDAR, LAST, LIMITS).state is State.QUIET
