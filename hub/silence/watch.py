"""Looks at every ingress topic of the watched parties, once for a verb or again and again for a process.

The one rule: a change is said once, when it happens: `connector.silent` and `connector.heard` are the lines an alert hangs on.
Another system's silence is not our illness: it is shown beside the checks and makes nobody unready.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Coroutine, Sequence
from dataclasses import dataclass
from datetime import datetime
from fnmatch import fnmatchcase
from typing import Any, Final

from aiokafka.errors import KafkaError

from hub.canonical.periods import Calendar
from hub.log import get_logger
from hub.silence.hours import HourlyCounts
from hub.silence.verdict import Limits, State, Verdict, excused, judge
from hub.topics import Topics

log = get_logger(__name__)

#: A topic of this dialect is every party's from the first day, whether or not its system ever uses it.
COMMON_DIALECT: Final = "canonical"


@dataclass(frozen=True, slots=True)
class Watched:
    """One ingress topic: who sends there, in which dialect."""

    topic: str
    party: str
    dialect: str


@dataclass(frozen=True, slots=True)
class Finding:
    """A topic and the verdict over it."""

    watched: Watched
    verdict: Verdict

    @property
    def in_use(self) -> bool:
        """False for the common door that a party has never used."""
        return self.verdict.state is not State.NEVER or self.watched.dialect != COMMON_DIALECT


def watched(topics: Topics, parties: Collection[str] = (), unwatched: Collection[str] = ()) -> tuple[Watched, ...]:
    """The ingress topics of *parties* (empty: of all), without those that a pattern of *unwatched* matches."""
    found = (
        Watched(topic.name, topics.party_of(topic.name), topics.dialect_of(topic.name))
        for topic in topics.all_ingress()
    )
    return tuple(
        each
        for each in found
        if (not parties or each.party in parties) and not any(fnmatchcase(each.topic, pattern) for pattern in unwatched)
    )


async def look(
    counts: HourlyCounts,
    among: Sequence[Watched],
    calendar: Calendar,
    limits: Limits,
    now: datetime,
    paused: Collection[str] = (),
) -> list[Finding]:
    """The verdict over each of *among*; *paused*: topics to which a person has stopped a way."""
    heard = await counts.read([each.topic for each in among], now)
    judged = {each: judge(heard[each.topic], calendar, now, limits) for each in among}
    return [Finding(each, excused(found) if each.topic in paused else found) for each, found in judged.items()]


@dataclass
class Watch:
    """Looks every *look_seconds*."""

    counts: HourlyCounts
    among: Sequence[Watched]
    calendar: Calendar
    limits: Limits
    look_seconds: float
    now: Callable[[], datetime]
    paused: Callable[[], Collection[str]] = frozenset  #: topics to which a person has stopped a way
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep

    def __post_init__(self) -> None:
        self._silent: dict[str, datetime | None] = {}  # topic -> its last record when it fell silent
        self._shown: dict[str, str] = {}
        self._metrics = b""
        self._paused: frozenset[str] = frozenset()  # at the last look

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            now_paused = frozenset(self.paused())
            # What was resumed since the last look is still on its way.
            excused_ones, self._paused = now_paused | self._paused, now_paused
            try:
                self.tell(await look(self.counts, self.among, self.calendar, self.limits, self.now(), excused_ones))
            except (KafkaError, OSError) as error:
                # The check of the broker is what makes us unready; here it is only a look that was missed.
                log.warning("silence.not_looked", reason=str(error)[:200])
            await self.sleep(self.look_seconds)

    def tell(self, findings: Sequence[Finding]) -> None:
        """Say what has changed since the last look."""
        for finding in findings:
            topic, verdict = finding.watched.topic, finding.verdict
            said = log.bind(
                party=finding.watched.party, dialect=finding.watched.dialect, topic=topic, last=_text(verdict)
            )
            if verdict.state is State.SILENT:
                if topic not in self._silent:
                    said.error(
                        "connector.silent",
                        silent_seconds=verdict.silent_for and int(verdict.silent_for.total_seconds()),
                        missing_records=verdict.missing,
                        once_in_days=verdict.once_in_days and round(verdict.once_in_days, 1),
                        provisional=verdict.provisional,
                    )
                self._silent[topic] = verdict.last
            elif topic in self._silent and verdict.last not in {None, self._silent[topic]}:
                # A verdict may also grow milder because retention takes the past: that is no word from the system.
                del self._silent[topic]
                said.info("connector.heard")
        self._shown = {
            each.watched.topic: f"{each.verdict.state} since {_text(each.verdict)}"
            for each in findings
            if each.verdict.state in {State.QUIET, State.SILENT}
        }

        self._metrics = _metrics(findings)

    def metrics(self) -> bytes:
        """In Prometheus' text format, as of the last look. Safe to call from any thread."""
        return self._metrics

    def detail(self) -> dict[str, dict[str, str]]:
        """For ``/readyz?verbose``: who is quiet or silent, and since when."""
        return {"silence": dict(self._shown)}


async def beside(watching: Coroutine[Any, Any, None], work: Coroutine[Any, Any, None]) -> None:
    """*work* to its end, and *watching* as long as it lasts; an error of either goes up."""
    async with asyncio.TaskGroup() as group:
        task = group.create_task(watching)
        await work
        task.cancel()


def _metrics(findings: Sequence[Finding]) -> bytes:
    """A topic that was never heard has no series: nought would be a moment in 1970."""
    heard = [each for each in findings if each.verdict.last is not None]
    gauges: tuple[tuple[str, str, Callable[[Verdict], float]], ...] = (
        (
            "hub_connector_last_event_timestamp_seconds",
            "When the last record of this party and dialect came, to the second.",
            lambda verdict: verdict.last.timestamp() if verdict.last else 0,
        ),
        (
            "hub_connector_silent",
            "1 if it is unusually quiet for the hour, by the silence detector.",
            lambda verdict: verdict.state is State.SILENT,
        ),
    )
    lines = []
    for name, meaning, value in gauges:
        lines += [f"# HELP {name} {meaning}", f"# TYPE {name} gauge"]
        for each in heard:
            labels = f'party="{each.watched.party}",connector="{each.watched.dialect}"'
            lines.append(f"{name}{{{labels}}} {value(each.verdict):.0f}")
    return "".join(f"{line}\n" for line in lines).encode()


def _text(verdict: Verdict) -> str:
    return verdict.last.isoformat(timespec="seconds") if verdict.last else ""
