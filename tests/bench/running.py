"""One run of one processor: fresh topics, start, watch, end, read, judge.

The one rule: the harness decides when a run is over from the broker's end offsets alone; it consumes nothing before.
"""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from confluent_kafka import KafkaException

from hub.local.child import Child
from tests.bench.broker import INPUT, Topics
from tests.bench.cores import on_core
from tests.bench.judge import Expected, Read, Verdict, judge
from tests.bench.measure import Done, Meter, Unmeasurable, members, window
from tests.bench.processors import Processor

_LOOK_SECONDS: Final = 0.2
#: All is there, and nothing came for so long: it is over.
_STILL_SECONDS: Final = 2.0
#: Something is lacking, and nothing came for so long: it will not come. Longer than any session of theirs: with Faust's settings
#: it takes a minute until a member that was killed is given up.
_STALLED_SECONDS: Final = 120.0
_GRACE_SECONDS: Final = 15.0
#: What at-least-once leaves open after a kill.
_TWICE: Final = ("doubled", "out of order", "refused wrongly")


@dataclass(frozen=True, slots=True)
class Stage:
    """What all runs have in common."""

    bootstrap: str
    topics: Topics
    broker: int  #: its process
    core: int  #: the processor's
    expected: Expected
    logs: Path
    commit_ms: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run came to. A run with faults has no figures."""

    processor: str
    guarantee: str
    round: int
    figures: dict[str, float]
    faults: str
    log: str

    def line(self) -> str:
        """For a person who watches."""
        what = f"round {self.round}  {self.processor:16} {self.guarantee:14}"
        if not self.figures and not self.faults:
            return f"{what}kept what it promises"
        if self.faults:
            return f"{what}✘ {self.faults}\n  log: {self.log}"
        return (
            f"{what}{self.figures['events_per_second']:8.0f} events/s  {self.figures['cpu_per_100k']:6.2f} CPU s/100,000"
            f"  {self.figures['peak_mib']:5.0f} MiB  broker {self.figures['broker_cpu_per_100k']:.2f}"
        )


async def run(stage: Stage, processor: Processor, guarantee: str, number: int) -> Outcome:
    """Run *processor* once over the whole input, and measure it."""
    play = _Play(stage, processor, guarantee, number)
    began = time.time()
    child = play.start()
    watched = _Watched(Meter(child.pid), Meter(stage.broker))
    try:
        ended = await _until_over(stage, child, play.written, watched)
    finally:
        await _end(child)
    return play.outcome(ended, lambda outputs: _figures(stage.expected, outputs, watched, began))


async def killed(stage: Stage, processor: Processor, guarantee: str, number: int) -> Outcome:
    """Run *processor*, kill it in the middle of its work, start it again. What it promises has to hold; no figures.

    At least once may do twice what was not yet committed, and only that.
    """
    play = _Play(stage, processor, guarantee, number)
    child = play.start()
    try:
        await _until_half(stage, child, play.written)
    finally:
        child.kill()
        await _end(child)
    child = play.start()
    watched = _Watched(Meter(child.pid), Meter(stage.broker))
    try:
        ended = await _until_over(stage, child, play.written, watched)
    finally:
        await _end(child)
    return play.outcome(ended, None, allowed=() if guarantee == "exactly-once" else _TWICE)


class _Play:
    """The topics of one run, and the processor that is told of them."""

    def __init__(self, stage: Stage, processor: Processor, guarantee: str, number: int) -> None:
        self._stage, self._processor, self._guarantee, self._number = stage, processor, guarantee, number
        self._before = stage.topics.names()
        name = f"bench-{processor.name.replace('_', '-')}-{guarantee}-{number}-{int(time.time())}"
        self.written = stage.topics.create(f"{name}.out"), stage.topics.create(f"{name}.refused")
        self._log = stage.logs / f"{processor.name}-{guarantee}-{number}.log"
        self._log.unlink(missing_ok=True)
        self._told = {
            "BENCH_BOOTSTRAP": stage.bootstrap,
            "BENCH_INPUT": INPUT,
            "BENCH_OUTPUT": self.written[0],
            "BENCH_REFUSED": self.written[1],
            "BENCH_STATE": stage.topics.create(f"{name}.state", cleanup_policy="compact"),
            "BENCH_GROUP": name,
            "BENCH_GUARANTEE": guarantee,
            "BENCH_COMMIT_MS": str(stage.commit_ms),
            "BENCH_ENV": str(processor.home),
        }

    def start(self) -> Child:
        """The processor on its core."""
        with on_core(self._stage.core):
            return Child.start(
                self._processor.argv(self._processor.run),
                log=self._log,
                env=os.environ | self._told,
                cwd=self._processor.folder,
            )

    def outcome(
        self, ended: str, figures: Callable[[list[Read]], dict[str, float]] | None, allowed: Collection[str] = ()
    ) -> Outcome:
        """Read, judge, clear away."""
        verdict, found = Verdict(), dict[str, float]()
        try:
            outputs = list(self._stage.topics.read(self.written[0]))
            verdict = judge(self._stage.expected, outputs, self._stage.topics.read(self.written[1])).but(allowed)
            if verdict.right and not ended and figures is not None:
                found = figures(outputs)
        except (TimeoutError, KafkaException, Unmeasurable) as error:
            verdict.fault("unreadable", error)
        if ended:
            verdict.fault("ended early", ended)
        # Those a framework made for itself, too.
        self._stage.topics.delete(self._stage.topics.names() - self._before)
        return Outcome(self._processor.name, self._guarantee, self._number, found, str(verdict), str(self._log))


@dataclass(frozen=True, slots=True)
class _Watched:
    processor: Meter
    broker: Meter

    def sample(self) -> None:
        self.processor.sample()
        self.broker.sample()


async def _until_over(stage: Stage, child: Child, topics: tuple[str, ...], watched: _Watched) -> str:
    """Watch until nothing more comes; what went wrong, if anything did."""
    there, since = 0, time.monotonic()
    while True:
        watched.sample()
        ends = sum(map(stage.topics.ends, topics))
        if ends != there:
            there, since = ends, time.monotonic()
        still = time.monotonic() - since
        if ends >= stage.expected.records and still >= _STILL_SECONDS:
            return ""
        if child.exit_code is not None:
            return f"it ended by itself with {child.exit_code}"
        if still >= _STALLED_SECONDS:
            return f"it stood still for {still:.0f} s"
        await asyncio.sleep(_LOOK_SECONDS)


async def _until_half(stage: Stage, child: Child, topics: tuple[str, ...]) -> None:
    """Until about half of what must come is there, or nothing will."""
    deadline = time.monotonic() + _STALLED_SECONDS
    while sum(map(stage.topics.ends, topics)) < stage.expected.records / 2:
        if child.exit_code is not None or time.monotonic() > deadline:
            return
        await asyncio.sleep(_LOOK_SECONDS / 10)


async def _end(child: Child) -> None:
    await child.stop(grace_seconds=_GRACE_SECONDS)
    for left in members(child.pid):
        with suppress(ProcessLookupError):
            os.kill(left, signal.SIGKILL)


def _figures(expected: Expected, outputs: list[Read], watched: _Watched, began: float) -> dict[str, float]:
    """The run in numbers; the page says what each of them is."""
    measured = window((_done(expected, read) for read in outputs), expected.positions)
    per_100k = 100_000 / measured.events
    return {
        "events_per_second": measured.events_per_second,
        "cpu_per_100k": watched.processor.cpu_between(measured.first, measured.last) * per_100k,
        "broker_cpu_per_100k": watched.broker.cpu_between(measured.first, measured.last) * per_100k,
        "peak_mib": watched.processor.peak_mib,
        "window_seconds": measured.seconds,
        "first_output_seconds": min(read.stamp for read in outputs) / 1000 - began,
    }


def _done(expected: Expected, read: Read) -> Done:
    due = expected.outputs[dict[str, Any](read.headers)["ce_id"]]
    return Done(read.stamp, due.partition, due.position)
